#include "program.h"

namespace ostinato {

using contract::BufferKind;
using contract::DimensionKind;
using contract::Header;
using contract::InvalidReason;
using contract::ValueType;

namespace {

bool IsIndex(int32_t value, int32_t count) { return value >= 0 && value < count; }
bool IsSize(int32_t value) { return value >= 0 && value <= contract::maximumElements; }

Verdict InvalidSection() { return Invalid(InvalidReason::section, -1, -1); }

/** True for the kinds of which a program has one buffer, of one type. */
bool IsSingle(BufferKind kind) {
  return kind == BufferKind::parameters || kind == BufferKind::gradients || kind == BufferKind::slots ||
         kind == BufferKind::states || kind == BufferKind::statistics;
}

}  // namespace

Verdict Program::load(const int32_t* words, int64_t count) {
  if (count < contract::headerWords) return Invalid(InvalidReason::header, -1, -1);
  if (!words_.allocate(count)) return OutOfMemory();
  std::memcpy(words_.begin(), words, static_cast<size_t>(count) * sizeof(int32_t));

  if (Verdict verdict = checkHeader(count); !verdict.ok()) return verdict;
  if (!locate(Header::dimensionOffset, Header::dimensionCount, dimensions)) return InvalidSection();
  if (Verdict verdict = checkDimensions(); !verdict.ok()) return verdict;
  if (!locate(Header::bufferOffset, Header::bufferCount, buffers)) return InvalidSection();
  if (Verdict verdict = checkBuffers(); !verdict.ok()) return verdict;
  if (!locate(Header::valueOffset, Header::valueCount, values)) return InvalidSection();
  if (Verdict verdict = checkValues(); !verdict.ok()) return verdict;
  if (!locate(Header::rangeOffset, Header::rangeCount, ranges)) return InvalidSection();
  if (Verdict verdict = checkCode(); !verdict.ok()) return verdict;
  if (!locate(Header::segmentOffset, Header::segmentCount, segments)) return InvalidSection();
  if (Verdict verdict = checkSegments(); !verdict.ok()) return verdict;
  if (!locate(Header::loopOffset, Header::loopCount, loops)) return InvalidSection();
  return checkLoops();
}

Verdict Program::checkHeader(int64_t count) const {
  const Verdict refused = Invalid(InvalidReason::header, -1, -1);
  if (header(Header::magic) != contract::magic) return refused;
  if (header(Header::version) != contract::version) return refused;
  if (header(Header::contractHash) != contract::contractHash) {
    return Invalid(InvalidReason::otherContract, -1, -1);
  }
  if (header(Header::totalWords) != count) return refused;
  if (scalarCount() < 0) return refused;
  // Every dimension of the caller needs an entry.
  if (inputDimensionCount() < 0 || inputDimensionCount() > header(Header::dimensionCount)) return refused;
  if (!IsIndex(workLimit(), 64)) return refused;
  return {};
}

template <typename Entry>
bool Program::locate(Header offset, Header count, Section<Entry>& section) const {
  const int64_t first = header(offset);
  const int64_t entries = header(count);
  const int64_t width = sizeof(Entry) / sizeof(int32_t);
  if (first < contract::headerWords || entries < 0 || first + entries * width > words_.count()) return false;
  section.entries = reinterpret_cast<const Entry*>(words_.begin() + first);
  section.count = static_cast<int32_t>(entries);
  return true;
}

Verdict Program::checkDimensions() {
  if (!capacities.allocate(inputDimensionCount())) return OutOfMemory();
  for (int32_t i = 0; i < dimensions.count; ++i) {
    const Verdict refused = Invalid(InvalidReason::dimension, -1, i);
    const DimensionEntry& entry = dimensions[i];
    switch (entry.kind) {
      case DimensionKind::input:
        if (!IsIndex(entry.a, inputDimensionCount()) || capacities[entry.a] != 0) return refused;
        if (entry.capacity < 1 || !IsSize(entry.capacity)) return refused;
        capacities[entry.a] = entry.capacity;
        break;
      case DimensionKind::constant:
        break;
      case DimensionKind::sum:
        if (!IsIndex(entry.a, i)) return refused;
        break;
      case DimensionKind::product:
        if (!IsIndex(entry.a, i) || !IsIndex(entry.b, i)) return refused;
        break;
      default:
        return refused;
    }
  }
  for (const int32_t capacity : capacities) {
    if (capacity == 0) return Invalid(InvalidReason::dimension, -1, -1);
  }
  return {};
}

Verdict Program::checkBuffers() const {
  uint32_t seen = 0;
  for (int32_t i = 0; i < buffers.count; ++i) {
    const Verdict refused = Invalid(InvalidReason::buffer, -1, i);
    const BufferEntry& buffer = buffers[i];
    if (!IsIndex(static_cast<int32_t>(buffer.kind), static_cast<int32_t>(BufferKind::output) + 1))
      return refused;
    if (!IsIndex(static_cast<int32_t>(buffer.type), static_cast<int32_t>(ValueType::f64) + 1)) return refused;
    if (!IsSize(buffer.elements)) return refused;
    const uint32_t bit = 1u << static_cast<int32_t>(buffer.kind);
    if (IsSingle(buffer.kind)) {
      if ((seen & bit) != 0) return refused;
      const ValueType type = buffer.kind == BufferKind::statistics ? ValueType::f64 : ValueType::f32;
      if (buffer.type != type) return refused;
    } else if (buffer.type == ValueType::f64) {
      return refused;
    }
    seen |= bit;
  }
  return {};
}

Verdict Program::checkValues() const {
  for (int32_t i = 0; i < values.count; ++i) {
    const Verdict refused = Invalid(InvalidReason::value, -1, i);
    const ValueEntry& value = values[i];
    if (!IsIndex(value.buffer, buffers.count)) return refused;
    const BufferEntry& home = buffers[value.buffer];
    // An arena holds words, integers among the floats; everywhere else a value has the type of its buffer.
    if (!IsIndex(static_cast<int32_t>(value.type), static_cast<int32_t>(ValueType::f64) + 1)) return refused;
    if (home.kind == BufferKind::arena ? value.type == ValueType::f64 : value.type != home.type)
      return refused;
    if (value.offset < 0 || value.offsetScale < 0) return refused;
    if (!IsIndex(value.rank, contract::maximumRank + 1)) return refused;
    for (int32_t axis = 0; axis < value.rank; ++axis) {
      if (!IsIndex(value.dimensions[axis], dimensions.count)) return refused;
    }
    if (value.offsetDimension != -1 && !IsIndex(value.offsetDimension, dimensions.count)) return refused;
    if (value.strideDimension != -1 && !IsIndex(value.strideDimension, dimensions.count)) return refused;
  }
  return {};
}

Verdict Program::checkCode() {
  Section<int32_t> code;
  if (!locate(Header::codeOffset, Header::codeWords, code)) return InvalidSection();
  if (!instructions.allocate(code.count / contract::instructionHeaderWords)) return OutOfMemory();
  for (int32_t at = 0; at < code.count;) {
    const InstructionRule* rule = FindRule(code[at]);
    if (rule == nullptr) return Invalid(InvalidReason::unknownInstruction, instructionCount, -1);
    const int32_t left = code.count - at;
    if (left < rule->words || code[at + 1] != rule->words) {
      return Invalid(InvalidReason::instructionLength, instructionCount, -1);
    }
    const int32_t* operands = &code[at + contract::instructionHeaderWords];
    bool writesStore = false;
    for (int32_t i = 0; i < rule->operandCount; ++i) {
      if (operands[i] < -1 || operands[i] >= values.count) {
        return Invalid(InvalidReason::operandMissing, instructionCount, i);
      }
      if (operands[i] < 0 || rule->operands[i].direction == contract::Direction::in) continue;
      const BufferKind kind = buffers[values[operands[i]].buffer].kind;
      writesStore |= kind == BufferKind::parameters || kind == BufferKind::slots;
    }
    instructions[instructionCount++] = {rule,      operands, operands + rule->operandCount,
                                        slotCount, -1,       writesStore};
    slotCount += rule->slots();
    at += rule->words;
  }
  if (instructionCount != header(Header::instructionCount)) return Invalid(InvalidReason::header, -1, -1);
  return {};
}

Verdict Program::checkSegments() const {
  int32_t end = 0;
  for (int32_t i = 0; i < segments.count; ++i) {
    const Verdict refused = Invalid(InvalidReason::segment, -1, i);
    const SegmentEntry& segment = segments[i];
    if (!IsIndex(static_cast<int32_t>(segment.kind),
                 static_cast<int32_t>(contract::SegmentKind::update) + 1)) {
      return refused;
    }
    if (segment.first < end || segment.count < 0 || segment.count > instructionCount - segment.first)
      return refused;
    end = segment.first + segment.count;
  }
  return {};
}

Verdict Program::checkLoops() {
  int32_t end = 0;
  for (int32_t i = 0; i < loops.count; ++i) {
    const Verdict refused = Invalid(InvalidReason::loop, -1, i);
    const LoopEntry& loop = loops[i];
    if (loop.first < end || loop.count < 1 || loop.count > instructionCount - loop.first) return refused;
    end = loop.first + loop.count;
    bool inside = false;
    for (int32_t s = 0; s < segments.count; ++s) {
      inside |= segments[s].first <= loop.first && end <= segments[s].first + segments[s].count;
    }
    if (!inside || !IsIndex(loop.steps, dimensions.count) || !IsIndex(loop.reverse, 2)) return refused;
    for (int32_t j = loop.first; j < end; ++j) instructions[j].loop = i;
  }
  // Only the body of a loop has steps from which to which a value could move.
  for (int32_t i = 0; i < instructionCount; ++i) {
    const Instruction& instruction = instructions[i];
    if (instruction.loop >= 0) continue;
    for (int32_t j = 0; j < instruction.rule->operandCount; ++j) {
      const int32_t value = instruction.operands[j];
      if (value >= 0 && values[value].strideDimension >= 0) return Invalid(InvalidReason::loop, i, j);
    }
  }
  return {};
}

}  // namespace ostinato
