// What rnn, lstm and gru share: the walk along time, the split over threads, lengths, and the products over
// all steps.
#pragma once
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
  list = {T * B, nullptr};
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

/** target [count] = source, or zeros where it is absent. */
inline void copyOrClear(const float* source, int64_t count, float* target) {
  if (source)
    std::memcpy(target, source, sizeof(float) * count);
  else
    std::memset(target, 0, sizeof(float) * count);
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
  int64_t B;

  SequenceSplit(const Workspace& workspace, int64_t T, int64_t B, int64_t I, int64_t H, int gates) : B(B) {
    constexpr int64_t rowsPerPart = 8;
    constexpr int64_t stepPerPart = 1 << 14;
    const int64_t step = B * H * H * gates;
    parts = partsFor(workspace, T * (step + B * I * H * gates), multiplyAddsPerPart);
    byUnits = parts > 1 && B < rowsPerPart * parts;
    if (byUnits && step < stepPerPart * parts) {
      parts = static_cast<int>(std::min<int64_t>(parts, B));
      byUnits = false;
    }
  }

  Range rows(int part) const { return byUnits ? Range{0, B} : share(B, parts, part, 1); }
  /** Of `count` vectors of units, taken `grain` at a time. */
  Range vectors(int64_t count, int part, int64_t grain) const {
    return byUnits ? share(count, parts, part, grain) : Range{0, count};
  }
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

/** Steps whose gates, `rowElements` a row, stay in the second-level cache between x · kernel and the
 * recurrence. */
inline int64_t stepsPerChunk(int64_t T, int64_t rows, int64_t rowElements) {
  constexpr int64_t cached = 48 << 10;
  return std::clamp<int64_t>(cached / std::max<int64_t>(rows * rowElements, 1), 1, T);
}

/**
 * x [rows, I] · kernel + bias, one panel of it, straight into the gate buffer: Vectors vectors of the
 * panelVectors that the panel has.
 */
template <int Vectors>
inline void inputProduct(const float* x, int64_t I, Range rows, const float* panel, int panelVectors,
                         const float* bias, float* gates, int64_t gateStride) {
  forRowTiles<tileBudget / Vectors>(rows.begin, rows.end, [&](int64_t row, auto count) {
    constexpr int n = count;
    Tile<n, Vectors> tile;
    for (int v = 0; v < Vectors; ++v) {
      const Vec start = load(bias + v * Vec::width);
      for (int r = 0; r < n; ++r) tile.sum[r][v] = start;
    }
    multiply(tile, Left{x + row * I, I, 1}, panel, panelVectors * Vec::width, I);
    for (int r = 0; r < n; ++r) {
      for (int v = 0; v < Vectors; ++v)
        store(gates + (row + r) * gateStride + v * Vec::width, tile.sum[r][v]);
    }
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
