#include "product.h"

#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

void forProducts(int64_t step, const float* a, int64_t rowStride, const RowList& rows, const Depth& depth,
                 const float* panels, Range vectors, const ProductBody& body) {
  inTurns(step, vectors, plainVectors, [&](int64_t first) {
    const float* panel = panels + first * Vec::width * depth.elements();
    withVectors<plainVectors>(std::min<int64_t>(plainVectors, vectors.end - first), [&](auto vectorCount) {
      constexpr int m = vectorCount;
      forRowTiles<tileBudget / m>(0, rows.count, [&](int64_t at, auto rowCount) {
        constexpr int n = rowCount;
        Tile<n, m> tile;
        clear(tile);
        multiply(tile, RowPointers<n>(a, rowStride, rows, at), depth, panel, panelLanes);
        body({rows, at, n, first, m, tile.sum[0]});
      });
    });
  });
}

namespace {

/**
 * Of the left operand, this many rows and this much depth are taken together through all panels: so they stay
 * in the second-level cache, and a panel in the first.
 */
constexpr int64_t rowBlock = 16 * plainRows;
constexpr int64_t depthBlock = 512;

struct PanelProduct {
  const Workspace& workspace;
  const float* a;
  int64_t rowStride;
  RowList rows;
  Depth depth;
  const float* panels;
  int64_t columns;
  const float* bias;
  float* y;

  /** Part of the depth: whole pieces, or elements where there is one piece. */
  struct Cut {
    int64_t offset;  // in a row of the left operand
    Depth depth;
    int64_t panelRow;  // its first row in a panel
  };

  int64_t cuts() const { return std::max<int64_t>((depth.elements() + depthBlock - 1) / depthBlock, 1); }

  Cut cut(int64_t index) const {
    const bool isWhole = depth.pieces == 1;
    const int64_t count = isWhole ? depth.length : depth.pieces;
    const int64_t begin = count * index / cuts(), taken = count * (index + 1) / cuts() - begin;
    if (isWhole) return {begin, plainDepth(taken), begin};
    return {begin * depth.stride, {taken, depth.length, depth.stride}, begin * depth.length};
  }

  void run(Range range, Range panelRange) const {
    for (int64_t begin = range.begin; begin < range.end && !workspace.aborted(); begin += rowBlock) {
      const Range block{begin, std::min(begin + rowBlock, range.end)};
      for (int64_t index = 0; index < cuts(); ++index) {
        const Cut taken = cut(index);
        for (int64_t p = panelRange.begin; p < panelRange.end; ++p) {
          const int64_t left = columns - p * panelLanes;
          const int64_t vectors = std::min<int64_t>((left + Vec::width - 1) / Vec::width, plainVectors);
          withVectors<plainVectors>(vectors, [&](auto count) { panel<count>(taken, index == 0, block, p); });
        }
      }
    }
  }

  template <int Vectors>
  void panel(const Cut& taken, bool isFirst, Range range, int64_t p) const {
    const int64_t first = p * panelLanes;
    const float* weights = panels + first * depth.elements() + taken.panelRow * panelLanes;
    forRowTiles<tileBudget / Vectors>(range.begin, range.end, [&](int64_t at, auto count) {
      constexpr int n = count;
      Tile<n, Vectors> tile;
      for (int v = 0; v < Vectors; ++v) {
        const int64_t column = first + v * Vec::width;
        const Vec start = bias && isFirst ? load(bias + column, columns - column) : zero();
        for (int r = 0; r < n; ++r) {
          tile.sum[r][v] = isFirst ? start : load(y + rows[at + r] * columns + column, columns - column);
        }
      }
      multiply(tile, RowPointers<n>(a, rowStride, rows, at), taken.depth, weights, panelLanes, taken.offset);
      for (int r = 0; r < n; ++r) {
        for (int v = 0; v < Vectors; ++v) {
          const int64_t column = first + v * Vec::width;
          store(y + rows[at + r] * columns + column, tile.sum[r][v], columns - column);
        }
      }
    });
  }
};

}  // namespace

