// The order in which kernels keep the gates of recurrent cells, and packing of weights in that order.
//
// Units are cut into blocks of one vector. A gate buffer has rows of [blocks][slots][width]: all gates of a
// unit lie close together, so that one tile ends with everything its units need. Units beyond the last are
// zeros.
#pragma once
#include <algorithm>

#include "../runtime/panels.h"
#include "../simd/vector.h"

namespace ostinato::OSTINATO_LEVEL {

/** Some gates of a matrix [rows, all gates · units] as vectors: block after block, in each the gates of
 * `order`. */
struct Columns {
  int64_t units;
  int gates;     // how many of the gates are taken
  int order[4];  // which they are
  int slots;     // vectors of a block in the gate buffer
  int slot;      // the first of them that is taken

  int64_t blocks() const { return (units + Vec::width - 1) / Vec::width; }
  int64_t vectors() const { return blocks() * gates; }
  /** Where a vector lies in a row of the matrix. */
  int64_t offset(int64_t vector) const { return order[vector % gates] * units + vector / gates * Vec::width; }
  /** How many lanes of it are units. */
  int64_t count(int64_t vector) const {
    return std::min<int64_t>(Vec::width, units - vector / gates * Vec::width);
  }
  /** Rows that a vector takes in transposed panels: whole vectors, but a plain matrix ends with its last
   * column. */
  int64_t rows(int64_t vector) const { return slots == 1 ? count(vector) : Vec::width; }
  int64_t depth() const { return slots == 1 ? units : vectors() * Vec::width; }
  /** Where a vector lies in a row of the gate buffer. */
  int64_t bufferOffset(int64_t vector) const {
    return (vector / gates * slots + slot + vector % gates) * Vec::width;
  }
};

/** What tells packings of the same weights apart in Workspace::panels. */
namespace role {
enum Role : int { plain, lstm, gruInput, gruRecurrent, gruResetGates, gruCandidate, reduced, transposed };
}

/** A plain matrix: one gate, in its own order. */
constexpr Columns plainColumns(int64_t count) { return {count, 1, {0}, 1, 0}; }

/** Vectors of a panel of a plain matrix, and of the rows of a transposed one. */
inline constexpr int plainVectors = Vec::registers == 32 ? 4 : 2;

inline constexpr int64_t panelCount(int64_t vectors, int perPanel) {
  return (vectors + perPanel - 1) / perPanel;
}

/** Elements of the panels of `vectors` vectors and `depth` rows. */
inline constexpr int64_t panelElements(int64_t vectors, int perPanel, int64_t depth) {
  return panelCount(vectors, perPanel) * perPanel * Vec::width * depth;
}

/** The panels of `count` that a share takes. */
inline int64_t sharedPanels(int64_t count, Share share, int more) {
  return count * (share.index + more) / share.count;
}

/** weights [rows, stride] → panels [panels][depth][perPanel · width], depth ≥ rows; what is missing becomes
 * zero. */
inline void packColumns(const float* weights, int64_t rows, int64_t depth, int64_t stride,
                        const Columns& columns, int perPanel, float* panels, Share share) {
  const int64_t vectors = columns.vectors(), count = panelCount(vectors, perPanel);
  const int64_t begin = sharedPanels(count, share, 0) * perPanel,
                end = sharedPanels(count, share, 1) * perPanel;
  panels += begin * Vec::width * depth;
  for (int64_t first = begin; first < end; first += perPanel) {
    for (int64_t k = 0; k < depth; ++k) {
      const float* row = weights + k * stride;
      for (int64_t v = first; v < first + perPanel; ++v) {
        const bool present = v < vectors && k < rows;
        store(panels, present ? load(row + columns.offset(v), columns.count(v)) : zero());
        panels += Vec::width;
      }
    }
  }
}

/**
 * weights [rows, stride] → panels [panels][columns.depth()][plainVectors · width] of the transpose: its
 * columns are the rows of `weights`, its depth the vectors of `columns`.
 */
inline void packTransposed(const float* weights, int64_t rows, int64_t stride, const Columns& columns,
                           float* panels, Share share) {
  constexpr int64_t lanes = plainVectors * Vec::width;
  const int64_t vectors = columns.vectors(), count = panelCount(rows, lanes);
  const int64_t begin = sharedPanels(count, share, 0) * lanes, end = sharedPanels(count, share, 1) * lanes;
  panels += begin * columns.depth();
  for (int64_t first = begin; first < end; first += lanes) {
    const int64_t present = std::min(lanes, rows - first);
    for (int64_t v = 0; v < vectors; ++v) {
      const int64_t count = columns.count(v);
      std::memset(panels, 0, sizeof(float) * columns.rows(v) * lanes);
      for (int64_t row = 0; row < present; ++row) {
        const float* source = weights + (first + row) * stride + columns.offset(v);
        for (int64_t lane = 0; lane < count; ++lane) panels[lane * lanes + row] = source[lane];
      }
      panels += columns.rows(v) * lanes;
    }
  }
}

/** The packing of a plain matrix, as Workspace::panels takes it. */
inline void packPlain(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  packColumns(weights, rows, rows, columns, plainColumns(columns), plainVectors, panels, share);
}

/** bias [all gates · units] (null: zeros) in the order of the panels. */
inline void packBias(const float* bias, const Columns& columns, float* packed) {
  for (int64_t v = 0; v < columns.vectors(); ++v) {
    store(packed + v * Vec::width, bias ? load(bias + columns.offset(v), columns.count(v)) : zero());
  }
}

}  // namespace ostinato::OSTINATO_LEVEL
