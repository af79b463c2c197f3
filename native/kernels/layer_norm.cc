#include <cmath>

#include "../simd/vector.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome layer_norm(const contract::LayerNormArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, 3 * a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const float* x = a.x + m * a.N;
      double sum = 0, squares = 0;
      for (int64_t n = 0; n < a.N; ++n) sum += x[n];
      const double mean = sum / static_cast<double>(a.N);
      for (int64_t n = 0; n < a.N; ++n) squares += (x[n] - mean) * (x[n] - mean);
      const double r = 1 / std::sqrt(squares / static_cast<double>(a.N) + a.epsilon);
      a.statistics[2 * m] = static_cast<float>(mean);
      a.statistics[2 * m + 1] = static_cast<float>(r);
      float* y = a.y + m * a.N;
      for (int64_t n = 0; n < a.N; ++n) {
        const auto u = static_cast<float>((x[n] - mean) * r);
        y[n] = (a.scale ? u * a.scale[n] : u) + (a.shift ? a.shift[n] : 0.0f);
      }
    }
  });
  return {};
}

namespace {

/** dScale and dShift: sums over all rows, cut by columns, so that each is made by one thread in the order of
 * m. */
void sumRows(const contract::LayerNormBackwardArguments& a, Workspace& workspace) {
  constexpr int64_t width = 16;
  forShares(workspace, (a.N + width - 1) / width, a.M * width, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t first = piece * width, count = std::min(width, a.N - first);
      double scale[width] = {}, shift[width] = {};
      for (int64_t m = 0; m < a.M; ++m) {
        const float mean = a.statistics[2 * m], r = a.statistics[2 * m + 1];
        const float *x = a.x + m * a.N + first, *dy = a.dy + m * a.N + first;
        for (int64_t i = 0; i < count; ++i) {
          scale[i] += static_cast<double>(dy[i]) * ((x[i] - mean) * r);
          shift[i] += dy[i];
        }
      }
      for (int64_t i = 0; i < count; ++i) {
        if (a.dScale) a.dScale[first + i] = static_cast<float>(scale[i]);
        if (a.dShift) a.dShift[first + i] = static_cast<float>(shift[i]);
      }
    }
  });
}

}  // namespace

Outcome layer_norm_backward(const contract::LayerNormBackwardArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, 4 * a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const float mean = a.statistics[2 * m], r = a.statistics[2 * m + 1];
      const float *x = a.x + m * a.N, *dy = a.dy + m * a.N;
      const auto g = [&](int64_t n) { return a.scale ? dy[n] * a.scale[n] : dy[n]; };
      double sum = 0, product = 0;
      for (int64_t n = 0; n < a.N; ++n) {
        sum += g(n);
        product += static_cast<double>(g(n)) * ((x[n] - mean) * r);
      }
      const auto meanG = static_cast<float>(sum / static_cast<double>(a.N));
      const auto meanGu = static_cast<float>(product / static_cast<double>(a.N));
      float* dx = a.dx + m * a.N;
      for (int64_t n = 0; n < a.N; ++n) dx[n] = r * (g(n) - meanG - (x[n] - mean) * r * meanGu);
    }
  });
  if (a.dScale || a.dShift) sumRows(a, workspace);
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
