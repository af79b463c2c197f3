// Products of reduced precision. A format (Int8, Bfloat16) says how rows of a left operand are rounded, how
// weights are packed, and how a tile is multiplied; what is summed and everything after it is float32.
#pragma once
#include <cstddef>

#include "../runtime/extensions.h"
#include "bfloat16.h"
#include "int8.h"
#include "product.h"
#include "sequence.h"

namespace ostinato::OSTINATO_LEVEL {

/** Kernels of instructions whose precision is not float32, with arguments that are already checked. */
Outcome lstmReduced(const contract::LstmArguments& a, Workspace& workspace);
Outcome lstmReduced(const contract::LstmCoupledArguments& a, Workspace& workspace);
Outcome gruReduced(const contract::GruArguments& a, Workspace& workspace);
Outcome rnnReduced(const contract::RnnArguments& a, Workspace& workspace);
Outcome matmulReduced(const contract::MatmulArguments& a, Workspace& workspace);

constexpr bool isReduced(int32_t precision) {
  return precision != static_cast<int32_t>(contract::Precision::float32);
}

/** body(format) with the fastest format of bfloat16 that this CPU has. */
template <typename Body>
auto withBfloat16(Body&& body) {
  if (FindCpuExtensions().bfloat16Dot) return body(Bfloat16<InstructionPairs>{});
  return body(Bfloat16<PlainPairs>{});
}

/** The same for a reduced precision. */
template <typename Body>
Outcome withFormat(int32_t precision, Body&& body) {
  if (precision == static_cast<int32_t>(contract::Precision::bfloat16)) return withBfloat16(body);
  if (FindCpuExtensions().int8Dot) return body(Int8<InstructionDot>{});
  return body(Int8<PlainDot>{});
}

/** weights [rows, columns] as panels of perPanel vectors of `columnsOf(columns ∕ gates)`. */
template <class Format, Columns (*columnsOf)(int64_t), int gates, int perPanel>
void packReduced(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  const Columns taken = columnsOf(columns / gates);
  const int64_t count = panelCount(taken.vectors(), perPanel);
  for (int64_t panel = sharedPanels(count, share, 0); panel < sharedPanels(count, share, 1); ++panel) {
    Format::packPanel(weights, rows, columns, taken, panel * perPanel, perPanel,
                      panels + panel * Format::panelRows(rows) * perPanel * Vec::width);
  }
}

/** Vectors of a panel of a plain matrix. */
inline constexpr int reducedVectors = 4;

/** The packed right operand of a product. */
template <class Format, int perPanel>
struct ReducedWeights {
  const float* panels;
  int64_t depth;

  /** Of weights [depth, gates · units], the vectors of columnsOf(units). Null panels: out of memory. */
  template <Columns (*columnsOf)(int64_t), int gates>
  static ReducedWeights pack(Workspace& workspace, const float* weights, int64_t depth, int64_t units) {
    const int64_t elements = panelElements(columnsOf(units).vectors(), perPanel, Format::panelRows(depth));
    return {workspace.panels(weights, role::reduced, depth, gates * units, elements,
                             packReduced<Format, columnsOf, gates, perPanel>),
            depth};
  }

  const float* panel(int64_t index) const {
    return panels + index * Format::panelRows(depth) * perPanel * Vec::width;
  }
};

/** The rows of a list, rounded: row i is the i-th of them. */
template <class Format>
struct RoundedRows {
  std::byte* memory;
  int64_t depth;

  std::byte* row(int64_t index) const { return memory + index * Format::rowBytes(depth); }
  void round(const RowList& rows, const float* x, int64_t stride) const {
    round(rows, x, stride, plainDepth(depth));
  }
  /** Rows in pieces, of whole vectors where there are several. */
  void round(const RowList& rows, const float* x, int64_t stride, const Depth& pieces) const {
    for (int64_t i = 0; i < rows.count; ++i) Format::round(x + rows[i] * stride, pieces, row(i));
  }
};

/** Memory for the rounded rows of each part. */
template <class Format>
struct RowMemory {
  std::byte* memory;
  int64_t bytes;

  static RowMemory of(Workspace& workspace, int parts, int64_t bytesOfPart) {
    const int64_t bytes = (std::max<int64_t>(bytesOfPart, 1) + 63) / 64 * 64;
    return {reinterpret_cast<std::byte*>(workspace.scratch(scratch::roundedRows, parts * bytes / 4)), bytes};
  }

  /** Of a sequence: the inputs of `chunk` steps, or the states of one. */
  static RowMemory of(Workspace& workspace, const SequenceSplit& split, int64_t B, int64_t chunk, int64_t I,
                      int64_t H) {
    const int64_t rows = split.byUnits ? B : (B + split.parts - 1) / split.parts;
    return of(workspace, split.parts, rows * std::max(chunk * Format::rowBytes(I), Format::rowBytes(H)));
  }

