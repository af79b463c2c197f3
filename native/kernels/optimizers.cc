#include <bit>
#include <cmath>

#include "../simd/vector.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** Σ x² in float64, several sums side by side. */
double sumOfSquares(const float* x, int64_t count) {
  constexpr int64_t width = 16;
  double sums[width] = {};
  int64_t i = 0;
  for (; i + width <= count; i += width) {
    for (int64_t j = 0; j < width; ++j) sums[j] += static_cast<double>(x[i + j]) * x[i + j];
  }
  for (; i < count; ++i) sums[0] += static_cast<double>(x[i]) * x[i];
  for (int64_t j = 1; j < width; ++j) sums[0] += sums[j];
  return sums[0];
}

double clipFactor(double limit, double norm) { return limit < norm ? limit / norm : 1.0; }

/** One entry of the range table. */
struct ParameterRange {
  int64_t offset;
  int64_t length;
  double decay;
  double rate;
  ParameterRange(const int32_t* words)
      : offset(words[0]),
        length(words[1]),
        decay(std::bit_cast<float>(words[2])),
        rate(std::bit_cast<float>(words[3])) {}
};

/** The gradient of a few neighbouring parameters, clipped, and how they move. */
struct Step {
  Vec g;
  Vec rate;
  int64_t at;     // their position in the flat buffers
  int64_t count;  // lanes in use
};

/** Norms of the ranges, after `scale`: Σ over threads of Σ over its share. */
template <typename Arguments>
bool rangeNorms(const Arguments& a, Workspace& workspace, double scale, double*& norms) {
  const int parts = partsFor(workspace, a.P, elementsPerPart);
  norms = reinterpret_cast<double*>(workspace.scratch(scratch::partial, 2 * a.rangesCount * parts));
  if (!norms) return false;
  workspace.parallel(parts, [&](int part) {
    const Range mine = share(a.P, parts, part, 16);
    for (int64_t r = 0; r < a.rangesCount; ++r) {
      const ParameterRange range(a.ranges + r * contract::rangeWords);
      const int64_t begin = std::max(mine.begin, range.offset),
                    end = std::min(mine.end, range.offset + range.length);
      norms[part * a.rangesCount + r] = begin < end ? sumOfSquares(a.gradients + begin, end - begin) : 0.0;
    }
  });
  for (int64_t r = 0; r < a.rangesCount; ++r) {
    for (int part = 1; part < parts; ++part) norms[r] += norms[part * a.rangesCount + r];
    norms[r] = scale * std::sqrt(norms[r]);
  }
  return true;
}

/** update(step, p) gives the new parameters from p, which have decayed already. */
template <typename Arguments, typename Update>
Outcome eachParameter(const Arguments& a, Workspace& workspace, Update&& update) {
  const double globalScale = clipFactor(a.globalClipNorm, a.norm[0]) / a.weight[0];
  double* norms = nullptr;
  if (std::isfinite(a.clipNorm) && !rangeNorms(a, workspace, std::abs(globalScale), norms))
    return outOfMemory;
  const Vec bound = broadcast(static_cast<float>(a.clipValue));
  forShares(workspace, a.P, 1, [&](int64_t first, int64_t last) {
    for (int64_t r = 0; r < a.rangesCount; ++r) {
      const ParameterRange range(a.ranges + r * contract::rangeWords);
      const int64_t begin = std::max(first, range.offset), end = std::min(last, range.offset + range.length);
      const double rate = a.learningRate * range.rate;
      const Vec scale =
          broadcast(static_cast<float>(globalScale * (norms ? clipFactor(a.clipNorm, norms[r]) : 1.0)));
      const Vec decay = broadcast(static_cast<float>(rate * a.weightDecay * range.decay));
      for (int64_t i = begin; i < end; i += Vec::width) {
        const int64_t count = end - i;
        const Vec g = max(zero() - bound, min(bound, load(a.gradients + i, count) * scale));
        const Vec p = load(a.parameters + i, count);
        const Step step{g, broadcast(static_cast<float>(rate)), i, count};
        store(a.parameters + i, update(step, p - decay * p), count);
      }
    }
  });
  return {};
}

/** slot = f(slot), and its new value. */
template <typename Function>
Vec replace(float* slot, const Step& step, Function&& f) {
  const Vec value = f(load(slot + step.at, step.count));
  store(slot + step.at, value, step.count);
  return value;
}

