#include <cmath>

#include "rows.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** The weight of step n = t · B + b: 0 where it is not valid. */
template <typename Arguments>
float weightOf(const Arguments& a, int64_t n) {
  if (isMasked(a.lengths, n % a.B, n / a.B)) return 0.0f;
  return a.weights ? a.weights[n] : 1.0f;
}

/** Targets of valid steps must be classes, and lengths at most T. */
template <typename Arguments>
Outcome checkClasses(const Arguments& a) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  for (int64_t n = 0; n < a.T * a.B; ++n) {
    const int32_t target = a.targets[n];
    if ((target < 0 || target >= a.F) && weightOf(a, n) != 0.0f) {
      return {contract::Status::indexOutOfRange, target, n};
    }
  }
  return {};
}

/** loss = [Σ w · ℓ, Σ w]; stepLoss(n, w) gives ℓ, and is called for invalid steps too, with w = 0. */
template <typename Arguments, typename StepLoss>
Outcome sumLosses(const Arguments& a, Workspace& workspace, StepLoss&& stepLoss) {
  constexpr int stride = 8;  // doubles: a cache line to each thread
  const int64_t steps = a.T * a.B;
  const int parts = partsFor(workspace, steps * a.F, elementsPerPart);
  auto* sums = reinterpret_cast<double*>(workspace.scratch(scratch::partial, int64_t{2} * stride * parts));
  if (!sums) return outOfMemory;
  workspace.parallel(parts, [&](int part) {
    const Range range = share(steps, parts, part, 1);
    double loss = 0, weight = 0;
    for (int64_t n = range.begin; n < range.end; ++n) {
      const float w = weightOf(a, n);
      const double l = stepLoss(n, w);
      if (w == 0.0f) continue;
      loss += w * l;
      weight += w;
    }
    sums[part * stride] = loss;
    sums[part * stride + 1] = weight;
  });
  a.loss[0] = a.loss[1] = 0;
  for (int part = 0; part < parts; ++part) {
    a.loss[0] += sums[part * stride];
    a.loss[1] += sums[part * stride + 1];
  }
  a.weight[0] = static_cast<float>(a.loss[1]);
  return {};
}

}  // namespace

Outcome softmax_cross_entropy(const contract::SoftmaxCrossEntropyArguments& a, Workspace& workspace) {
  const Outcome checked = checkClasses(a);
  if (!isOk(checked)) return checked;
  return sumLosses(a, workspace, [&](int64_t n, float w) {
    a.logNormalizer[n] = 0.0f;
    if (w == 0.0f) return 0.0;
    const float* logits = a.logits + n * a.F;
    const float most = rowMaximum(logits, a.F);
    const double normalizer = most + std::log(static_cast<double>(sumOfExponentials(logits, most, a.F)));
    a.logNormalizer[n] = static_cast<float>(normalizer);
    return normalizer - logits[a.targets[n]];
  });
}

Outcome softmax_cross_entropy_backward(const contract::SoftmaxCrossEntropyBackwardArguments& a,
                                       Workspace& workspace) {
  const Outcome checked = checkClasses(a);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.T * a.B, a.F, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      float* gradient = a.dLogits + n * a.F;
      const float w = weightOf(a, n);
      if (w == 0.0f) {
        std::memset(gradient, 0, a.F * sizeof(float));
        continue;
      }
      const Vec weight = broadcast(w), normalizer = broadcast(a.logNormalizer[n]);
      map(a.logits + n * a.F, gradient, a.F, [=](Vec x) { return weight * exp(x - normalizer); });
      gradient[a.targets[n]] -= w;
    }
  });
  return {};
}

Outcome squared_error(const contract::SquaredErrorArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  return sumLosses(a, workspace, [&](int64_t n, float w) {
    if (w == 0.0f) return 0.0;
    const float *prediction = a.prediction + n * a.F, *targets = a.targets + n * a.F;
    const double total = sumOf(prediction, targets, a.F, [](Vec p, Vec t) { return (p - t) * (p - t); });
    return total / static_cast<double>(a.F);
  });
}

Outcome squared_error_backward(const contract::SquaredErrorBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.T * a.B, a.F, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      float* gradient = a.dPrediction + n * a.F;
      const float w = weightOf(a, n);
      if (w == 0.0f) {
        std::memset(gradient, 0, a.F * sizeof(float));
        continue;
      }
      const Vec scale = broadcast(2.0f * w / static_cast<float>(a.F));
      map(a.prediction + n * a.F, a.targets + n * a.F, gradient, a.F,
          [=](Vec p, Vec t) { return scale * (p - t); });
    }
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
