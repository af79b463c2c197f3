// The outcome of a check or a run, in the words that executors report: [status, instruction, detail, detail].
#pragma once
#include <cstdint>

#include "../generated/contract.h"

namespace ostinato {

struct Verdict {
  contract::Status status = contract::Status::ok;
  /** −1: none in particular. */
  int32_t instruction = -1;
  int32_t detail0 = 0;
  int32_t detail1 = 0;

  bool ok() const { return status == contract::Status::ok; }
};

/** `position`: of the operand, attribute or section entry. */
inline Verdict Invalid(contract::InvalidReason reason, int32_t instruction, int64_t position) {
  return {contract::Status::invalidProgram, instruction, static_cast<int32_t>(reason),
          static_cast<int32_t>(position)};
}

inline Verdict OutOfMemory() { return {contract::Status::outOfMemory}; }

}  // namespace ostinato
