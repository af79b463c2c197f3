// Operands of products as int8, quantized as src/contract/precision.ts says: a format of reduced.h.
#pragma once
#include <bit>
#include <cfloat>
#include <cstddef>
#include <limits>

#include "../simd/int8.h"
#include "product.h"

namespace ostinato::OSTINATO_LEVEL {

/**
 * A row of a left operand: its scale, and from `header` on its numbers, zeros behind them. A panel of V
 * vectors: scales [V · width], where the sums of an InstructionDot start [V · width] int32, then
 * [⌈depth ∕ 4⌉][V][width][4].
 */
template <class Dot>
struct Int8 {
  static constexpr int tileRows(int) { return Vec::registers == 32 ? 4 : 2; }
  static constexpr int64_t rowBytes(int64_t depth) { return header + (depth + 15) / 16 * 16; }
  /** In rows of V · width words of four bytes. */
  static constexpr int64_t panelRows(int64_t depth) { return 2 + fours(depth); }

  static void round(const float* x, const Depth& pieces, std::byte* row) {
    const int64_t depth = pieces.length;  // of one piece: no sum goes over gates
    Ints bits = broadcastInts(0);
    for (int64_t i = 0; i < depth; i += Vec::width) bits = maximumOfBits(bits, load(x + i, depth - i));
    int32_t lanes[Vec::width];
    storeInts(lanes, bits);
    const float scale = scaleOf(*std::max_element(lanes, lanes + Vec::width));
    std::memcpy(row, &scale, sizeof scale);
    auto* q = reinterpret_cast<int8_t*>(row + header);
    if (!(scale > 0)) {
      std::memset(q, 0, rowBytes(depth) - header);
      return;
    }
    const Vec divisor = broadcast(scale);
    for (int64_t i = 0; i < depth; i += Vec::width)
      storeBytes(q + i, roundToInts(load(x + i, depth - i) / divisor));
  }

  /** Vectors first … first + perPanel of weights [rows, stride]. */
  static void packPanel(const float* weights, int64_t rows, int64_t stride, const Columns& columns,
                        int64_t first, int perPanel, float* panel) {
    const int64_t lanes = perPanel * Vec::width;
    std::memset(panel, 0, sizeof(float) * panelRows(rows) * lanes);
    for (int i = 0; i < perPanel && first + i < columns.vectors(); ++i) {
      const float* source = weights + columns.offset(first + i);
      packVector(source, rows, stride, columns.count(first + i), panel + i * Vec::width, lanes);
    }
  }

  /** tile += the product of Rows rows and Vectors vectors of a panel that has `perPanel`. */
  template <int Rows, int Vectors>
  [[gnu::always_inline]] static void multiply(Tile<Rows, Vectors>& tile, const std::byte* left,
                                              int64_t rowStride, int64_t depth, const float* panel,
                                              int perPanel) {
    const int64_t lanes = perPanel * Vec::width;
    Ints sums[Rows][Vectors];
    for (int v = 0; v < Vectors; ++v) {
      const Ints start = Dot::start(panel + lanes + v * Vec::width);
      for (int r = 0; r < Rows; ++r) sums[r][v] = start;
    }
    const auto* weights = reinterpret_cast<const int8_t*>(panel + 2 * lanes);
    const auto* x = reinterpret_cast<const int8_t*>(left + header);
    for (int64_t k = 0; k < fours(depth); ++k, weights += 4 * lanes, x += 4) {
      typename Dot::Quad quads[Rows];
      for (int r = 0; r < Rows; ++r) quads[r] = Dot::quad(x + r * rowStride);
      for (int v = 0; v < Vectors; ++v) {
        for (int r = 0; r < Rows; ++r)
          sums[r][v] = Dot::add(sums[r][v], quads[r], weights + 4 * v * Vec::width);
      }
    }
    for (int r = 0; r < Rows; ++r) {
      float scale;
      std::memcpy(&scale, left + r * rowStride, sizeof scale);
      for (int v = 0; v < Vectors; ++v) {
        const Vec scales = broadcast(scale) * load(panel + v * Vec::width);
        tile.sum[r][v] = fma(toFloats(sums[r][v]), scales, tile.sum[r][v]);
      }
    }
  }

 private:
  static constexpr int64_t header = 16;

  static constexpr int64_t fours(int64_t depth) { return (depth + 3) / 4; }

  /** From the bits of the largest magnitude, which order as the numbers do: infinity above all, NaN above it.
   */
  static float scaleOf(int32_t bits) {
    const auto largest = std::bit_cast<float>(bits);
    if (!(largest <= FLT_MAX)) return std::numeric_limits<float>::quiet_NaN();
    const float scale = largest / 127.0f;
    return scale < FLT_MIN ? 0.0f : scale;
  }

  /** One vector of columns, `count` of them present; rows of the panel are `lanes` words. */
  static void packVector(const float* weights, int64_t rows, int64_t stride, int64_t count, float* panel,
                         int64_t lanes) {
    Ints bits = broadcastInts(0);
    for (int64_t k = 0; k < rows; ++k) bits = maximumOfBits(bits, load(weights + k * stride, count));
    int32_t largest[Vec::width];
    storeInts(largest, bits);
    float scales[Vec::width];
    for (int lane = 0; lane < Vec::width; ++lane) scales[lane] = scaleOf(largest[lane]);
    const Vec scale = load(scales);
    store(panel, scale);

    uint32_t starts[Vec::width] = {};
    auto* target = reinterpret_cast<int8_t*>(panel + 2 * lanes);
    for (int64_t k = 0; k < rows; ++k) {
      const Vec quotient = load(weights + k * stride, count) / scale;
      int32_t q[Vec::width];
      storeInts(q, roundToInts(select(scale > zero(), quotient, zero())));
      for (int lane = 0; lane < Vec::width; ++lane) {
        target[k / 4 * 4 * lanes + 4 * lane + k % 4] = static_cast<int8_t>(q[lane]);
        starts[lane] -= 128u * static_cast<uint32_t>(q[lane]);
      }
    }
    std::memcpy(panel + lanes, starts, sizeof starts);
  }
};

}  // namespace ostinato::OSTINATO_LEVEL
