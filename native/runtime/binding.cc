#include "binding.h"

#include <cmath>

#include "match.h"

namespace ostinato {

using contract::AttributeKind;
using contract::BufferKind;
using contract::Direction;
using contract::InvalidReason;
using contract::OperandType;
using contract::ValueType;

namespace {

bool IsSize(int64_t value) { return value >= 0 && value <= contract::maximumElements; }

bool TypeFits(OperandType expected, ValueType type) {
  if (expected == OperandType::word) return type != ValueType::f64;
  return static_cast<int32_t>(expected) == static_cast<int32_t>(type);
}

/** Inputs are never written; weights and states only by what also reads them. */
bool MayWrite(Direction direction, BufferKind kind) {
  switch (kind) {
    case BufferKind::arena:
    case BufferKind::gradients:
    case BufferKind::statistics:
    case BufferKind::output:
      return true;
    case BufferKind::parameters:
    case BufferKind::slots:
    case BufferKind::states:
      return direction == Direction::inout;
    case BufferKind::input:
      return false;
  }
  return false;
}

}  // namespace

bool Binding::reserve(const Program& program) {
  program_ = &program;
  return dimensions_.allocate(program.dimensions.count) && places_.allocate(program.values.count) &&
         slots_.allocate(program.slotCount) && moving_.allocate(program.slotCount);
}

Verdict Binding::check() {
  Array<int64_t> nowhere;
  if (!nowhere.allocate(program_->buffers.count)) return OutOfMemory();
  if (Verdict verdict = evaluateDimensions(program_->capacities.begin()); !verdict.ok()) return verdict;
  for (int32_t i = 0; i < program_->values.count; ++i) placeValue(i);
  movingCount_ = 0;
  for (int32_t i = 0; i < program_->instructionCount; ++i) {
    if (Verdict verdict = bindInstruction(i, {nowhere.begin(), 0}); !verdict.ok()) return verdict;
  }
  return {};
}

Verdict Binding::bind(const int32_t* dimensions, const Memories& memories) {
  for (int32_t i = 0; i < program_->inputDimensionCount(); ++i) {
    if (dimensions[i] < 1 || dimensions[i] > program_->capacities[i]) {
      return {contract::Status::dimensionOutOfRange, -1, i, dimensions[i]};
    }
  }
  if (Verdict verdict = evaluateDimensions(dimensions); !verdict.ok()) return verdict;
  for (int32_t i = 0; i < program_->values.count; ++i) placeValue(i);
  work_ = 0;
  movingCount_ = 0;
  step_ = 0;
  int32_t tooMuch = -1;
  const double limit = std::ldexp(1.0, program_->workLimit());
  for (int32_t i = 0; i < program_->instructionCount; ++i) {
    if (Verdict verdict = bindInstruction(i, memories); !verdict.ok()) return verdict;
    if (tooMuch < 0 && work_ > limit) tooMuch = i;
  }
  if (tooMuch >= 0) return {contract::Status::workLimit, tooMuch};
  return {};
}

Verdict Binding::evaluateDimensions(const int32_t* given) {
  for (int32_t i = 0; i < program_->dimensions.count; ++i) {
    const DimensionEntry& entry = program_->dimensions[i];
    int64_t value = 0;
    switch (entry.kind) {
      case contract::DimensionKind::input:
        value = given[entry.a];
        break;
      case contract::DimensionKind::constant:
        value = entry.a;
        break;
      case contract::DimensionKind::sum:
        value = dimensions_[entry.a] + entry.b;
        break;
      case contract::DimensionKind::product:
        value = dimensions_[entry.a] * dimensions_[entry.b];
        break;
    }
    if (!IsSize(value)) return Invalid(InvalidReason::dimension, -1, i);
    dimensions_[i] = value;
  }
  return {};
}

void Binding::placeValue(int32_t index) {
  const ValueEntry& value = program_->values[index];
  Place& place = places_[index];
  place.buffer = value.buffer;
  place.type = value.type;
  place.rank = value.rank;
  place.elements = -1;
  int64_t elements = 1;
  for (int32_t axis = 0; axis < value.rank; ++axis) {
    place.shape[axis] = dimensions_[value.dimensions[axis]];
    elements *= place.shape[axis];
    if (!IsSize(elements)) return;
  }
  place.offset = value.offset;
  if (value.offsetDimension >= 0) place.offset += dimensions_[value.offsetDimension] * value.offsetScale;
  if (!IsSize(place.offset) || place.offset + elements > program_->buffers[value.buffer].elements) return;
  place.stride = value.strideDimension < 0 ? 0 : dimensions_[value.strideDimension];
  place.elements = elements;
}

void Binding::moveTo(int32_t loop, int64_t step) {
  step_ = step;
  for (int32_t i = 0; i < movingCount_; ++i) {
    const Moving& moving = moving_[i];
    if (moving.loop == loop) slots_[moving.slot] = moving.start + step * moving.stride;
  }
}

Verdict Binding::bindInstruction(int32_t index, const Memories& memories) {
  const Instruction& instruction = program_->instructions[index];
  const InstructionRule& rule = *instruction.rule;
  const Place* operands[InstructionRule::maximumOperands];
  int64_t variables[InstructionRule::maximumVariables];
  if (Verdict verdict = findOperands(instruction, index, operands); !verdict.ok()) return verdict;
  if (Verdict verdict = CheckWords(rule, operands, index); !verdict.ok()) return verdict;
  if (Verdict verdict = MatchShapes(rule, operands, index, variables); !verdict.ok()) return verdict;
  const int64_t steps = stepsOf(instruction);
  if (Verdict verdict = CheckOverlaps(rule, operands, steps, index); !verdict.ok()) return verdict;
  if (Verdict verdict = checkAttributes(instruction, index, variables); !verdict.ok()) return verdict;
  fillSlots(instruction, variables, operands, memories);
  work_ += work(instruction) * static_cast<double>(steps);
  return {};
}

double Binding::work(const Instruction& instruction) const {
  const InstructionRule& rule = *instruction.rule;
  const int64_t* variables = slots(instruction);
  double sum = 0;
  const int32_t* at = rule.work;
  for (int32_t term = 0; term < rule.workCount; ++term) {
    double product = at[0];
    // An empty axis costs its surrounding loops all the same.
    for (int32_t i = 0; i < at[1]; ++i) product *= std::fmax(1, static_cast<double>(variables[at[2 + i]]));
    sum += product;
    at += 2 + at[1];
  }
  return sum;
}

Verdict Binding::findOperands(const Instruction& instruction, int32_t index, const Place** operands) const {
  for (int32_t i = 0; i < instruction.rule->operandCount; ++i) {
    const OperandRule& rule = instruction.rule->operands[i];
    const int32_t value = instruction.operands[i];
    operands[i] = value < 0 ? nullptr : &places_[value];
    if (value < 0) {
      if (!rule.optional) return Invalid(InvalidReason::operandMissing, index, i);
      continue;
    }
    if (operands[i]->elements < 0 || !reachFits(*operands[i], stepsOf(instruction))) {
      return Invalid(InvalidReason::operandOutOfBounds, index, i);
    }
    if (!TypeFits(rule.type, operands[i]->type)) return Invalid(InvalidReason::operandType, index, i);
    const BufferKind kind = program_->buffers[operands[i]->buffer].kind;
    if (rule.direction != Direction::in && !MayWrite(rule.direction, kind)) {
      return Invalid(InvalidReason::operandBuffer, index, i);
    }
  }
  return {};
}

bool Binding::reachFits(const Place& place, int64_t steps) const {
  return EndOf(place, steps) <= program_->buffers[place.buffer].elements;
}

Verdict Binding::checkAttributes(const Instruction& instruction, int32_t index,
                                 const int64_t* variables) const {
  const InstructionRule& rule = *instruction.rule;
  for (int32_t i = 0; i < rule.attributeCount; ++i) {
    const AttributeRule& attribute = rule.attributes[i];
    const int32_t* words = instruction.attributes + attribute.word;
    switch (attribute.kind) {
      case AttributeKind::integer:
        if (words[0] < attribute.minimum || words[0] > attribute.maximum) {
          return Invalid(InvalidReason::attribute, index, i);
        }
        break;
      case AttributeKind::float_:
        break;
      case AttributeKind::scalar:
        if (words[0] < 0 || words[0] >= program_->scalarCount())
          return Invalid(InvalidReason::attribute, index, i);
        break;
      case AttributeKind::ranges:
        if (!rangesFit(words[0], words[1], variables[attribute.within]))
          return Invalid(InvalidReason::range, index, i);
        break;
    }
  }
  for (int32_t i = 0; i < rule.constraintCount; ++i) {
    const int32_t* constraint = rule.constraints + 3 * i;
    const int64_t value = instruction.attributes[rule.attributes[constraint[0]].word];
    if (value + variables[constraint[1]] > variables[constraint[2]]) {
      return Invalid(InvalidReason::constraint, index, constraint[0]);
    }
  }
  return {};
}

bool Binding::rangesFit(int32_t first, int32_t count, int64_t limit) const {
  if (first < 0 || count < 0 || int64_t{first} + count > program_->ranges.count) return false;
  for (int32_t entry = first; entry < first + count; ++entry) {
    const RangeEntry& range = program_->ranges[entry];
    if (range.offset < 0 || range.length < 0 || int64_t{range.offset} + range.length > limit) return false;
  }
  return true;
}

void Binding::fillSlots(const Instruction& instruction, const int64_t* variables,
                        const Place* const* operands, const Memories& memories) {
  const InstructionRule& rule = *instruction.rule;
  int64_t* slot = &slots_[instruction.firstSlot];
  for (int32_t i = 0; i < rule.variableCount; ++i) *slot++ = variables[i];
  for (int32_t i = 0; i < rule.operandCount; ++i) {
    const Place* place = operands[i];
    if (place == nullptr) {
      *slot++ = 0;
      continue;
    }
    const int64_t bytes = program_->buffers[place->buffer].bytes();
    *slot = memories.buffers[place->buffer] + place->offset * bytes;
    if (place->stride > 0) {
      moving_[movingCount_++] = {instruction.loop, static_cast<int32_t>(slot - slots_.begin()), *slot,
                                 place->stride * bytes};
    }
    ++slot;
  }
  for (int32_t i = 0; i < rule.attributeCount; ++i) {
    const AttributeRule& attribute = rule.attributes[i];
    const int32_t word = instruction.attributes[attribute.word];
    if (attribute.kind == AttributeKind::ranges) {
      *slot++ = reinterpret_cast<int64_t>(program_->ranges.entries + word);
      *slot++ = instruction.attributes[attribute.word + 1];
    } else if (attribute.kind == AttributeKind::scalar) {
      *slot++ = memories.scalars + word * int64_t{sizeof(double)};
    } else {
      *slot++ = word;
    }
  }
}

}  // namespace ostinato
