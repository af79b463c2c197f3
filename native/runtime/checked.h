// Checked mode: what a value holds before its lifetime is NaN, and an instruction may touch its own operands
// only. Compiled in with OSTINATO_CHECKED, for the executable that runs programs under sanitizers.
#pragma once
#include "binding.h"
#include "program.h"

namespace ostinato {

#ifdef OSTINATO_CHECKED

/** For the length of a run. */
class CheckedRun {
 public:
  CheckedRun(const Program& program, const Binding& binding, const Array<int64_t>& addresses)
      : program_(program), binding_(binding), addresses_(addresses) {}
  /** Opens all memory again. */
  ~CheckedRun();

  /**
   * Closes all memory but the operands of the instructions [begin, end), which run at the same time, and
   * fills with NaN what they are going to overwrite.
   */
  void before(int32_t begin, int32_t end) const;

 private:
  void open(const Instruction& instruction) const;
  char* address(int32_t buffer) const { return reinterpret_cast<char*>(addresses_[buffer]); }
  bool isInPlace(const Instruction& instruction, int32_t operand) const;

  const Program& program_;
  const Binding& binding_;
  const Array<int64_t>& addresses_;
};

#else

struct CheckedRun {
  CheckedRun(const Program&, const Binding&, const Array<int64_t>&) {}
  void before(int32_t, int32_t) const {}
};

#endif

}  // namespace ostinato
