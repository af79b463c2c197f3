#include <cmath>

#include "rows.h"
#include "steps.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** The same as `loss` and `weight`. */
template <typename Arguments, typename StepLoss>
Outcome sumLosses(const Arguments& a, Workspace& workspace, StepLoss&& stepLoss) {
  const Outcome outcome = sumSteps(a, workspace, a.loss, stepLoss);
  if (isOk(outcome)) a.weight[0] = static_cast<float>(a.loss[1]);
  return outcome;
}

/** Losses that compare F features: rowLoss(prediction, targets, n) of a valid step. */
template <typename Arguments, typename RowLoss>
Outcome compare(const Arguments& a, const float* prediction, Workspace& workspace, RowLoss&& rowLoss) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  return sumLosses(a, workspace, [&](int64_t n, float w) {
    return w == 0.0f ? 0.0 : rowLoss(prediction + n * a.F, a.targets + n * a.F, n);
  });
}

/** gradient = f(prediction, target, w) at valid steps, element by element, and 0 at others. */
template <typename Arguments, typename RowGradient>
Outcome differentiate(const Arguments& a, float* gradients, Workspace& workspace, RowGradient&& rowGradient) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.T * a.B, a.F, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float w = weightOf(a, n);
      if (w == 0.0f)
        std::memset(gradients + n * a.F, 0, a.F * sizeof(float));
      else
        rowGradient(n, w, gradients + n * a.F);
    }
  });
  return {};
}

/** ln Σ exp(logits) */
double logSumExp(const float* logits, int64_t count) {
  const float most = rowMaximum(logits, count);
  return most + std::log(static_cast<double>(sumOfExponentials(logits, most, count)));
}

/** Σ ln(1 + exp −|x|): one logarithm of many factors, each from 1 to 2, whose product float64 holds. */
double sumOfLogs(const float* x, int64_t count) {
  constexpr int64_t factors = 512;
  double total = 0;
  for (int64_t first = 0; first < count; first += factors) {
    const int64_t last = std::min(first + factors, count);
    double product = 1;
    for (int64_t i = first; i < last; i += Vec::width) {
      float e[Vec::width];
      store(e, exp(zero() - absolute(load(x + i, last - i))));
      const int64_t lanes = std::min<int64_t>(Vec::width, last - i);
      for (int64_t lane = 0; lane < lanes; ++lane) product *= 1.0 + e[lane];
    }
    total += std::log(product);
  }
  return total;
}

}  // namespace

Outcome softmax_cross_entropy(const contract::SoftmaxCrossEntropyArguments& a, Workspace& workspace) {
  const Outcome checked = checkClasses(a);
  if (!isOk(checked)) return checked;
  return sumLosses(a, workspace, [&](int64_t n, float w) {
    a.logNormalizer[n] = 0.0f;
    if (w == 0.0f) return 0.0;
    const float* logits = a.logits + n * a.F;
    const double normalizer = logSumExp(logits, a.F);
    a.logNormalizer[n] = static_cast<float>(normalizer);
    return normalizer - logits[a.targets[n]];
  });
}

Outcome softmax_cross_entropy_backward(const contract::SoftmaxCrossEntropyBackwardArguments& a,
                                       Workspace& workspace) {
  const Outcome checked = checkClasses(a);
  if (!isOk(checked)) return checked;
  return differentiate(a, a.dLogits, workspace, [&](int64_t n, float w, float* gradient) {
    const Vec weight = broadcast(w), normalizer = broadcast(a.logNormalizer[n]);
    map(a.logits + n * a.F, gradient, a.F, [=](Vec x) { return weight * exp(x - normalizer); });
    gradient[a.targets[n]] -= w;
  });
}

Outcome squared_error(const contract::SquaredErrorArguments& a, Workspace& workspace) {
  return compare(a, a.prediction, workspace, [&](const float* prediction, const float* targets, int64_t) {
    const double total = sumOf(prediction, targets, a.F, [](Vec p, Vec t) { return (p - t) * (p - t); });
    return total / static_cast<double>(a.F);
  });
}

