// Shape patterns and overlaps: what the operands of one instruction must be to one another.
#pragma once
#include "binding.h"

namespace ostinato {

/** The operands of an instruction in the order of its rule; null: absent. */
using Operands = const Place* const*;

/** Operands of type `word` are moved, not read: all of one instruction have the same type. */
Verdict CheckWords(const InstructionRule& rule, Operands operands, int32_t index);

/** Binds the variables from the required operands, then checks every axis of every operand against them. */
Verdict MatchShapes(const InstructionRule& rule, Operands operands, int32_t index, int64_t* variables);

/** Behind the last element that a value reaches in so many steps. */
inline int64_t EndOf(const Place& place, int64_t steps) {
  return place.offset + place.elements + (steps > 1 ? steps - 1 : 0) * place.stride;
}

/**
 * What is written overlaps nothing else, except that an output may lie exactly on the input it replaces.
 * Operands that move with different strides are kept apart over all steps of the loop.
 */
Verdict CheckOverlaps(const InstructionRule& rule, Operands operands, int64_t steps, int32_t index);

}  // namespace ostinato
