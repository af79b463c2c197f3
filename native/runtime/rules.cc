#include "rules.h"

#include <iterator>

namespace ostinato {

namespace {

constexpr int32_t maximumCode = 127;

struct Rules {
  InstructionRule rules[contract::table[0]];
  int8_t ofCode[maximumCode + 1];
};

constexpr InstructionRule Decode(int32_t code, const int32_t* at) {
  InstructionRule rule{};
  rule.code = code;
  rule.operandCount = at[0];
  rule.attributeCount = at[1];
  rule.variableCount = at[2];
  rule.constraintCount = at[3];
  rule.workCount = at[4];
  at += 5;
  for (int32_t i = 0; i < rule.operandCount; ++i) {
    rule.operands[i] = {static_cast<contract::Direction>(at[0]),
                        static_cast<contract::OperandType>(at[1]),
                        at[2] != 0,
                        at[3],
                        at[4],
                        at + 5};
    at += 5;
    for (int32_t axis = 0; axis < rule.operands[i].axisCount; ++axis) AxisRule::read(at);
  }
  int32_t word = 0;
  for (int32_t i = 0; i < rule.attributeCount; ++i) {
    const auto kind = static_cast<contract::AttributeKind>(at[0]);
    rule.attributes[i] = {kind, at[1], at[2], at[3], word};
    word += kind == contract::AttributeKind::ranges ? 2 : 1;
    at += 4;
  }
  rule.words = contract::instructionHeaderWords + rule.operandCount + word;
  rule.constraints = at;
  rule.work = at + 3 * rule.constraintCount;
  return rule;
}

// An instruction that outgrows the arrays does not compile: a constant expression cannot write behind them.
constexpr Rules DecodeAll() {
  Rules all{};
  for (int8_t& index : all.ofCode) index = -1;
  for (int32_t i = 0; i < contract::table[0]; ++i) {
    const int32_t code = contract::table[1 + 2 * i];
    all.rules[i] = Decode(code, contract::table + contract::table[2 + 2 * i]);
    all.ofCode[code] = static_cast<int8_t>(i);
  }
  return all;
}

constexpr Rules rules = DecodeAll();

constexpr bool VariablesFit() {
  for (const InstructionRule& rule : rules.rules) {
    if (rule.variableCount > InstructionRule::maximumVariables) return false;
  }
  return std::size(rules.rules) <= 127;
}
static_assert(VariablesFit());

}  // namespace

const InstructionRule* FindRule(int32_t code) {
  if (code < 0 || code > maximumCode || rules.ofCode[code] < 0) return nullptr;
  return &rules.rules[rules.ofCode[code]];
}

}  // namespace ostinato
