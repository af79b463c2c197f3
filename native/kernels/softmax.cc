#include "rows.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome softmax(const contract::SoftmaxArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const float* x = a.x + m * a.N;
      float* y = a.y + m * a.N;
      const Vec scale = broadcast(1.0f / exponentials(x, rowMaximum(x, a.N), a.N, y));
      map(y, y, a.N, [=](Vec e) { return e * scale; });
    }
  });
  return {};
}

Outcome log_softmax(const contract::LogSoftmaxArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const float* x = a.x + m * a.N;
      const float most = rowMaximum(x, a.N), rest = std::log(sumOfExponentials(x, most, a.N));
      // Not x − (most + rest): the sum would lose what rest has below the last digit of a large maximum.
      map(x, a.y + m * a.N, a.N, [=](Vec each) { return (each - broadcast(most)) - broadcast(rest); });
    }
  });
  return {};
}

Outcome softmax_backward(const contract::SoftmaxBackwardArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const float *y = a.y + m * a.N, *dy = a.dy + m * a.N;
      const Vec mean = broadcast(sumOf(y, dy, a.N, [](Vec p, Vec q) { return p * q; }));
      map(y, dy, a.dx + m * a.N, a.N, [=](Vec p, Vec q) { return p * (q - mean); });
    }
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
