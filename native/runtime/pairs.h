// Which instructions of a program run at the same time as the one after them.
#pragma once
#include <algorithm>

#include "binding.h"
#include "program.h"

namespace ostinato {

class Pairs {
 public:
  /** Room for all that choose() writes. False: out of memory. */
  bool reserve(const Program& program) { return begins_.allocate(program.instructionCount); }

  /**
   * Pairs neighbours of a segment: two walks along a sequence of the same kind, such as the two directions of
   * a bidirectional layer, of which neither writes what the other reads or writes. Depends on the bound sizes
   * and the number of threads only, so that results are reproducible.
   */
  void choose(const Program& program, const Binding& binding, int threads);

  /** True where this instruction runs at the same time as the next. */
  bool beginsAt(int32_t instruction) const { return begins_[instruction]; }

  /** How many there are. */
  int32_t count() const { return static_cast<int32_t>(std::count(begins_.begin(), begins_.end(), true)); }

 private:
  Array<bool> begins_;
};

}  // namespace ostinato
