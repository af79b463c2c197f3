#include <cmath>

#include "steps.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** Fewer than k classes come before the target: they are greater, or equal and earlier, or NaN. */
bool isHit(const float* prediction, int64_t target, int64_t count, int32_t k) {
  const float best = prediction[target];
  int64_t before = 0;
  for (int64_t f = 0; f < target; ++f) before += !(prediction[f] < best);
  for (int64_t f = target + 1; f < count; ++f) before += !(prediction[f] <= best);
  return before < k && !std::isnan(best);
}

int64_t firstMaximum(const float* x, int64_t count) {
  int64_t most = 0;
  for (int64_t f = 1; f < count; ++f) most = x[f] > x[most] ? f : most;
  return most;
}

}  // namespace

Outcome sparse_top_k_accuracy(const contract::SparseTopKAccuracyArguments& a, Workspace& workspace) {
  const Outcome checked = checkClasses(a);
  if (!isOk(checked)) return checked;
  return sumSteps(a, workspace, a.hits, [&](int64_t n, float w) {
    return w != 0.0f && isHit(a.prediction + n * a.F, a.targets[n], a.F, a.k) ? 1.0 : 0.0;
  });
}

Outcome top_k_accuracy(const contract::TopKAccuracyArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  return sumSteps(a, workspace, a.hits, [&](int64_t n, float) {
    const int64_t target = firstMaximum(a.targets + n * a.F, a.F);
    return isHit(a.prediction + n * a.F, target, a.F, a.k) ? 1.0 : 0.0;
  });
}

Outcome binary_accuracy(const contract::BinaryAccuracyArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  return sumSteps(a, workspace, a.hits, [&](int64_t n, float) {
    const float *prediction = a.prediction + n * a.F, *targets = a.targets + n * a.F;
    int64_t right = 0;
    for (int64_t f = 0; f < a.F; ++f) {
      right += prediction[f] > a.threshold    ? targets[f] == 1.0f
               : prediction[f] <= a.threshold ? targets[f] == 0.0f
                                              : 0;
    }
    return static_cast<double>(right) / static_cast<double>(a.F);
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