Outcome squared_error_backward(const contract::SquaredErrorBackwardArguments& a, Workspace& workspace) {
  return differentiate(a, a.dPrediction, workspace, [&](int64_t n, float w, float* gradient) {
    const Vec scale = broadcast(2.0f * w / static_cast<float>(a.F));
    map(a.prediction + n * a.F, a.targets + n * a.F, gradient, a.F,
        [=](Vec p, Vec t) { return scale * (p - t); });
  });
}

Outcome absolute_error(const contract::AbsoluteErrorArguments& a, Workspace& workspace) {
  const Vec delta = broadcast(a.delta), half = broadcast(0.5f);
  return compare(a, a.prediction, workspace, [&](const float* prediction, const float* targets, int64_t) {
    // The part of |d| up to delta counts by its square, what is beyond by itself.
    const double total = a.delta == 0.0f
                             ? sumOf(prediction, targets, a.F, [](Vec p, Vec t) { return absolute(p - t); })
                             : sumOf(prediction, targets, a.F, [=](Vec p, Vec t) {
                                 const Vec size = absolute(p - t), near = min(delta, size);
                                 return near * (size - half * near);
                               });
    return total / static_cast<double>(a.F);
  });
}

Outcome absolute_error_backward(const contract::AbsoluteErrorBackwardArguments& a, Workspace& workspace) {
  const Vec delta = broadcast(a.delta);
  return differentiate(a, a.dPrediction, workspace, [&](int64_t n, float w, float* gradient) {
    const float *prediction = a.prediction + n * a.F, *targets = a.targets + n * a.F;
    const Vec scale = broadcast(w / static_cast<float>(a.F));
    if (a.delta == 0.0f) {
      map(prediction, targets, gradient, a.F, [=](Vec p, Vec t) {
        const Vec d = p - t;
        return select(d > zero(), scale, select(zero() > d, zero() - scale, scale * d));
      });
    } else {
      map(prediction, targets, gradient, a.F,
          [=](Vec p, Vec t) { return scale * max(zero() - delta, min(delta, p - t)); });
    }
  });
}

Outcome binary_cross_entropy(const contract::BinaryCrossEntropyArguments& a, Workspace& workspace) {
  const double count = a.sum ? 1.0 : static_cast<double>(a.F);
  return compare(a, a.logits, workspace, [&](const float* logits, const float* targets, int64_t) {
    const double linear = sumOf(logits, targets, a.F, [](Vec x, Vec t) { return relu(x) - x * t; });
    return (linear + sumOfLogs(logits, a.F)) / count;
  });
}

Outcome binary_cross_entropy_backward(const contract::BinaryCrossEntropyBackwardArguments& a,
                                      Workspace& workspace) {
  const float count = a.sum ? 1.0f : static_cast<float>(a.F);
  return differentiate(a, a.dLogits, workspace, [&](int64_t n, float w, float* gradient) {
    const Vec scale = broadcast(w / count);
    map(a.logits + n * a.F, a.targets + n * a.F, gradient, a.F,
        [=](Vec x, Vec t) { return scale * (sigmoid(x) - t); });
  });
}

Outcome categorical_cross_entropy(const contract::CategoricalCrossEntropyArguments& a, Workspace& workspace) {
  std::memset(a.logNormalizer, 0, a.T * a.B * sizeof(float));
  return compare(a, a.logits, workspace, [&](const float* logits, const float* targets, int64_t n) {
    const double normalizer = logSumExp(logits, a.F);
    a.logNormalizer[n] = static_cast<float>(normalizer);
    double total = 0;
    for (int64_t f = 0; f < a.F; ++f) {
      if (targets[f] != 0.0f) total += targets[f] * (normalizer - logits[f]);
    }
    return total;
  });
}

Outcome categorical_cross_entropy_backward(const contract::CategoricalCrossEntropyBackwardArguments& a,
                                           Workspace& workspace) {
  return differentiate(a, a.dLogits, workspace, [&](int64_t n, float w, float* gradient) {
    const float* targets = a.targets + n * a.F;
    const float total = sumOf(targets, targets, a.F, [](Vec t, Vec) { return t; });
    const Vec weight = broadcast(w), share = broadcast(total), normalizer = broadcast(a.logNormalizer[n]);
    map(a.logits + n * a.F, targets, gradient, a.F,
        [=](Vec x, Vec t) { return weight * (exp(x - normalizer) * share - t); });
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
