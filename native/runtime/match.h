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

/** What is written overlaps nothing else, except that an output may lie exactly on the input it replaces. */
Verdict CheckOverlaps(const InstructionRule& rule, Operands operands, int32_t index);

}  // namespace ostinato
