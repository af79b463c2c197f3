// The inner product kernel: a tile of rows × vectors held in registers, and how rows are cut into tiles.
#pragma once
#include <type_traits>

#include "../simd/vector.h"

namespace ostinato::OSTINATO_LEVEL {

/** Accumulators of one tile: what the register file holds beside the operands of one depth step. */
inline constexpr int tileBudget = Vec::registers == 32 ? 24 : 12;

template <int Rows, int Vectors>
struct Tile {
  Vec sum[Rows][Vectors];
};

template <int Rows, int Vectors>
inline void clear(Tile<Rows, Vectors>& tile) {
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) tile.sum[r][v] = zero();
  }
}

/** One depth step of a tile; at(r) is where the left operand of row r lies. */
template <int Rows, int Vectors, typename At>
[[gnu::always_inline]] inline void multiplyStep(Tile<Rows, Vectors>& tile, const float* panel, At&& at) {
  if constexpr (Vectors <= Rows) {
    Vec weights[Vectors];
    for (int v = 0; v < Vectors; ++v) weights[v] = load(panel + v * Vec::width);
    for (int r = 0; r < Rows; ++r) {
      const Vec x = broadcast(*at(r));
      for (int v = 0; v < Vectors; ++v) tile.sum[r][v] = fma(x, weights[v], tile.sum[r][v]);
    }
  } else {
    Vec x[Rows];
    for (int r = 0; r < Rows; ++r) x[r] = broadcast(*at(r));
    for (int v = 0; v < Vectors; ++v) {
      const Vec weights = load(panel + v * Vec::width);
      for (int r = 0; r < Rows; ++r) tile.sum[r][v] = fma(x[r], weights, tile.sum[r][v]);
    }
  }
}

/** How many depth steps ahead weights are asked for; 0: not at all. Measured in bench/kernels. */
inline constexpr int64_t prefetchedSteps = levelId == OSTINATO_ID_avx512 ? 8 : 0;

/**
 * tile += a [Rows, depth] · panel [depth, Vectors · width], panel rows panelStride apart; at(r, k) is where
 * element (r, k) of a lies.
 */
template <int Rows, int Vectors, typename At>
[[gnu::always_inline]] inline void multiply(Tile<Rows, Vectors>& tile, const float* panel,
                                            int64_t panelStride, int64_t depth, At&& at) {
  int64_t k = 0;
  if constexpr (Rows * Vectors < 8) {
    // Too few accumulators to hide the latency of FMA: even and odd steps get their own.
    Tile<Rows, Vectors> odd;
    clear(odd);
    for (; k + 2 <= depth; k += 2) {
      multiplyStep(tile, panel, [&](int r) { return at(r, k); });
      multiplyStep(odd, panel + panelStride, [&](int r) { return at(r, k + 1); });
      panel += 2 * panelStride;
    }
    for (int r = 0; r < Rows; ++r) {
      for (int v = 0; v < Vectors; ++v) tile.sum[r][v] = tile.sum[r][v] + odd.sum[r][v];
    }
  }
  for (; k < depth; ++k) {
    if constexpr (prefetchedSteps > 0) {
      for (int v = 0; v < Vectors; ++v)
        __builtin_prefetch(panel + prefetchedSteps * panelStride + v * Vec::width);
    }
    multiplyStep(tile, panel, [&](int r) { return at(r, k); });
    panel += panelStride;
  }
}

/**
 * Calls body(first row, integral_constant<rows>) for consecutive tiles of at most `Most` rows; what does not
 * fill a tile is shared evenly by two, so that no tile is much smaller than the rest.
 */
template <int Most, typename Body>
[[gnu::always_inline]] inline void forRowTiles(int64_t begin, int64_t end, Body&& body) {
  while (begin < end) {
    const int64_t left = end - begin;
    int64_t rows = Most;
    if (left <= Most)
      rows = left;
    else if (left < 2 * Most)
      rows = (left + 1) / 2;
    [&]<int... Index>(std::integer_sequence<int, Index...>) {
      ((rows == Index + 1 ? body(begin, std::integral_constant<int, Index + 1>{}) : void()), ...);
    }
    (std::make_integer_sequence<int, Most>{});
    begin += rows;
  }
}

}  // namespace ostinato::OSTINATO_LEVEL
