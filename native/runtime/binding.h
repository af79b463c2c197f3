// A program at the sizes of a run: every operand placed and checked, every instruction turned into slots for
// its kernel.
#pragma once
#include <cstdint>

#include "memory.h"
#include "program.h"

namespace ostinato {

/** A value at actual sizes. */
struct Place {
  int32_t buffer;
  contract::ValueType type;
  int64_t offset;
  /** −1: it does not fit, and nothing may use it. */
  int64_t elements;
  int32_t rank;
  int64_t shape[contract::maximumRank];
};

class Binding {
 public:
  /** Where the buffers of the program and the scalars lie, as addresses. */
  struct Memories {
    /** One for each buffer. */
    const int64_t* buffers;
    int64_t scalars;
  };

  /** Room for all that bind() writes. False: out of memory. The program outlives the binding. */
  bool reserve(const Program& program);

  /** Checks the program at full capacity. */
  Verdict check();

  /** Checks the program at these dimensions, its work limit included, and binds it to its memory. */
  Verdict bind(const int32_t* dimensions, const Memories& memories);

  /** The slots of a bound instruction; see generated/contract.h. */
  const int64_t* slots(const Instruction& instruction) const { return &slots_[instruction.firstSlot]; }

  /** Multiply-adds of a bound instruction. */
  double work(const Instruction& instruction) const;

  /** Where a value lies at the sizes it was bound to. */
  const Place& place(int32_t value) const { return places_[value]; }

 private:
  Verdict evaluateDimensions(const int32_t* given);
  void placeValue(int32_t index);
  Verdict bindInstruction(int32_t index, const Memories& memories);
  Verdict findOperands(const Instruction& instruction, int32_t index, const Place** operands) const;
  Verdict checkAttributes(const Instruction& instruction, int32_t index, const int64_t* variables) const;
  bool rangesFit(int32_t first, int32_t count, int64_t limit) const;
  void fillSlots(const Instruction& instruction, const int64_t* variables, const Place* const* operands,
                 const Memories& memories);

  const Program* program_ = nullptr;
  Array<int64_t> dimensions_;
  Array<Place> places_;
  Array<int64_t> slots_;
  /** Multiply-adds of the instructions bound so far. */
  double work_ = 0;
};

}  // namespace ostinato
