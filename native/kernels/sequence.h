// What rnn, lstm and gru share: the walk along time, the split over threads, lengths, and the products over
// all steps.
#pragma once
#include <algorithm>
#include <atomic>

#include "product.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

/** The walk: step s = 0 … T − 1 in forward order handles time(s) and leads from state row from(s) to row
 * to(s). */
struct Walk {
  int64_t T;
  bool reverse;
  int64_t time(int64_t s) const { return reverse ? T - 1 - s : s; }
  int64_t from(int64_t s) const { return reverse ? T - s : s; }
  int64_t to(int64_t s) const { return reverse ? T - 1 - s : s + 1; }
};

/** The steps that are not masked, as row numbers t · B + b. False: out of memory. */
inline bool listValidRows(Workspace& workspace, const int32_t* lengths, int64_t T, int64_t B, RowList& list) {
  list = {T * B};
  if (!lengths) return true;
  auto* rows = reinterpret_cast<int32_t*>(workspace.scratch(scratch::validRows, T * B));
  if (!rows) return false;
  list = {0, rows};
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t b = 0; b < B; ++b) {
      if (t < lengths[b]) rows[list.count++] = static_cast<int32_t>(t * B + b);
    }
  }
  return true;
}

/** x [T, B, width] = 0 where a step is masked. */
inline void clearMasked(const int32_t* lengths, int64_t T, int64_t B, int64_t width, float* x) {
  for (int64_t b = 0; lengths && b < B; ++b) {
    for (int64_t t = lengths[b]; t < T; ++t) std::memset(x + (t * B + b) * width, 0, sizeof(float) * width);
  }
}

/** target [count] = source, or zeros where it is absent. */
inline void copyOrClear(const float* source, int64_t count, float* target) {
  if (source)
    std::memcpy(target, source, sizeof(float) * count);
  else
    std::memset(target, 0, sizeof(float) * count);
}

/** The same, shared by the threads where it is much. */
inline void copyOrClear(Workspace& workspace, const float* source, int64_t count, float* target) {
  forShares(workspace, count, 1, [&](int64_t begin, int64_t end) {
    copyOrClear(source ? source + begin : nullptr, end - begin, target + begin);
  });
}

/** source [B, H] (null: zeros) → target [B, stride], zeros behind the units. */
inline void padRows(const float* source, int64_t B, int64_t H, int64_t stride, float* target) {
  std::memset(target, 0, sizeof(float) * B * stride);
  for (int64_t b = 0; source && b < B; ++b)
    std::memcpy(target + b * stride, source + b * H, sizeof(float) * H);
}

/**
 * A sequence is cut by rows of the batch, each thread running all its steps alone, where there are rows
 * enough to fill tiles; otherwise by units, all threads meeting after every step.
 */
struct SequenceSplit {
  int parts;
  bool byUnits;

  SequenceSplit(const Workspace& workspace, int64_t T, int64_t B, int64_t I, int64_t H, int gates) {
    constexpr int64_t rowsPerPart = 8;
    constexpr int64_t stepPerPart = 1 << 14;
    // Weights that no second-level cache holds are better read by one thread each, unless rows are many.
    constexpr int64_t largeWeights = 1 << 20;
    // A single row takes as long as two: it waits for the weights.
    constexpr int64_t fewestRows = 2;
    const int64_t step = B * H * H * gates, costly = std::max(B, fewestRows);
    parts = partsFor(workspace, T * costly * (I + H) * H * gates, multiplyAddsPerPart);
    const int64_t rows = H * H * gates > largeWeights ? 2 * rowsPerPart : rowsPerPart;
    byUnits = parts > 1 && B < rows * parts;
    if (byUnits && step < stepPerPart * parts) {
      parts = static_cast<int>(std::min<int64_t>(parts, B));
      byUnits = false;
    }
  }

  /** Of `count` vectors of units, taken `grain` at a time. */
  Range vectors(int64_t count, int part, int64_t grain) const {
    return byUnits ? share(count, parts, part, grain) : Range{0, count};
  }
};

