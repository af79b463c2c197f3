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
  /** Elements it moves on from step to step of its loop. */
  int64_t stride;
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

  /** How often the body of a loop runs. */
  int64_t steps(const LoopEntry& loop) const { return dimensions_[loop.steps]; }

  /** Moves the operands in the body of a loop to a step. Outside of loops the step is 0. */
  void moveTo(int32_t loop, int64_t step);
  int64_t step() const { return step_; }

  /** Multiply-adds of one run of a bound instruction. */
  double work(const Instruction& instruction) const;
  /** Of all instructions, as often as their loops run them. */
  double work() const { return work_; }

  /** Where a value lies at the sizes it was bound to. */
  const Place& place(int32_t value) const { return places_[value]; }

 private:
  Verdict evaluateDimensions(const int32_t* given);
  void placeValue(int32_t index);
  Verdict bindInstruction(int32_t index, const Memories& memories);
  Verdict findOperands(const Instruction& instruction, int32_t index, const Place** operands) const;
  Verdict checkAttributes(const Instruction& instruction, int32_t index, const int64_t* variables) const;
  /** How often an instruction runs. */
  int64_t stepsOf(const Instruction& instruction) const {
    return instruction.loop < 0 ? 1 : steps(program_->loops[instruction.loop]);
  }
  bool reachFits(const Place& place, int64_t steps) const;
  bool rangesFit(int32_t first, int32_t count, int64_t limit) const;
  void fillSlots(const Instruction& instruction, const int64_t* variables, const Place* const* operands,
                 const Memories& memories);

  /** A slot whose address moves on with the steps of a loop. */
  struct Moving {
    int32_t loop;
    int32_t slot;
    int64_t start;
    /** In bytes. */
    int64_t stride;
  };

  const Program* program_ = nullptr;
  Array<int64_t> dimensions_;
  Array<Place> places_;
  Array<int64_t> slots_;
  /** In the order of the loops. */
  Array<Moving> moving_;
  int32_t movingCount_ = 0;
  int64_t step_ = 0;
  /** Multiply-adds of the instructions bound so far. */
  double work_ = 0;
};

}  // namespace ostinato
