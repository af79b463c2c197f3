#include "activations.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** y[m, n] = f(a[m, n], b[n]) */
template <typename Arguments, typename Function>
Outcome binary(const Arguments& a, Workspace& workspace, Function&& f) {
  if (a.M == 1) {
    forShares(workspace, a.N, 1, [&](int64_t begin, int64_t end) {
      map(a.a + begin, a.b + begin, a.y + begin, end - begin, f);
    });
  } else {
    forShares(workspace, a.M, a.N, [&](int64_t begin, int64_t end) {
      for (int64_t m = begin; m < end; ++m) map(a.a + m * a.N, a.b, a.y + m * a.N, a.N, f);
    });
  }
  return {};
}

/** y[i] = f(x[i]) */
template <typename Function>
Outcome unary(const float* x, float* y, int64_t count, Workspace& workspace, Function&& f) {
  forShares(workspace, count, 1,
            [&](int64_t begin, int64_t end) { map(x + begin, y + begin, end - begin, f); });
  return {};
}

/** dx[i] = f(y[i], dy[i]) */
template <typename Arguments, typename Function>
Outcome derivative(const Arguments& a, Workspace& workspace, Function&& f) {
  forShares(workspace, a.N, 1, [&](int64_t begin, int64_t end) {
    map(a.y + begin, a.dy + begin, a.dx + begin, end - begin, f);
  });
  return {};
}

}  // namespace

Outcome add(const contract::AddArguments& a, Workspace& workspace) {
  return binary(a, workspace, [](Vec x, Vec y) { return x + y; });
}

Outcome subtract(const contract::SubtractArguments& a, Workspace& workspace) {
  return binary(a, workspace, [](Vec x, Vec y) { return x - y; });
}

Outcome multiply(const contract::MultiplyArguments& a, Workspace& workspace) {
  return binary(a, workspace, [](Vec x, Vec y) { return x * y; });
}

Outcome divide(const contract::DivideArguments& a, Workspace& workspace) {
  return binary(a, workspace, [](Vec x, Vec y) { return x / y; });
}

Outcome affine(const contract::AffineArguments& a, Workspace& workspace) {
  const Vec scale = broadcast(a.scale), shift = broadcast(a.shift);
  return unary(a.x, a.y, a.N, workspace, [=](Vec x) { return fma(scale, x, shift); });
}

Outcome tanh(const contract::TanhArguments& a, Workspace& workspace) {
  return unary(a.x, a.y, a.N, workspace, [](Vec x) { return tanh(x); });
}

Outcome tanh_backward(const contract::TanhBackwardArguments& a, Workspace& workspace) {
  return derivative(a, workspace, [](Vec y, Vec dy) { return dy * (broadcast(1.0f) - y * y); });
}

Outcome sigmoid(const contract::SigmoidArguments& a, Workspace& workspace) {
  return unary(a.x, a.y, a.N, workspace, [](Vec x) { return sigmoid(x); });
}

Outcome sigmoid_backward(const contract::SigmoidBackwardArguments& a, Workspace& workspace) {
  return derivative(a, workspace, [](Vec y, Vec dy) { return dy * (y * (broadcast(1.0f) - y)); });
}

Outcome relu(const contract::ReluArguments& a, Workspace& workspace) {
  return unary(a.x, a.y, a.N, workspace, [](Vec x) { return relu(x); });
}

Outcome relu_backward(const contract::ReluBackwardArguments& a, Workspace& workspace) {
  return derivative(a, workspace, [](Vec y, Vec dy) { return select(y > zero(), dy, zero()); });
}

Outcome exp(const contract::ExpArguments& a, Workspace& workspace) {
  return unary(a.x, a.y, a.N, workspace, [](Vec x) { return exp(x); });
}

Outcome clip(const contract::ClipArguments& a, Workspace& workspace) {
  const Vec low = broadcast(a.low), high = broadcast(a.high);
  return unary(a.x, a.y, a.N, workspace, [=](Vec x) { return max(low, min(high, x)); });
}

Outcome clip_backward(const contract::ClipBackwardArguments& a, Workspace& workspace) {
  const Vec low = broadcast(a.low), high = broadcast(a.high);
  return derivative(a, workspace,
                    [=](Vec y, Vec dy) { return select(y > low, select(high > y, dy, zero()), zero()); });
}

Outcome softplus(const contract::SoftplusArguments& a, Workspace& workspace) {
  return unary(a.x, a.y, a.N, workspace, [](Vec x) {
    float terms[Vec::width];
    store(terms, exp(zero() - absolute(x)));
    for (float& term : terms) term = std::log1p(term);
    return relu(x) + load(terms);
  });
}

Outcome log(const contract::LogArguments& a, Workspace& workspace) {
  forShares(workspace, a.N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) a.y[i] = std::log(a.x[i]);
  });
  return {};
}

Outcome maximum(const contract::MaximumArguments& a, Workspace& workspace) {
  forShares(workspace, a.N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) a.y[i] = a.a[i] >= a.b[i] ? a.a[i] : a.b[i];
  });
  return {};
}

Outcome maximum_backward(const contract::MaximumBackwardArguments& a, Workspace& workspace) {
  forShares(workspace, a.N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) a.da[i] = a.a[i] >= a.b[i] ? a.dy[i] : 0.0f;
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
