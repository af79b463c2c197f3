// A program: its words, its sections, and every check that does not depend on the sizes of a run.
#pragma once
#include <cstdint>

#include "memory.h"
#include "rules.h"
#include "verdict.h"

namespace ostinato {

/** The layouts of src/contract/program.ts. */
struct DimensionEntry {
  contract::DimensionKind kind;
  int32_t a;
  int32_t b;
  int32_t capacity;
};
struct BufferEntry {
  contract::BufferKind kind;
  contract::ValueType type;
  int32_t elements;
  int32_t unused;

  /** Of one element. */
  int64_t bytes() const { return type == contract::ValueType::f64 ? 8 : 4; }
};
struct ValueEntry {
  int32_t buffer;
  contract::ValueType type;
  int32_t offset;
  int32_t offsetDimension;
  int32_t offsetScale;
  int32_t rank;
  int32_t dimensions[contract::maximumRank];
  /** −1: it stays where it is in every step of a loop. */
  int32_t strideDimension;
};
struct RangeEntry {
  int32_t offset;
  int32_t length;
  int32_t decay;
  int32_t rate;
};
struct SegmentEntry {
  contract::SegmentKind kind;
  int32_t first;
  int32_t count;
};
struct LoopEntry {
  int32_t first;
  int32_t count;
  /** A dimension. */
  int32_t steps;
  int32_t reverse;
};
static_assert(sizeof(DimensionEntry) == 4 * contract::dimensionWords);
static_assert(sizeof(BufferEntry) == 4 * contract::bufferWords);
static_assert(sizeof(ValueEntry) == 4 * contract::valueWords);
static_assert(sizeof(RangeEntry) == 4 * contract::rangeWords);
static_assert(sizeof(SegmentEntry) == 4 * contract::segmentWords);
static_assert(sizeof(LoopEntry) == 4 * contract::loopWords);

/** A part of the program; it belongs to the program. */
template <typename Entry>
struct Section {
  const Entry* entries = nullptr;
  int32_t count = 0;
  const Entry& operator[](int32_t index) const { return entries[index]; }
};

struct Instruction {
  const InstructionRule* rule;
  /** Value index for each operand, or −1. */
  const int32_t* operands;
  const int32_t* attributes;
  /** Its first slot among those of all instructions. */
  int32_t firstSlot;
  /** In whose body it stands, or −1. */
  int32_t loop;
  /** It writes parameters or optimizer slots. */
  bool writesStore;
};

class Program {
 public:
  /** Copies the words and checks them. Where the verdict is not ok, nothing else may be used. */
  Verdict load(const int32_t* words, int64_t count);

  Section<DimensionEntry> dimensions;
  Section<BufferEntry> buffers;
  Section<ValueEntry> values;
  Section<RangeEntry> ranges;
  Section<SegmentEntry> segments;
  Section<LoopEntry> loops;
  Array<Instruction> instructions;
  int32_t instructionCount = 0;
  int32_t slotCount = 0;

  int32_t inputDimensionCount() const { return header(contract::Header::inputDimensionCount); }
  int32_t scalarCount() const { return header(contract::Header::scalarCount); }
  int32_t workLimit() const { return header(contract::Header::workLimit); }

  /** The largest value of each of the caller's dimensions. */
  Array<int32_t> capacities;

 private:
  int32_t header(contract::Header word) const { return words_[static_cast<int32_t>(word)]; }
  Verdict checkHeader(int64_t count) const;
  template <typename Entry>
  bool locate(contract::Header offset, contract::Header count, Section<Entry>& section) const;
  Verdict checkDimensions();
  Verdict checkBuffers() const;
  Verdict checkValues() const;
  Verdict checkCode();
  Verdict checkSegments() const;
  Verdict checkLoops();

  Array<int32_t> words_;
};

}  // namespace ostinato