/**
 * The rows of a batch in the order in which a part takes them: the longest first, so that the rows that are
 * not masked at a time are the first ones. Split by batch, neighbours go to different parts, which gives each
 * part as much to do.
 */
class SequenceRows {
 public:
  /** lengths [B] or null; false: out of memory. */
  bool arrange(Workspace& workspace, const int32_t* lengths, int64_t B, const SequenceSplit& split) {
    lengths_ = lengths;
    B_ = B;
    parts_ = split.byUnits ? 1 : split.parts;
    if (!lengths) return true;
    auto* order = reinterpret_cast<int32_t*>(workspace.scratch(scratch::order, 2 * B));
    if (!order) return false;
    int32_t* sorted = order + B;
    for (int64_t b = 0; b < B; ++b) sorted[b] = static_cast<int32_t>(b);
    std::sort(sorted, sorted + B, [lengths](int32_t a, int32_t b) {
      return lengths[a] != lengths[b] ? lengths[a] > lengths[b] : a < b;
    });
    for (int part = 0; part < parts_; ++part) {
      const RowList own = all(part);
      for (int64_t i = 0; i < own.count; ++i) order[own.first + i] = sorted[part + i * parts_];
    }
    order_ = order;
    return true;
  }

  /** Every row of a part. Of B = parts · n + r rows the first r parts take n + 1. */
  RowList all(int part) const {
    if (parts_ == 1) return {B_, order_};
    const int64_t each = B_ / parts_, more = B_ % parts_;
    const int64_t begin = part * each + std::min<int64_t>(part, more), count = each + (part < more ? 1 : 0);
    return order_ ? RowList{count, order_ + begin} : RowList{count, nullptr, begin};
  }

  /** Those that are not masked at time t. */
  RowList at(int part, int64_t t) const {
    RowList rows = all(part);
    if (!order_) return rows;
    const auto isUnderWay = [this, t](int32_t row) { return lengths_[row] > t; };
    rows.count = std::partition_point(rows.rows, rows.rows + rows.count, isUnderWay) - rows.rows;
    return rows;
  }

  /** The others of a part. */
  RowList after(int part, const RowList& taken) const {
    const RowList rows = all(part);
    const int64_t count = rows.count - taken.count;
    return rows.rows ? RowList{count, rows.rows + taken.count}
                     : RowList{count, nullptr, rows.first + taken.count};
  }

  bool isRagged() const { return order_ != nullptr; }
  bool isWhole() const { return parts_ == 1; }

 private:
  const int32_t* lengths_ = nullptr;
  const int32_t* order_ = nullptr;
  int64_t B_ = 0;
  int parts_ = 1;
};

/** Where threads pass from step to step, and where an abort takes effect. */
class StepGate {
 public:
  StepGate(Workspace& workspace, const SequenceSplit& split)
      : workspace_(workspace), byUnits_(split.byUnits) {}

  /**
   * Before step s of any phase, numbered from 0 on. Split by units, waits until all have finished what came
   * before, and all threads get the same answer: one polls, and its answer is not written again before all
   * have read it. Nothing came before the first: a single step waits for nobody. False: stop.
   */
  bool enter(int part, int64_t s) {
    if (!byUnits_) return !poll(stop_[0]);
    if (s == 0) return true;
    std::atomic<bool>& stop = stop_[s & 1];
    if (part == 0) poll(stop);
    workspace_.barrier();
    return !stop.load(std::memory_order_relaxed);
  }

  Outcome outcome() const {
    return {stop_[0] || stop_[1] ? contract::Status::aborted : contract::Status::ok};
  }

 private:
  bool poll(std::atomic<bool>& stop) {
    if (!workspace_.aborted()) return false;
    stop.store(true, std::memory_order_relaxed);
    return true;
  }

  Workspace& workspace_;
  const bool byUnits_;
  std::atomic<bool> stop_[2] = {false, false};
};

