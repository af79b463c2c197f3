// Matrix products on packed weights, and the product that makes the gradient of weights.
#pragma once
#include "columns.h"
#include "kernels.h"
#include "tile.h"

namespace ostinato::OSTINATO_LEVEL {

/** The depth of a left operand: `pieces` runs of `length` consecutive elements, `stride` apart. */
struct Depth {
  int64_t pieces;
  int64_t length;
  int64_t stride;
};

constexpr Depth plainDepth(int64_t length) { return {1, length, 0}; }

/** The vectors of `columns` in a gate buffer row, seen from its first one. */
inline Depth depthOf(const Columns& columns) {
  if (columns.gates == columns.slots) return plainDepth(columns.depth());
  return {columns.blocks(), int64_t{columns.gates} * Vec::width, int64_t{columns.slots} * Vec::width};
}

/** tile += the product of Rows rows, rowStride apart, and a panel. */
template <int Rows, int Vectors>
[[gnu::always_inline]] inline void multiply(Tile<Rows, Vectors>& tile, const float* a, int64_t rowStride,
                                            const Depth& depth, const float* panel, int64_t panelStride) {
  for (int64_t piece = 0; piece < depth.pieces; ++piece) {
    multiply(tile, Left{a + piece * depth.stride, rowStride, 1}, panel + piece * depth.length * panelStride,
             panelStride, depth.length);
  }
}

/** body(integral_constant<vectors>) for a panel with that many vectors in use, 1 … Most. */
template <int Most, typename Body>
[[gnu::always_inline]] inline void withVectors(int64_t vectors, Body&& body) {
  [&]<int... Index>(std::integer_sequence<int, Index...>) {
    ((vectors == Index + 1 ? body(std::integral_constant<int, Index + 1>{}) : void()), ...);
  }
  (std::make_integer_sequence<int, Most>{});
}

/**
 * body(row, vector, sum) for each vector of a [rows, depth] · panels, panels of plainVectors vectors;
 * `vectors` begins at a panel. With a null, the sums are zeros.
 */
template <typename Body>
inline void forProducts(const float* a, int64_t rowStride, const Depth& depth, const float* panels,
                        int64_t rowBegin, int64_t rowEnd, int64_t vectorBegin, int64_t vectorEnd,
                        Body&& body) {
  constexpr int64_t lanes = plainVectors * Vec::width;
  for (int64_t first = vectorBegin; first < vectorEnd; first += plainVectors) {
    const float* panel = panels + first * Vec::width * depth.pieces * depth.length;
    withVectors<plainVectors>(std::min<int64_t>(plainVectors, vectorEnd - first), [&](auto vectorCount) {
      constexpr int m = vectorCount;
      forRowTiles<tileBudget / m>(rowBegin, rowEnd, [&](int64_t row, auto rowCount) {
        constexpr int n = rowCount;
        Tile<n, m> tile;
        clear(tile);
        if (a) multiply(tile, a + row * rowStride, rowStride, depth, panel, lanes);
        for (int r = 0; r < n; ++r) {
          for (int v = 0; v < m; ++v) body(row + r, first + v, tile.sum[r][v]);
        }
      });
    });
  }
}

/**
 * y [rows, columns] = a [rows, depth] · panels (+ bias [columns]); panels of plainVectors vectors. Rows of a
 * lie rowStride apart.
 */
void multiplyPanels(Workspace& workspace, const float* a, int64_t rowStride, int64_t rows, const Depth& depth,
                    const float* panels, int64_t columns, const float* bias, float* y);

/** The rows of two matrices that a product over rows takes: all `count`, or those listed. */
struct RowList {
  int64_t count;
  const int32_t* rows;
  int64_t operator[](int64_t k) const { return rows ? rows[k] : k; }
};

/**
 * y [M, yStride] = Σₖ a[k]ᵀ · b[k] over the listed rows of a [·, M] and of the gate buffer b; a vector of
 * `columns` lands at its offset in the rows of y. False: out of memory.
 */
bool multiplyTransposed(Workspace& workspace, const float* a, int64_t aStride, int64_t M, const float* b,
                        int64_t bStride, const Columns& columns, RowList rows, float* y, int64_t yStride);

/** y [all gates · units] = Σₖ b[k] over the listed rows of a gate buffer. */
void sumColumns(Workspace& workspace, const float* b, int64_t bStride, const Columns& columns, RowList rows,
                float* y);

}  // namespace ostinato::OSTINATO_LEVEL
