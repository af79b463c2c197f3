// Steps of sequences, chosen by masks.
#include "../simd/vector.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome step_mask(const contract::StepMaskArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      bool differs = false;
      for (int64_t n = 0; n < a.N; ++n) differs |= !(a.x[m * a.N + n] == a.value);
      a.y[m] = differs && (!a.prior || a.prior[m] != 0);
    }
  });
  return {};
}

Outcome mask_order(const contract::MaskOrderArguments& a, Workspace&) {
  for (int64_t i = 0; i < a.T * a.B; ++i) a.order[i] = -1;
  std::memset(a.lengths, 0, a.B * sizeof(int32_t));
  for (int64_t t = 0; t < a.T; ++t) {
    for (int64_t b = 0; b < a.B; ++b) {
      const int64_t at = t * a.B + b;
      const bool valid = a.mask[at] != 0;
      if (valid) a.order[a.lengths[b]++ * a.B + b] = static_cast<int32_t>(t);
      a.forward[at] = a.lengths[b];
      a.backward[at] = a.lengths[b] + !valid;
    }
  }
  return {};
}

Outcome gather_steps(const contract::GatherStepsArguments& a, Workspace& workspace) {
  const Outcome checked = checkIndices(a.steps, a.T * a.B, -1 - a.shift, a.S - 1 - a.shift);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.T * a.B, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const int64_t step = a.steps[m] + a.shift;
      float* y = a.y + m * a.N;
      if (step < 0)
        std::memset(y, 0, a.N * sizeof(float));
      else
        std::memcpy(y, a.x + (step * a.B + m % a.B) * a.N, a.N * sizeof(float));
    }
  });
  return {};
}

Outcome gather_steps_backward(const contract::GatherStepsBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkIndices(a.steps, a.T * a.B, -1 - a.shift, a.S - 1 - a.shift);
  if (!isOk(checked)) return checked;
  // Cut by rows of the batch: each sum is made by one thread, in the order of t.
  forShares(workspace, a.B, (a.T + a.S) * a.N, [&](int64_t begin, int64_t end) {
    for (int64_t s = 0; s < a.S; ++s)
      std::memset(a.dx + (s * a.B + begin) * a.N, 0, (end - begin) * a.N * sizeof(float));
    for (int64_t t = 0; t < a.T; ++t) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t step = a.steps[t * a.B + b] + a.shift;
        if (step < 0) continue;
        float* row = a.dx + (step * a.B + b) * a.N;
        map(row, a.dy + (t * a.B + b) * a.N, row, a.N, [](Vec sum, Vec dy) { return sum + dy; });
      }
    }
  });
  return {};
}

Outcome max_steps(const contract::MaxStepsArguments& a, Workspace& workspace) {
  forShares(workspace, a.B, a.T * a.N, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      float* y = a.y + b * a.N;
      bool found = false;
      std::memset(y, 0, a.N * sizeof(float));
      for (int64_t t = 0; t < a.T; ++t) {
        if (a.mask && a.mask[t * a.B + b] == 0) continue;
        const float* x = a.x + (t * a.B + b) * a.N;
        for (int64_t n = 0; n < a.N; ++n) {
          if (!found || x[n] > y[n] || x[n] != x[n]) y[n] = x[n];
        }
        found = true;
      }
    }
  });
  return {};
}

Outcome max_steps_backward(const contract::MaxStepsBackwardArguments& a, Workspace& workspace) {
  forShares(workspace, a.B, a.T * a.N, [&](int64_t begin, int64_t end) {
    for (int64_t t = 0; t < a.T; ++t)
      std::memset(a.dx + (t * a.B + begin) * a.N, 0, (end - begin) * a.N * sizeof(float));
    for (int64_t i = begin * a.N; i < end * a.N; ++i) {
      for (int64_t t = 0; t < a.T; ++t) {
        const int64_t at = t * a.B * a.N + i;
        if ((a.mask && a.mask[t * a.B + i / a.N] == 0) || a.x[at] != a.y[i]) continue;
        a.dx[at] = a.dy[i];
        break;
      }
    }
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
