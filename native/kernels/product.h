// Matrix products on packed weights, and the product that makes the gradient of weights.
#pragma once
#include "columns.h"
#include "kernels.h"
#include "shared.h"
#include "tile.h"

namespace ostinato::OSTINATO_LEVEL {

/** The depth of a left operand: `pieces` runs of `length` consecutive elements, `stride` apart. */
struct Depth {
  int64_t pieces;
  int64_t length;
  int64_t stride;
  int64_t elements() const { return pieces * length; }
};

constexpr Depth plainDepth(int64_t length) { return {1, length, 0}; }

/** The vectors of `columns` in a gate buffer row, seen from its first one. */
inline Depth depthOf(const Columns& columns) {
  if (columns.gates == columns.slots) return plainDepth(columns.depth());
  return {columns.blocks(), int64_t{columns.gates} * Vec::width, int64_t{columns.slots} * Vec::width};
}

/** Rows of a matrix: `count` from `first` on, or those listed. */
struct RowList {
  int64_t count;
  const int32_t* rows = nullptr;
  int64_t first = 0;
  int64_t operator[](int64_t k) const { return rows ? rows[k] : first + k; }
};

/** Where the rows of a left operand begin, for one tile. */
template <int Rows>
struct RowPointers {
  const float* row[Rows];
  RowPointers(const float* a, int64_t stride, const RowList& rows, int64_t first) {
    for (int r = 0; r < Rows; ++r) row[r] = a + rows[first + r] * stride;
  }
};

/** tile += the product of Rows rows, from `offset` on in each, and a panel. */
template <int Rows, int Vectors>
[[gnu::always_inline]] inline void multiply(Tile<Rows, Vectors>& tile, const RowPointers<Rows>& a,
                                            const Depth& depth, const float* panel, int64_t panelStride,
                                            int64_t offset = 0) {
  for (int64_t piece = 0; piece < depth.pieces; ++piece) {
    const float* row[Rows];
    for (int r = 0; r < Rows; ++r) row[r] = a.row[r] + offset + piece * depth.stride;
    multiply(tile, panel, panelStride, depth.length, [&](int r, int64_t k) { return row[r] + k; });
    panel += depth.length * panelStride;
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

/** A panel product: all rows of the left operand, one panel after the other. */
inline constexpr int64_t panelLanes = plainVectors * Vec::width;
inline constexpr int plainRows = tileBudget / plainVectors;

/**
 * body(first) for a range in groups of `grain`, forwards in even steps and backwards in odd ones: a step
 * begins with the weights that the one before used last, which are still in the second-level cache.
 */
template <typename Body>
[[gnu::always_inline]] inline void inTurns(int64_t step, Range range, int64_t grain, Body&& body) {
  const int64_t groups = panelCount(range.count(), static_cast<int>(grain));
  for (int64_t i = 0; i < groups; ++i) body(range.begin + (step & 1 ? groups - 1 - i : i) * grain);
}

/** What has been summed in registers: `count` rows of the list from `first` on, `vectors` of each from
 * `vector` on. */
struct Sums {
  const RowList& rows;
  int64_t first;
  int count;
  int64_t vector;
  int vectors;
  const Vec* sums;  // [count][vectors]
};

/**
 * body(row, vector, sum), called through a pointer once a tile: so products are compiled once, and not once
 * for each of their users. The body has to outlive it.
 */
class ProductBody {
 public:
  template <typename Body>
  ProductBody(const Body& body)
      : body_(&body), call_([](const void* called, const Sums& tile) {
          const Body& each = *static_cast<const Body*>(called);
          for (int r = 0; r < tile.count; ++r) {
            const int64_t row = tile.rows[tile.first + r];
            for (int v = 0; v < tile.vectors; ++v)
              each(row, tile.vector + v, tile.sums[r * tile.vectors + v]);
          }
        }) {}
  void operator()(const Sums& tile) const { call_(body_, tile); }

 private:
  const void* body_;
  void (*call_)(const void*, const Sums&);
};

/**
 * body(row, vector, sum) for each vector of a [rows, depth] · panels, panels of plainVectors vectors taken
 * in the order of this step; the vectors begin at a panel.
 */
void forProducts(int64_t step, const float* a, int64_t rowStride, const RowList& rows, const Depth& depth,
                 const float* panels, Range vectors, const ProductBody& body);

/**
 * y [·, columns] = a [·, depth] · panels (+ bias [columns]) for the rows listed; panels of plainVectors
 * vectors. Rows of a lie rowStride apart.
 */
void multiplyPanels(Workspace& workspace, const float* a, int64_t rowStride, const RowList& rows,
                    const Depth& depth, const float* panels, int64_t columns, const float* bias, float* y);

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