/** decay · old + (1 − decay) · new, the coefficients rounded once. */
struct Mean {
  Vec kept;
  Vec taken;
  Mean(double decay)
      : kept(broadcast(static_cast<float>(decay))), taken(broadcast(static_cast<float>(1.0 - decay))) {}
  Vec operator()(Vec old, Vec next) const { return fma(kept, old, taken * next); }
};

}  // namespace

Outcome penalty(const contract::PenaltyArguments& a, Workspace&) {
  double sizes = 0, squares = 0;
  for (int64_t i = 0; i < a.N; ++i) {
    const double p = a.parameter[i];
    sizes += std::abs(p);
    squares += p * p;
  }
  a.penalty[0] = a.weight[0] * (a.l1 * sizes + a.l2 * squares);
  if (!a.gradient) return {};
  const Vec push = broadcast(a.weight[0] * a.l1), pull = broadcast(2.0f * a.weight[0] * a.l2);
  for (int64_t i = 0; i < a.N; i += Vec::width) {
    const int64_t count = a.N - i;
    const Vec p = load(a.parameter + i, count);
    const Vec signedPush = select(p > zero(), push, select(zero() > p, zero() - push, zero()));
    store(a.gradient + i, load(a.gradient + i, count) + fma(pull, p, signedPush), count);
  }
  return {};
}

Outcome gradient_norm(const contract::GradientNormArguments& a, Workspace& workspace) {
  if (a.weight[0] == 0.0f) return {contract::Status::emptyBatch};
  constexpr int stride = 8;  // doubles: a cache line to each thread
  const int parts = partsFor(workspace, a.P, elementsPerPart);
  auto* sums = reinterpret_cast<double*>(workspace.scratch(scratch::partial, int64_t{2} * stride * parts));
  if (!sums) return outOfMemory;
  workspace.parallel(parts, [&](int part) {
    const Range range = share(a.P, parts, part, 16);
    sums[part * stride] = sumOfSquares(a.gradients + range.begin, range.count());
  });
  double total = 0;
  for (int part = 0; part < parts; ++part) total += sums[part * stride];
  const double norm = std::sqrt(total) / a.weight[0];
  a.norm[0] = norm;
  if (!std::isfinite(a.loss[0]) || !std::isfinite(a.weight[0]) || !std::isfinite(norm)) {
    return {contract::Status::nonFinite};
  }
  return {};
}

Outcome sgd(const contract::SgdArguments& a, Workspace& workspace) {
  const Vec momentum = broadcast(static_cast<float>(a.momentum));
  if (!a.velocity) {
    return eachParameter(a, workspace, [](const Step& step, Vec p) { return p - step.rate * step.g; });
  }
  return eachParameter(a, workspace, [&](const Step& step, Vec p) {
    const Vec move = step.rate * step.g;
    const Vec v = replace(a.velocity, step, [&](Vec old) { return momentum * old - move; });
    return a.nesterov ? p + (momentum * v - move) : p + v;
  });
}

Outcome rmsprop(const contract::RmspropArguments& a, Workspace& workspace) {
  const Mean mean(a.rho);
  const Vec epsilon = broadcast(static_cast<float>(a.epsilon)),
            momentum = broadcast(static_cast<float>(a.momentum));
  return eachParameter(a, workspace, [&](const Step& step, Vec p) {
    const Vec s = replace(a.meanSquare, step, [&](Vec old) { return mean(old, step.g * step.g); });
    const Vec move = step.rate * step.g / (squareRoot(s) + epsilon);
    if (!a.velocity) return p - move;
    return p - replace(a.velocity, step, [&](Vec old) { return fma(momentum, old, move); });
  });
}

Outcome adam(const contract::AdamArguments& a, Workspace& workspace) {
  const Mean first(a.beta1), second(a.beta2);
  const Vec epsilon = broadcast(static_cast<float>(a.epsilon));
  const Vec firstScale = broadcast(static_cast<float>(1.0 / (1.0 - std::pow(a.beta1, a.step))));
  const Vec secondScale = broadcast(static_cast<float>(1.0 / (1.0 - std::pow(a.beta2, a.step))));
  return eachParameter(a, workspace, [&](const Step& step, Vec p) {
    const Vec m = replace(a.firstMoment, step, [&](Vec old) { return first(old, step.g); });
    const Vec v = replace(a.secondMoment, step, [&](Vec old) { return second(old, step.g * step.g); });
    return p - step.rate * (m * firstScale) / (squareRoot(v * secondScale) + epsilon);
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
