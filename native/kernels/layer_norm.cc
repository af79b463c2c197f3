#include <cmath>

#include "../simd/vector.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** The sum of term(0) … term(count − 1). Sixteen sums side by side: one alone would wait for every addition.
 */
template <typename Term>
double sumOf(int64_t count, Term term) {
  constexpr int64_t lanes = 16;
  double parts[lanes] = {};
  int64_t n = 0;
  for (; n + lanes <= count; n += lanes)
    for (int64_t i = 0; i < lanes; ++i) parts[i] += term(n + i);
  double sum = 0;
  for (const double part : parts) sum += part;
  for (; n < count; ++n) sum += term(n);
  return sum;
}

}  // namespace

Outcome layer_norm(const contract::LayerNormArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, 3 * a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const float* x = a.x + m * a.N;
      const auto size = static_cast<double>(a.N);
      const double mean = sumOf(a.N, [&](int64_t n) { return static_cast<double>(x[n]); }) / size;
      const double squares = sumOf(a.N, [&](int64_t n) { return (x[n] - mean) * (x[n] - mean); });
      const double r = 1 / std::sqrt(squares / size + a.epsilon);
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
      const double sum = sumOf(a.N, [&](int64_t n) { return static_cast<double>(g(n)); });
      const double product =
          sumOf(a.N, [&](int64_t n) { return static_cast<double>(g(n)) * ((x[n] - mean) * r); });
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
