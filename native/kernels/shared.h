// How work is cut for the threads (a pure function of sizes, and of which rows are left out because they are
// equal: results repeat bit by bit), and checks.
#pragma once
#include <algorithm>

#include "kernels.h"

namespace ostinato::OSTINATO_LEVEL {

struct Range {
  int64_t begin;
  int64_t end;
  int64_t count() const { return end - begin; }
};

/** The contiguous share of one part, cut at multiples of `grain`. */
inline Range share(int64_t count, int parts, int part, int64_t grain) {
  const int64_t grains = (count + grain - 1) / grain;
  const auto cut = [&](int p) { return std::min(count, grains * p / parts * grain); };
  return {cut(part), cut(part + 1)};
}

/** A part is worth waking a thread for when it has at least this much to do: a few microseconds. */
inline constexpr int64_t elementsPerPart = 1 << 14;
inline constexpr int64_t multiplyAddsPerPart = 1 << 18;

inline int partsFor(const Workspace& workspace, int64_t work, int64_t perPart) {
  return static_cast<int>(std::clamp<int64_t>(work / perPart, 1, workspace.threads()));
}

/** body(begin, end) over [0, count) in contiguous shares; each element costs `cost`. */
template <typename Body>
void forShares(Workspace& workspace, int64_t count, int64_t cost, Body&& body) {
  const int parts = partsFor(workspace, count * cost, elementsPerPart);
  // Shares of whole cache lines where elements are single numbers; whole rows otherwise.
  const int64_t grain = cost > 1 ? 1 : 16;
  workspace.parallel(parts, [&](int part) {
    const Range range = share(count, parts, part, grain);
    if (range.count() > 0) body(range.begin, range.end);
  });
}

/** Blocks of Workspace::scratch, by what they hold. */
namespace scratch {
enum Slot : int {
  packedLeft,
  packedRight,
  gates,
  bias,
  cellGradient,
  carry,
  validRows,
  candidate,
  partial,
  order,
  roundedRows,
  peepholes,
  maskedState,
  maskedStates,
  repeated
};
}

/** The first index outside lowest … highest ends the run. */
inline Outcome checkIndices(const int32_t* indices, int64_t count, int64_t lowest, int64_t highest) {
  for (int64_t i = 0; i < count; ++i) {
    if (indices[i] < lowest || indices[i] > highest)
      return {contract::Status::indexOutOfRange, indices[i], i};
  }
  return {};
}

inline bool isOk(const Outcome& outcome) { return outcome.status == contract::Status::ok; }

/** Absent lengths are full lengths. */
inline Outcome checkLengths(const int32_t* lengths, int64_t B, int64_t T) {
  return lengths ? checkIndices(lengths, B, 0, T) : Outcome{};
}

inline bool isMasked(const int32_t* lengths, int64_t row, int64_t t) { return lengths && t >= lengths[row]; }

inline constexpr Outcome outOfMemory = {contract::Status::outOfMemory};

}  // namespace ostinato::OSTINATO_LEVEL
