#include "backward.h"

namespace ostinato::OSTINATO_LEVEL {

void forProducts(int64_t step, const float* a, int64_t rowStride, const RowList& rows, const Depth& depth,
                 const Transposed& weights, std::byte* rounded, Range vectors, const ProductBody& body) {
  if (!weights.isRounded) return forProducts(step, a, rowStride, rows, depth, weights.panels, vectors, body);
  withBfloat16([&](auto format) {
    using Format = decltype(format);
    const RoundedRows<Format> left{rounded, weights.depth};
    left.round(rows, a, rowStride, depth);
    reducedProducts(
        ReducedWeights<Format, plainVectors>{weights.panels, weights.depth}, left, rows, vectors,
        [](int64_t, int64_t) { return zero(); },
        [&](int64_t row, int64_t vector, Vec sum) {
          const RowList one{1, nullptr, row};
          body({one, 0, 1, vector, 1, &sum});
        });
  });
}

bool multiplyRows(Workspace& workspace, const float* a, int64_t rowStride, const RowList& rows,
                  const Depth& depth, const Transposed& weights, int64_t columns, float* y) {
  if (!weights.panels) return false;
  if (!weights.isRounded) {
    multiplyPanels(workspace, a, rowStride, rows, depth, weights.panels, columns, nullptr, y);
    return true;
  }
  return withBfloat16([&](auto format) {
    const ReducedWeights<decltype(format), plainVectors> packed{weights.panels, weights.depth};
    return multiplyReduced(workspace, a, rowStride, rows, depth, packed, columns, nullptr, y);
  });
}

namespace {

// Like the gradient product of product.cc, with the rows that are summed over taken in pairs.
constexpr int gradientVectors = 3;
constexpr int gradientRows = std::min(tileBudget / gradientVectors, Vec::width);
constexpr int64_t gradientPairs = 128;
/** Vectors of the right operand packed at a time: enough to read its rows in long runs, few enough for the
 * cache. */
constexpr int64_t gradientColumns = 8 * gradientVectors;

template <class Format>
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

  /** A row of the list behind the last one is zeros: an odd number of rows is filled up. */
  static Vec loadOf(const float* matrix, int64_t stride, const RowList& rows, int64_t k, int64_t column,
                    int64_t count) {
    return k < rows.count ? load(matrix + rows[k] * stride + column, count) : zero();
  }

  /** a[k, m …] for pairs of rows k from 2 · first on → [blocks of width][pairs][width]. */
  void packLeft(int64_t first, int64_t pairs, Range m, float* packed) const {
    for (int64_t column = m.begin; column < m.end; column += Vec::width) {
      const int64_t count = m.end - column;
      for (int64_t k = 2 * first; k < 2 * (first + pairs); k += 2, packed += Vec::width) {
        storePairs(packed, loadOf(a, aStride, rows, k, column, count),
                   loadOf(a, aStride, rows, k + 1, column, count));
      }
    }
  }

  /** The same of vectors of b → [panels][pairs][gradientVectors · width]. */
  void packRight(int64_t first, int64_t pairs, Range vectors, float* packed) const {
    for (int64_t i = 0; i < pairs; ++i) {
      const int64_t k = 2 * (first + i);
      for (int64_t v = vectors.begin; v < vectors.end; ++v) {
        const int64_t index = v - vectors.begin, panel = index / gradientVectors;
        const int64_t place = (panel * pairs + i) * gradientVectors + index % gradientVectors;
        const int64_t offset = columns.bufferOffset(v), count = columns.count(v);
        storePairs(packed + place * Vec::width, loadOf(b, bStride, rows, k, offset, count),
                   loadOf(b, bStride, rows, k + 1, offset, count));
      }
    }
  }

  template <int Vectors>
  void panel(bool isFirst, int64_t pairs, Range m, int64_t vector, const float* left,
             const float* right) const {
    for (int64_t begin = m.begin; begin < m.end; begin += gradientRows) {
      const int64_t index = begin - m.begin, block = index / Vec::width;
      const float* x = left + block * pairs * Vec::width + index % Vec::width;
      Tile<gradientRows, Vectors> tile;
      clear(tile);
      Format::multiplyPairs(tile, reinterpret_cast<const std::byte*>(x), sizeof(float),
                            sizeof(float) * Vec::width, pairs, right, gradientVectors * Vec::width);
      for (int r = 0; r < std::min<int64_t>(gradientRows, m.end - begin); ++r) {
        for (int v = 0; v < Vectors; ++v) {
          float* target = y + (begin + r) * yStride + columns.offset(vector + v);
          const int64_t count = columns.count(vector + v);
          store(target, isFirst ? tile.sum[r][v] : load(target, count) + tile.sum[r][v], count);
        }
      }
    }
  }

  void run(Range m, Range vectors, float* left, float* right) const {
    // Without rows there is one piece of no pairs, which stores zeros.
    const int64_t all = (rows.count + 1) / 2;
    const int64_t pieces = std::max<int64_t>((all + gradientPairs - 1) / gradientPairs, 1);
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t first = all * piece / pieces, pairs = all * (piece + 1) / pieces - first;
      packLeft(first, pairs, m, left);
      for (int64_t begin = vectors.begin; begin < vectors.end; begin += gradientColumns) {
        if (workspace.aborted()) return;
        const Range taken{begin, std::min(begin + gradientColumns, vectors.end)};
        packRight(first, pairs, taken, right);
        const float* packed = right;
        for (int64_t v = taken.begin; v < taken.end; v += gradientVectors) {
          withVectors<gradientVectors>(std::min<int64_t>(gradientVectors, taken.end - v), [&](auto count) {
            panel<count>(piece == 0, pairs, m, v, left, packed);
          });
          packed += pairs * gradientVectors * Vec::width;
        }
      }
    }
  }
};

}  // namespace

bool multiplyTransposedRounded(Workspace& workspace, const float* a, int64_t aStride, int64_t M,
                               const float* b, int64_t bStride, const Columns& columns, RowList rows,
                               float* y, int64_t yStride) {
  const int64_t vectors = columns.vectors();
  const int parts = partsFor(workspace, rows.count * M * vectors * Vec::width, multiplyAddsPerPart);
  const bool byLeft = M > vectors * Vec::width;
  const int64_t leftSize = gradientPairs * (M + 2 * Vec::width);
  const int64_t rightSize = gradientPairs * gradientColumns * Vec::width;
  float* left = workspace.scratch(scratch::packedLeft, leftSize * parts);
  float* right = workspace.scratch(scratch::packedRight, rightSize * parts);
  if (!left || !right) return false;
  return withBfloat16([&](auto format) {
    const GradientProduct<decltype(format)> product{workspace, a,    aStride, b,      bStride,
                                                    columns,   rows, y,       yStride};
    workspace.parallel(parts, [&](int part) {
      const Range m = byLeft ? share(M, parts, part, Vec::width) : Range{0, M};
      const Range v = byLeft ? Range{0, vectors} : share(vectors, parts, part, 1);
      product.run(m, v, left + part * leftSize, right + part * rightSize);
    });
    return true;
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
