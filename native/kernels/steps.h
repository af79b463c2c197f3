// Which steps of a batch count, and how much: what losses and accuracies share.
#pragma once
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

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

/** totals = [Σ w · ℓ, Σ w]; stepLoss(n, w) gives ℓ, and is called for invalid steps too, with w = 0. */
template <typename Arguments, typename StepLoss>
Outcome sumSteps(const Arguments& a, Workspace& workspace, double* totals, StepLoss&& stepLoss) {
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
  totals[0] = totals[1] = 0;
  for (int part = 0; part < parts; ++part) {
    totals[0] += sums[part * stride];
    totals[1] += sums[part * stride + 1];
  }
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
