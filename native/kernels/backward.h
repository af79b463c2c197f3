// The products of backward passes, in float32 or with operands rounded to bfloat16.
#pragma once
#include "reduced.h"

namespace ostinato::OSTINATO_LEVEL {

/** The transpose of weights, packed. */
struct Transposed {
  const float* panels;  // null: out of memory
  int64_t depth;
  bool isRounded;
};

/** weights [rows, columns] → panels [panels][⌈depth ∕ 2⌉][plainVectors · width] of the transpose, in pairs.
 */
template <Columns (*columnsOf)(int64_t), int gates>
void packTransposedPairs(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  constexpr int64_t lanes = plainVectors * Vec::width;
  const Columns taken = columnsOf(columns / gates);
  const int64_t words = (taken.depth() + 1) / 2 * lanes, count = panelCount(rows, lanes);
  panels += sharedPanels(count, share, 0) * words;
  for (int64_t panel = sharedPanels(count, share, 0); panel < sharedPanels(count, share, 1); ++panel) {
    const int64_t first = panel * lanes, present = std::min(lanes, rows - first);
    std::memset(panels, 0, sizeof(float) * words);
    for (int64_t row = 0; row < present; ++row) {
      for (int64_t v = 0; v < taken.vectors(); ++v) {
        uint16_t halves[Vec::width];
        storeHalves(halves, load(weights + (first + row) * columns + taken.offset(v), taken.count(v)));
        float* target = panels + v * Vec::width / 2 * lanes + row;
        for (int64_t lane = 0; lane < taken.rows(v); lane += 2)
          std::memcpy(target + lane / 2 * lanes, halves + lane, sizeof(float));
      }
    }
    panels += words;
  }
}

template <Columns (*columnsOf)(int64_t), int gates>
void packTransposedFloats(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  packTransposed(weights, rows, columns, columnsOf(columns / gates), panels, share);
}

/** The transpose of weights [rows, gates · units], of which columnsOf(units) are taken. */
template <Columns (*columnsOf)(int64_t), int gates>
Transposed transpose(Workspace& workspace, const float* weights, int64_t rows, int64_t units,
                     int32_t precision) {
  const Columns columns = columnsOf(units);
  const bool isRounded = isReduced(precision);
  const int64_t depth = columns.depth();
  const int64_t elements =
      panelElements(panelCount(rows, Vec::width), plainVectors, isRounded ? (depth + 1) / 2 : depth);
  const float* panels = workspace.panels(
      weights, role::transposed, rows, gates * units, elements,
      isRounded ? packTransposedPairs<columnsOf, gates> : packTransposedFloats<columnsOf, gates>);
  return {panels, depth, isRounded};
}

/** Where the parts of a sequence round the rows of a left operand; nowhere in float32. */
struct RoundingSpace {
  std::byte* memory;
  int64_t bytes;
  bool isReserved;

  RoundingSpace(Workspace& workspace, int32_t precision, const SequenceSplit& split, int64_t B, int64_t depth)
      : memory(nullptr), bytes(0), isReserved(true) {
    if (!isReduced(precision)) return;
    const auto rows = RowMemory<Bfloat16<PlainPairs>>::of(workspace, split, B, 0, 0, depth);
    memory = rows.memory;
    bytes = rows.bytes;
    isReserved = memory != nullptr;
  }
  std::byte* of(int part) const { return memory + part * bytes; }
};

/** forProducts with rows that are rounded in `rounded` first where the weights are. */
void forProducts(int64_t step, const float* a, int64_t rowStride, const RowList& rows, const Depth& depth,
                 const Transposed& weights, std::byte* rounded, Range vectors, const ProductBody& body);

/**
 * y [·, columns] = a [·, depth] · weights for the rows listed; rows of a lie rowStride apart. False: out of
 * memory.
 */
bool multiplyRows(Workspace& workspace, const float* a, int64_t rowStride, const RowList& rows,
                  const Depth& depth, const Transposed& weights, int64_t columns, float* y);

/** multiplyTransposed of rounded operands. */
bool multiplyTransposedRounded(Workspace& workspace, const float* a, int64_t aStride, int64_t M,
                               const float* b, int64_t bStride, const Columns& columns, RowList rows,
                               float* y, int64_t yStride);

inline bool multiplyTransposed(Workspace& workspace, const float* a, int64_t aStride, int64_t M,
                               const float* b, int64_t bStride, const Columns& columns, RowList rows,
                               float* y, int64_t yStride, int32_t precision) {
  if (isReduced(precision))
    return multiplyTransposedRounded(workspace, a, aStride, M, b, bStride, columns, rows, y, yStride);
  return multiplyTransposed(workspace, a, aStride, M, b, bStride, columns, rows, y, yStride);
}

}  // namespace ostinato::OSTINATO_LEVEL