  RoundedRows<Format> rows(int part, int64_t depth) const { return {memory + part * bytes, depth}; }
};

/**
 * One panel of a product, of which Vectors vectors are in use: start(row, sums) sets the sums of a row
 * [Vectors], and end(row, sums) takes them with the product added. `left` holds the rows of the list.
 */
template <int Vectors, class Format, int perPanel, typename Start, typename End>
inline void reducedProduct(const ReducedWeights<Format, perPanel>& weights, int64_t panel,
                           const RoundedRows<Format>& left, const RowList& rows, Start&& start, End&& end) {
  forRowTiles<Format::tileRows(Vectors)>(0, rows.count, [&](int64_t at, auto count) {
    constexpr int n = count;
    Tile<n, Vectors> tile;
    for (int r = 0; r < n; ++r) start(rows[at + r], tile.sum[r]);
    Format::template multiply<n, Vectors>(tile, left.row(at), Format::rowBytes(left.depth), left.depth,
                                          weights.panel(panel), perPanel);
    for (int r = 0; r < n; ++r) end(rows[at + r], tile.sum[r]);
  });
}

/** `vectors` of a plain matrix: sums begin at start(row, vector), and end(row, vector, sum) takes them. */
template <class Format, int perPanel, typename Start, typename End>
inline void reducedProducts(const ReducedWeights<Format, perPanel>& weights, const RoundedRows<Format>& left,
                            const RowList& rows, Range vectors, Start&& start, End&& end) {
  for (int64_t first = vectors.begin; first < vectors.end; first += perPanel) {
    withVectors<perPanel>(std::min<int64_t>(perPanel, vectors.end - first), [&](auto count) {
      constexpr int n = count;
      reducedProduct<n>(
          weights, first / perPanel, left, rows,
          [&](int64_t row, Vec* sums) {
            for (int v = 0; v < n; ++v) sums[v] = start(row, first + v);
          },
          [&](int64_t row, const Vec* sums) {
            for (int v = 0; v < n; ++v) end(row, first + v, sums[v]);
          });
    });
  }
}

/** x [T, B, I] · kernel + bias for the steps of one chunk, straight into the gate buffer. */
template <class Format>
struct ReducedInput {
  const float* x;
  int64_t I;
  const SequenceRows& rows;
  int part;
  Range times;
  const GateBuffer& buffer;
  const RowMemory<Format>& memory;

  /** Before the first panel. */
  void round() const {
    for (int64_t t = times.begin; t < times.end; ++t)
      leftAt(t).round(rows.at(part, t), x + t * buffer.B * I, I);
  }

  /** One panel of it: `Vectors` vectors of those the panel has; `offset`: in a gate row. */
  template <int Vectors, int perPanel>
  void run(const ReducedWeights<Format, perPanel>& kernel, int64_t panel, const float* bias,
           int64_t offset) const {
    for (int64_t t = times.begin; t < times.end; ++t) {
      float* target = buffer.atTime(t, times) + offset;
      reducedProduct<Vectors>(
          kernel, panel, leftAt(t), rows.at(part, t),
          [&](int64_t, Vec* sums) {
            for (int v = 0; v < Vectors; ++v) sums[v] = load(bias + v * Vec::width);
          },
          [&](int64_t row, const Vec* sums) {
            for (int v = 0; v < Vectors; ++v) store(target + row * buffer.stride + v * Vec::width, sums[v]);
          });
    }
  }

 private:
  RoundedRows<Format> leftAt(int64_t t) const {
    RoundedRows<Format> left = memory.rows(part, I);
    left.memory = left.row((t - times.begin) * rows.all(part).count);
    return left;
  }
};

/**
 * y [·, columns] = a [·, depth] · weights (+ bias [columns]) for the rows listed; rows of a lie rowStride
 * apart. False: out of memory.
 */
template <class Format, int perPanel>
bool multiplyReduced(Workspace& workspace, const float* a, int64_t rowStride, const RowList& rows,
                     const Depth& depth, const ReducedWeights<Format, perPanel>& weights, int64_t columns,
                     const float* bias, float* y) {
  // Rows that are rounded and taken through all panels together: they stay in the second-level cache.
  constexpr int64_t rowBlock = 64;
  const int64_t vectors = plainColumns(columns).vectors(), block = std::min(rowBlock, rows.count);
  const int parts = partsFor(workspace, rows.count * columns * weights.depth, multiplyAddsPerPart);
  const bool byRows = rows.count >= int64_t{8} * parts || vectors < int64_t{perPanel} * parts;
  const auto memory = RowMemory<Format>::of(workspace, parts, block * Format::rowBytes(weights.depth));
  if (!weights.panels || !memory.memory) return false;
  workspace.parallel(parts, [&](int part) {
    const Range all = byRows ? share(rows.count, parts, part, 1) : Range{0, rows.count};
    const Range taken = byRows ? Range{0, vectors} : share(vectors, parts, part, perPanel);
    const auto left = memory.rows(part, weights.depth);
    for (int64_t begin = all.begin; begin < all.end && !workspace.aborted(); begin += block) {
      const int64_t count = std::min(block, all.end - begin);
      const RowList few =
          rows.rows ? RowList{count, rows.rows + begin} : RowList{count, nullptr, rows.first + begin};
      left.round(few, a, rowStride, depth);
      reducedProducts(
          weights, left, few, taken,
          [&](int64_t, int64_t vector) {
            const int64_t column = vector * Vec::width;
            return bias ? load(bias + column, columns - column) : zero();
          },
          [&](int64_t row, int64_t vector, Vec sum) {
            const int64_t column = vector * Vec::width;
            store(y + row * columns + column, sum, columns - column);
          });
    }
  });
  return true;
}

}  // namespace ostinato::OSTINATO_LEVEL
