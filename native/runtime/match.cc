#include "match.h"

namespace ostinato {

using contract::InvalidReason;

Verdict CheckWords(const InstructionRule& rule, Operands operands, int32_t index) {
  const Place* first = nullptr;
  for (int32_t i = 0; i < rule.operandCount; ++i) {
    const Place* operand = operands[i];
    if (operand == nullptr || rule.operands[i].type != contract::OperandType::word) continue;
    if (first == nullptr) first = operand;
    if (operand->type != first->type) return Invalid(InvalidReason::operandType, index, i);
  }
  return {};
}

namespace {

constexpr int64_t noSize = -1;

/**
 * The extents that the axes of a pattern stand for: those of the shape, the ones that `...rest` covers
 * multiplied. Calls use(axis, extent); false where the rank does not fit or the product is too large.
 */
template <typename Use>
bool MatchAxes(const OperandRule& rule, const Place& place, Use&& use) {
  int32_t surplus = place.rank - rule.axisCount;
  bool hasRest = false;
  const int32_t* at = rule.axes;
  for (int32_t i = 0; i < rule.axisCount; ++i) hasRest |= AxisRule::read(at).rest;
  if (hasRest ? surplus < -1 : surplus != 0) return false;

  at = rule.axes;
  for (int32_t i = 0, position = 0; i < rule.axisCount; ++i) {
    const AxisRule axis = AxisRule::read(at);
    int64_t extent = 1;
    for (int32_t covered = axis.rest ? surplus + 1 : 1; covered > 0; --covered) {
      extent *= place.shape[position++];
      if (extent > contract::maximumElements) return false;
    }
    use(axis, extent);
  }
  return true;
}

}  // namespace

Verdict MatchShapes(const InstructionRule& rule, Operands operands, int32_t index, int64_t* variables) {
  for (int32_t i = 0; i < rule.variableCount; ++i) variables[i] = noSize;
  for (int32_t i = 0; i < rule.operandCount; ++i) {
    if (operands[i] == nullptr) continue;
    const bool binds = !rule.operands[i].optional;
    const bool fits = MatchAxes(rule.operands[i], *operands[i], [&](const AxisRule& axis, int64_t extent) {
      const int32_t variable = axis.alone();
      if (binds && variable >= 0 && variables[variable] == noSize) variables[variable] = extent;
    });
    if (!fits) return Invalid(InvalidReason::operandShape, index, i);
  }
  for (int32_t i = 0; i < rule.operandCount; ++i) {
    if (operands[i] == nullptr) continue;
    bool equal = true;
    MatchAxes(rule.operands[i], *operands[i],
              [&](const AxisRule& axis, int64_t extent) { equal &= axis.size(variables) == extent; });
    if (!equal) return Invalid(InvalidReason::operandShape, index, i);
  }
  return {};
}

Verdict CheckOverlaps(const InstructionRule& rule, Operands operands, int64_t steps, int32_t index) {
  for (int32_t i = 0; i < rule.operandCount; ++i) {
    const Place* a = operands[i];
    if (a == nullptr || rule.operands[i].direction == contract::Direction::in) continue;
    for (int32_t j = 0; j < rule.operandCount; ++j) {
      const Place* b = operands[j];
      if (b == nullptr || j == i || a->buffer != b->buffer || a->elements == 0 || b->elements == 0) continue;
      const int64_t apart = a->stride == b->stride ? 1 : steps;
      if (a->offset >= EndOf(*b, apart) || b->offset >= EndOf(*a, apart)) continue;
      const bool same = a->offset == b->offset && a->elements == b->elements && a->stride == b->stride;
      if (same && (rule.operands[i].inPlaceOf == j || rule.operands[j].inPlaceOf == i)) continue;
      return Invalid(InvalidReason::operandOverlap, index, i);
    }
  }
  return {};
}

}  // namespace ostinato
