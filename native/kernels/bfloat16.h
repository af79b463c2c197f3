// Operands of products as bfloat16: a format of reduced.h.
#pragma once
#include <cstddef>

#include "../simd/bfloat16.h"
#include "product.h"

namespace ostinato::OSTINATO_LEVEL {

/** tile += products of pairs, each half by FMA like a step of float32. */
struct PlainPairs {
  template <int Rows, int Vectors>
  [[gnu::always_inline]] static void step(Tile<Rows, Vectors>& tile, const std::byte* left, int64_t rowStride,
                                          const float* panel) {
    half<firstOfPairs>(tile, left, rowStride, panel);
    half<secondOfPairs>(tile, left, rowStride, panel);
  }

 private:
  template <Vec (*halfOf)(Vec), int Rows, int Vectors>
  [[gnu::always_inline]] static void half(Tile<Rows, Vectors>& tile, const std::byte* left, int64_t rowStride,
                                          const float* panel) {
    if constexpr (Vectors <= Rows) {
      Vec weights[Vectors];
      for (int v = 0; v < Vectors; ++v) weights[v] = halfOf(loadPairs(panel + v * Vec::width));
      for (int r = 0; r < Rows; ++r) {
        const Vec x = halfOf(broadcastPair(left + r * rowStride));
        for (int v = 0; v < Vectors; ++v) tile.sum[r][v] = fma(x, weights[v], tile.sum[r][v]);
      }
    } else {
      Vec x[Rows];
      for (int r = 0; r < Rows; ++r) x[r] = halfOf(broadcastPair(left + r * rowStride));
      for (int v = 0; v < Vectors; ++v) {
        const Vec weights = halfOf(loadPairs(panel + v * Vec::width));
        for (int r = 0; r < Rows; ++r) tile.sum[r][v] = fma(x[r], weights, tile.sum[r][v]);
      }
    }
  }
};

#if OSTINATO_LEVEL_ID == OSTINATO_ID_avx512
/** The same by VDPBF16PS. */
struct InstructionPairs {
  template <int Rows, int Vectors>
  [[gnu::always_inline]] static void step(Tile<Rows, Vectors>& tile, const std::byte* left, int64_t rowStride,
                                          const float* panel) {
    Vec weights[Vectors];
    for (int v = 0; v < Vectors; ++v) weights[v] = loadPairs(panel + v * Vec::width);
    for (int r = 0; r < Rows; ++r) {
      const Vec x = broadcastPair(left + r * rowStride);
      for (int v = 0; v < Vectors; ++v) {
        // Not an intrinsic: those can only be inlined where the whole function may use the extension.
        asm("vdpbf16ps %2, %1, %0" : "+v"(tile.sum[r][v].v) : "v"(x.v), "v"(weights[v].v));
      }
    }
  }
};
#else
using InstructionPairs = PlainPairs;
#endif

/** A row of a left operand: its numbers, zeros behind them. A panel of V vectors: [⌈depth ∕ 2⌉][V][width][2].
 */
template <class Pairs>
struct Bfloat16 {
  static constexpr int tileRows(int vectors) { return tileBudget / vectors; }
  static constexpr int64_t rowBytes(int64_t depth) { return (depth + 15) / 16 * 32; }
  /** In rows of V · width words of four bytes. */
  static constexpr int64_t panelRows(int64_t depth) { return (depth + 1) / 2; }

  static void round(const float* x, const Depth& depth, std::byte* row) {
    auto* halves = reinterpret_cast<uint16_t*>(row);
    for (int64_t piece = 0; piece < depth.pieces; ++piece, x += depth.stride, halves += depth.length) {
      for (int64_t i = 0; i < depth.length; i += Vec::width)
        storeHalves(halves + i, load(x + i, depth.length - i));
    }
  }

  /** Vectors first … first + perPanel of weights [rows, stride]. */
  static void packPanel(const float* weights, int64_t rows, int64_t stride, const Columns& columns,
                        int64_t first, int perPanel, float* panel) {
    for (int64_t k = 0; k < rows; k += 2) {
      const float* source = weights + k * stride;
      for (int64_t v = first; v < first + perPanel; ++v, panel += Vec::width) {
        const bool present = v < columns.vectors();
        const int64_t offset = present ? columns.offset(v) : 0, count = present ? columns.count(v) : 0;
        const Vec second = k + 1 < rows ? load(source + stride + offset, count) : zero();
        storePairs(panel, load(source + offset, count), second);
      }
    }
  }

  /** tile += the product of Rows rows and Vectors vectors of a panel that has `perPanel`. */
  template <int Rows, int Vectors>
  [[gnu::always_inline]] static void multiply(Tile<Rows, Vectors>& tile, const std::byte* left,
                                              int64_t rowStride, int64_t depth, const float* panel,
                                              int perPanel) {
    multiplyPairs(tile, left, rowStride, 4, panelRows(depth), panel, perPanel * Vec::width);
  }

  /** tile += over `count` pairs; of the left operand these lie `step` bytes apart, of the panel `panelStep`
   * elements. */
  template <int Rows, int Vectors>
  [[gnu::always_inline]] static void multiplyPairs(Tile<Rows, Vectors>& tile, const std::byte* left,
                                                   int64_t rowStride, int64_t step, int64_t count,
                                                   const float* panel, int64_t panelStep) {
    int64_t k = 0;
    if constexpr (Rows * Vectors < 8) {
      // Too few accumulators to hide the latency of a sum: even and odd pairs get their own.
      Tile<Rows, Vectors> odd;
      clear(odd);
      for (; k + 2 <= count; k += 2, left += 2 * step, panel += 2 * panelStep) {
        Pairs::step(tile, left, rowStride, panel);
        Pairs::step(odd, left + step, rowStride, panel + panelStep);
      }
      for (int r = 0; r < Rows; ++r) {
        for (int v = 0; v < Vectors; ++v) tile.sum[r][v] = tile.sum[r][v] + odd.sum[r][v];
      }
    }
    for (; k < count; ++k, left += step, panel += panelStep) Pairs::step(tile, left, rowStride, panel);
  }
};

}  // namespace ostinato::OSTINATO_LEVEL