void multiplyPanels(Workspace& workspace, const float* a, int64_t rowStride, const RowList& rows,
                    const Depth& depth, const float* panels, int64_t columns, const float* bias, float* y) {
  const PanelProduct product{workspace, a, rowStride, rows, depth, panels, columns, bias, y};
  const int64_t panelsInAll = panelCount(columns, panelLanes);
  const int parts = partsFor(workspace, rows.count * columns * depth.elements(), multiplyAddsPerPart);
  const bool byRows = rows.count >= int64_t{4} * plainRows * parts || panelsInAll < parts;
  workspace.parallel(parts, [&](int part) {
    if (byRows)
      product.run(share(rows.count, parts, part, plainRows), {0, panelsInAll});
    else
      product.run({0, rows.count}, share(panelsInAll, parts, part, 1));
  });
}

namespace {

// The gradient of weights: both operands are packed piece by piece along the rows they are summed over.
constexpr int gradientVectors = 3;
constexpr int gradientRows = tileBudget / gradientVectors;
constexpr int64_t gradientDepth = 512;
/** Vectors of the right operand packed at a time: enough to read its rows in long runs, few enough for the
 * cache. */
constexpr int64_t gradientColumns = 8 * gradientVectors;

struct GradientProduct {
  const Workspace& workspace;
  const float* a;
  int64_t aStride;
  const float* b;
  int64_t bStride;
  Columns columns;
  RowList rows;
  float* y;
  int64_t yStride;

  /** a[k, m …] for `depth` rows from `first` on → [tiles of gradientRows][depth][gradientRows], zeros at the
   * edge. */
  void packLeft(int64_t first, int64_t depth, Range m, float* packed) const {
    const int64_t whole = m.count() / gradientRows, rest = m.count() % gradientRows;
    for (int64_t k = 0; k < depth; ++k) {
      const float* source = a + rows[first + k] * aStride + m.begin;
      float* target = packed + k * gradientRows;
      for (int64_t tile = 0; tile < whole; ++tile) {
        std::memcpy(target, source, sizeof(float) * gradientRows);
        source += gradientRows;
        target += depth * gradientRows;
      }
      for (int64_t i = 0; rest > 0 && i < gradientRows; ++i) target[i] = i < rest ? source[i] : 0.0f;
    }
  }

  /** b[k, vectors] for `depth` rows from `first` on → [panels of gradientVectors][depth][gradientVectors ·
   * width]. */
  void packRight(int64_t first, int64_t depth, Range vectors, float* packed) const {
    int64_t offsets[gradientColumns];
    for (int64_t i = 0; i < vectors.count(); ++i) offsets[i] = columns.bufferOffset(vectors.begin + i);
    // A plain matrix ends where its last column ends; a gate buffer has whole vectors.
    const int64_t last = vectors.count() - 1;
    const int64_t lastLanes = columns.slots == 1 ? columns.count(vectors.begin + last) : Vec::width;
    const int64_t whole = last / gradientVectors * gradientVectors;
    for (int64_t k = 0; k < depth; ++k) {
      const float* row = b + rows[first + k] * bStride;
      float* target = packed + k * gradientVectors * Vec::width;
      for (int64_t i = 0; i < whole; i += gradientVectors) {
        for (int v = 0; v < gradientVectors; ++v) store(target + v * Vec::width, load(row + offsets[i + v]));
        target += depth * gradientVectors * Vec::width;
      }
      for (int64_t i = whole; i < last; ++i) store(target + (i - whole) * Vec::width, load(row + offsets[i]));
      store(target + (last - whole) * Vec::width, load(row + offsets[last], lastLanes));
    }
  }

  template <int Vectors>
  void panel(bool isFirst, int64_t depth, Range m, int64_t vector, const float* left,
             const float* right) const {
    int64_t offsets[Vectors], lanes[Vectors];
    for (int v = 0; v < Vectors; ++v) {
      offsets[v] = columns.offset(vector + v);
      lanes[v] = columns.count(vector + v);
    }
    for (int64_t begin = m.begin; begin < m.end; begin += gradientRows, left += depth * gradientRows) {
      Tile<gradientRows, Vectors> tile;
      clear(tile);
      for (int r = 0; r < gradientRows; ++r) {
        if (begin + r >= m.end) break;
        for (int v = 0; v < Vectors; ++v) __builtin_prefetch(y + (begin + r) * yStride + offsets[v], 1);
      }
      multiply(tile, right, gradientVectors * Vec::width, depth,
               [&](int r, int64_t k) { return left + k * gradientRows + r; });
      const int64_t count = std::min<int64_t>(gradientRows, m.end - begin);
      for (int r = 0; r < gradientRows; ++r) {
        if (r >= count) break;
        for (int v = 0; v < Vectors; ++v) {
          float* target = y + (begin + r) * yStride + offsets[v];
          store(target, isFirst ? tile.sum[r][v] : load(target, lanes[v]) + tile.sum[r][v], lanes[v]);
        }
      }
    }
  }