/** The states of rows that are masked at a step stay as they are: next [B, H] = previous for these units. */
inline void carryState(const RowList& masked, Range vectors, int64_t H, const float* previous, float* next) {
  const int64_t unit = vectors.begin * Vec::width;
  const int64_t count = std::min(vectors.end * Vec::width, H) - unit;
  for (int64_t i = 0; i < masked.count && count > 0; ++i) {
    const int64_t at = masked[i] * H + unit;
    std::memcpy(next + at, previous + at, sizeof(float) * count);
  }
}

/** body(row, vector, dh) for rows whose gradient comes from `carry` [B, stride] alone. */
template <typename Body>
inline void forCarried(const RowList& rows, Range vectors, const float* carry, int64_t stride, Body&& body) {
  for (int64_t i = 0; i < rows.count; ++i) {
    const float* dh = carry + rows[i] * stride;
    for (int64_t v = vectors.begin; v < vectors.end; ++v) body(rows[i], v, load(dh + v * Vec::width));
  }
}

/**
 * Steps whose gates, `rowElements` a row, stay in the second-level cache between x · kernel and the
 * recurrence; but as many that each weight of the kernel, once read, serves a hundred rows.
 */
inline int64_t stepsPerChunk(int64_t T, int64_t rows, int64_t rowElements) {
  constexpr int64_t cached = 48 << 10, fewestRows = 96;
  rows = std::max<int64_t>(rows, 1);
  return std::clamp<int64_t>(std::max(cached / (rows * rowElements), (fewestRows + rows - 1) / rows), 1, T);
}

/** The gate buffer of a forward pass: all steps, or those of one chunk. */
struct GateBuffer {
  float* gates;
  int64_t stride;  // of a row
  int64_t B;
  int64_t chunk;  // steps
  bool isSaved;   // all steps
  Walk walk;

  /** Times of the chunk that begins with step s. */
  Range times(int64_t s) const {
    const int64_t end = std::min(s + chunk, walk.T);
    return walk.reverse ? Range{walk.T - end, walk.T - s} : Range{s, end};
  }
  float* at(int64_t s) const { return atTime(walk.time(s), times(s - s % chunk)); }
  float* atTime(int64_t t, Range times) const { return gates + (isSaved ? t : t - times.begin) * B * stride; }
};

/** x [T, B, I] · kernel + bias for the steps of one chunk, straight into the gate buffer. */
struct InputProduct {
  const float* x;
  int64_t I;
  const SequenceRows& rows;
  int part;
  Range times;
  const GateBuffer& buffer;

  /** One panel of it: `Vectors` vectors of the panelVectors that the panel has; `offset`: in a gate row. */
  template <int Vectors>
  void run(const float* panel, int panelVectors, const float* bias, int64_t offset) const {
    // Where a part takes all rows of all steps, they lie one behind the other.
    if (rows.isWhole() && !rows.isRagged())
      return product<Vectors>(times.begin, {times.count() * buffer.B}, panel, panelVectors, bias, offset);
    for (int64_t t = times.begin; t < times.end; ++t)
      product<Vectors>(t, rows.at(part, t), panel, panelVectors, bias, offset);
  }

 private:
  template <int Vectors>
  void product(int64_t t, const RowList& list, const float* panel, int panelVectors, const float* bias,
               int64_t offset) const {
    float* gates = buffer.atTime(t, times) + offset;
    forRowTiles<tileBudget / Vectors>(0, list.count, [&](int64_t at, auto count) {
      constexpr int n = count;
      Tile<n, Vectors> tile;
      for (int v = 0; v < Vectors; ++v) {
        const Vec start = load(bias + v * Vec::width);
        for (int r = 0; r < n; ++r) tile.sum[r][v] = start;
      }
      multiply(tile, RowPointers<n>(x + t * buffer.B * I, I, list, at), plainDepth(I), panel,
               panelVectors * Vec::width);
      for (int r = 0; r < n; ++r) {
        float* target = gates + list[at + r] * buffer.stride;
        for (int v = 0; v < Vectors; ++v) store(target + v * Vec::width, tile.sum[r][v]);
      }
    });
  }
};

}  // namespace ostinato::OSTINATO_LEVEL
