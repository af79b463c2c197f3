// Which rows of a matrix hold the same numbers: a product with them is made once.
#pragma once
#include <limits>
#include <optional>

#include "sequence.h"

namespace ostinato::OSTINATO_LEVEL {

/** The rows of a list that differ from one another, bit by bit. */
class DistinctRows {
 public:
  /** Elements of the memory that the constructor wants for so many rows. */
  static int64_t elements(int64_t rows) { return 2 * rows + places(rows); }

  /** Rows of `length` elements, as far apart. Stops where more than `most` differ. */
  DistinctRows(const float* a, int64_t length, const RowList& rows, int32_t* memory,
               int64_t most = std::numeric_limits<int64_t>::max())
      : first_(memory), group_(memory + rows.count) {
    int32_t* table = group_ + rows.count;
    const uint64_t last = static_cast<uint64_t>(places(rows.count)) - 1;
    std::memset(table, 0xff, sizeof(int32_t) * (last + 1));
    for (int64_t i = 0; i < rows.count && count_ <= most; ++i) {
      const float* row = a + rows[i] * length;
      const auto isOther = [&](int32_t group) {
        return group >= 0 && std::memcmp(a + first_[group] * length, row, sizeof(float) * length) != 0;
      };
      uint64_t place = hash(row, length) & last;
      while (isOther(table[place])) place = (place + 1) & last;
      if (table[place] < 0) {
        table[place] = static_cast<int32_t>(count_);
        first_[count_++] = static_cast<int32_t>(rows[i]);
      }
      group_[i] = table[place];
    }
  }

  int64_t count() const { return count_; }
  /** One row of each group. */
  RowList list() const { return {count_, first_}; }
  /** The group of the i-th row of the list. */
  int64_t group(int64_t i) const { return group_[i]; }
  /** Of the rows of the list from the i-th on. */
  const int32_t* groups(int64_t i) const { return group_ + i; }

 private:
  /** Of the hash table: a power of two, at least half of them free. */
  static int64_t places(int64_t rows) {
    int64_t count = 2;
    while (count < 2 * rows) count *= 2;
    return count;
  }

  /** Four sums side by side, for one would wait for each multiplication. */
  static uint64_t hash(const float* row, int64_t length) {
    constexpr int lanes = 4;
    constexpr uint64_t prime = 0x9e3779b97f4a7c15;
    uint64_t sums[lanes] = {1, 2, 3, 4};
    const auto add = [&](int lane, const float* from, int64_t count) {
      uint64_t word = 0;
      std::memcpy(&word, from, sizeof(float) * count);
      sums[lane] = (sums[lane] ^ word) * prime;
    };
    int64_t k = 0;
    for (; k + 2 * lanes <= length; k += 2 * lanes) {
      for (int lane = 0; lane < lanes; ++lane) add(lane, row + k + 2 * lane, 2);
    }
    for (; k < length; ++k) add(0, row + k, 1);
    uint64_t all = 0;
    for (const uint64_t each : sums) all = (all ^ each ^ (each >> 32)) * prime;
    return all ^ (all >> 32);
  }

  int32_t* first_;
  int32_t* group_;
  int64_t count_ = 0;
};

/** Elements of whole cache lines. */
constexpr int64_t wholeLines(int64_t elements) { return (elements + 15) / 16 * 16; }

/**
 * Where each part of a single step keeps the products of the rows that differ, for one block of units. The
 * hypotheses of a beam say the same as others and follow the same as others: many of their inputs are equal,
 * and many of their states.
 */
class DistinctSums {
 public:
  enum Which : int { inputs, states };

  /** False: out of memory. */
  bool reserve(Workspace& workspace, int64_t rows, int64_t lanes, int parts) {
    sums_ = rows * lanes;
    each_ = wholeLines(sums_ + DistinctRows::elements(rows));
    memory_ = workspace.scratch(scratch::gates, 2 * parts * each_);
    return memory_ != nullptr;
  }

  bool isReserved() const { return memory_ != nullptr; }
  /** [groups, lanes] */
  float* sums(int part, Which which) const { return memory_ + (2 * part + which) * each_; }
  /** For DistinctRows. */
  int32_t* indices(int part, Which which) const {
    return reinterpret_cast<int32_t*>(sums(part, which) + sums_);
  }

 private:
  float* memory_ = nullptr;
  int64_t sums_ = 0;
  int64_t each_ = 0;
};

/**
 * Where each part of a sequence keeps the products of the inputs that differ, for all its steps and all
 * units: where x is embedded letters, they are few.
 */
class RepeatedInputs {
 public:
  /** For at most `most` inputs a part, of whose products `stride` elements are kept each. Without memory none
   * is found. */
  void reserve(Workspace& workspace, int64_t T, int64_t rows, int64_t most, int64_t stride, int parts) {
    most_ = most;
    sums_ = most * stride;
    each_ = wholeLines(sums_ + T * rows + DistinctRows::elements(T * rows));
    memory_ = workspace.scratch(scratch::repeated, parts * each_);
  }

  /** The inputs of a part in the order of the walk, where they are few and at most half of them differ. */
  std::optional<DistinctRows> find(const float* x, int64_t B, int64_t I, const SequenceRows& rows, int part,
                                   const Walk& walk) const {
    if (!memory_) return {};
    int32_t* list = reinterpret_cast<int32_t*>(sums(part) + sums_);
    int64_t count = 0;
    for (int64_t s = 0; s < walk.T; ++s) {
      const int64_t t = walk.time(s);
      const RowList taken = rows.at(part, t);
      for (int64_t i = 0; i < taken.count; ++i) list[count++] = static_cast<int32_t>(t * B + taken[i]);
    }
    const int64_t most = std::min(most_, count / 2);
    const DistinctRows found(x, I, {count, list}, list + count, most);
    if (found.count() > most) return {};
    return found;
  }

  /** Of a part: at least `most` · `stride` elements. */
  float* sums(int part) const { return memory_ + part * each_; }

 private:
  float* memory_ = nullptr;
  int64_t most_ = 0;
  int64_t sums_ = 0;
  int64_t each_ = 0;
};

}  // namespace ostinato::OSTINATO_LEVEL