  void run(Range m, Range vectors, float* left, float* right) const {
    if (rows.count == 0) return clearOutput(m, vectors);
    const int64_t pieces = (rows.count + gradientDepth - 1) / gradientDepth;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t first = rows.count * piece / pieces, depth = rows.count * (piece + 1) / pieces - first;
      packLeft(first, depth, m, left);
      for (int64_t begin = vectors.begin; begin < vectors.end; begin += gradientColumns) {
        if (workspace.aborted()) return;
        const Range taken{begin, std::min(begin + gradientColumns, vectors.end)};
        packRight(first, depth, taken, right);
        const float* packed = right;
        for (int64_t v = taken.begin; v < taken.end; v += gradientVectors) {
          withVectors<gradientVectors>(std::min<int64_t>(gradientVectors, taken.end - v), [&](auto count) {
            panel<count>(piece == 0, depth, m, v, left, packed);
          });
          packed += depth * gradientVectors * Vec::width;
        }
      }
    }
  }

  void clearOutput(Range m, Range vectors) const {
    for (int64_t i = m.begin; i < m.end; ++i) {
      for (int64_t v = vectors.begin; v < vectors.end; ++v) {
        store(y + i * yStride + columns.offset(v), zero(), columns.count(v));
      }
    }
  }
};

}  // namespace

bool multiplyTransposed(Workspace& workspace, const float* a, int64_t aStride, int64_t M, const float* b,
                        int64_t bStride, const Columns& columns, RowList rows, float* y, int64_t yStride) {
  const GradientProduct product{workspace, a, aStride, b, bStride, columns, rows, y, yStride};
  const int64_t vectors = columns.vectors();
  const int parts = partsFor(workspace, rows.count * M * vectors * Vec::width, multiplyAddsPerPart);
  const bool byLeft = M > vectors * Vec::width;
  const int64_t leftSize = gradientDepth * (M + 2 * gradientRows);
  const int64_t rightSize = gradientDepth * gradientColumns * Vec::width;
  float* left = workspace.scratch(scratch::packedLeft, leftSize * parts);
  float* right = workspace.scratch(scratch::packedRight, rightSize * parts);
  if (!left || !right) return false;
  workspace.parallel(parts, [&](int part) {
    const Range m = byLeft ? share(M, parts, part, gradientRows) : Range{0, M};
    const Range v = byLeft ? Range{0, vectors} : share(vectors, parts, part, 1);
    product.run(m, v, left + part * leftSize, right + part * rightSize);
  });
  return true;
}

void sumColumns(Workspace& workspace, const float* b, int64_t bStride, const Columns& columns, RowList rows,
                float* y) {
  // Sums of a few rows at a time are added to the total, which keeps rounding errors from piling up.
  constexpr int64_t run = 64;
  const int64_t vectors = columns.vectors();
  const int parts = partsFor(workspace, rows.count * vectors * Vec::width, elementsPerPart);
  workspace.parallel(parts, [&](int part) {
    const Range range = share(vectors, parts, part, 1);
    for (int64_t v = range.begin; v < range.end; v += gradientVectors) {
      withVectors<gradientVectors>(std::min<int64_t>(gradientVectors, range.end - v), [&](auto count) {
        constexpr int n = count;
        int64_t offsets[n];
        for (int i = 0; i < n; ++i) offsets[i] = columns.bufferOffset(v + i);
        Tile<1, n> total;
        clear(total);
        for (int64_t first = 0; first < rows.count; first += run) {
          Tile<1, n> partial;
          clear(partial);
          for (int64_t k = first; k < std::min(first + run, rows.count); ++k) {
            const float* row = b + rows[k] * bStride;
            for (int i = 0; i < n; ++i) {
              partial.sum[0][i] = partial.sum[0][i] + load(row + offsets[i]);
            }
          }
          for (int i = 0; i < n; ++i) total.sum[0][i] = total.sum[0][i] + partial.sum[0][i];
        }
        for (int i = 0; i < n; ++i) store(y + columns.offset(v + i), total.sum[0][i], columns.count(v + i));
      });
    }
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
