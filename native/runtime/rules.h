// The generated instruction table, with the beginning of each part found. Its layout stands in
// src/contract/table.ts.
#pragma once
#include <cstdint>

#include "../generated/contract.h"

namespace ostinato {

/** One axis of a shape pattern: constant + Σ coefficient · roundUp(variable, round). */
struct AxisRule {
  bool rest;
  int32_t constant;
  int32_t termCount;
  /** (coefficient, variable, round)… */
  const int32_t* terms;

  /** Reads the axis at `at` and moves on behind it. */
  static constexpr AxisRule read(const int32_t*& at) {
    AxisRule axis{at[0] != 0, at[1], at[2], at + 3};
    at += 3 + 3 * axis.termCount;
    return axis;
  }
  /** The variable that stands here alone, and is bound here, or −1. */
  constexpr int32_t alone() const {
    return constant == 0 && termCount == 1 && terms[0] == 1 && terms[2] == 1 ? terms[1] : -1;
  }
  constexpr int64_t size(const int64_t* variables) const {
    int64_t sum = constant;
    for (int32_t i = 0; i < termCount; ++i) {
      const int64_t round = terms[3 * i + 2];
      sum += terms[3 * i] * ((variables[terms[3 * i + 1]] + round - 1) / round * round);
    }
    return sum;
  }
};

struct OperandRule {
  contract::Direction direction;
  contract::OperandType type;
  bool optional;
  /** Operand index, or −1. */
  int32_t inPlaceOf;
  int32_t axisCount;
  const int32_t* axes;
};

struct AttributeRule {
  contract::AttributeKind kind;
  int32_t minimum;
  int32_t maximum;
  /** Variable index, or −1. */
  int32_t within;
  /** Its first word among the attribute words. */
  int32_t word;
};

struct InstructionRule {
  static constexpr int maximumOperands = 24;
  static constexpr int maximumAttributes = 12;
  static constexpr int maximumVariables = 8;

  int32_t code;
  /** Words of the instruction in the code. */
  int32_t words;
  int32_t variableCount;
  int32_t operandCount;
  OperandRule operands[maximumOperands];
  int32_t attributeCount;
  AttributeRule attributes[maximumAttributes];
  int32_t constraintCount;
  /** (attribute, plus, atMost)… */
  const int32_t* constraints;
  int32_t workCount;
  /** (coefficient, variable count, variables…)… */
  const int32_t* work;

  int32_t attributeWords() const { return words - contract::instructionHeaderWords - operandCount; }
  /** Slots of the bound instruction. */
  int32_t slots() const { return variableCount + operandCount + attributeWords(); }
};

/** The rule of an instruction code; null where there is none. */
const InstructionRule* FindRule(int32_t code);

}  // namespace ostinato
