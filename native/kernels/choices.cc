#include <cmath>

#include "philox.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** The first position of the largest; a NaN is never larger. */
int64_t largest(const float* x, int64_t count) {
  int64_t best = 0;
  for (int64_t n = 1; n < count; ++n) {
    if (x[n] > x[best] || std::isnan(x[best])) best = n;
  }
  return best;
}

/** Walks the probabilities until their sum is above `uniform`. */
int64_t draw(const float* logits, int64_t count, float uniform) {
  const double shift = logits[largest(logits, count)];
  const auto weight = [&](int64_t n) { return std::exp(logits[n] - shift); };
  double total = 0;
  for (int64_t n = 0; n < count; ++n) total += weight(n);
  const double goal = uniform * total;
  double sum = 0;
  int64_t last = 0;
  for (int64_t n = 0; n < count; ++n) {
    const double w = weight(n);
    if (!(w > 0)) continue;
    sum += w;
    last = n;
    if (sum > goal) break;
  }
  return last;
}

}  // namespace

Outcome argmax(const contract::ArgmaxArguments& a, Workspace& workspace) {
  forShares(workspace, a.M, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) a.y[m] = static_cast<int32_t>(largest(a.x + m * a.N, a.N));
  });
  return {};
}

Outcome one_hot(const contract::OneHotArguments& a, Workspace& workspace) {
  const Outcome checked = checkIndices(a.indices, a.M, 0, a.N - 1);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.M, a.N, [&](int64_t begin, int64_t end) {
    std::memset(a.y + begin * a.N, 0, (end - begin) * a.N * sizeof(float));
    for (int64_t m = begin; m < end; ++m) a.y[m * a.N + a.indices[m]] = 1;
  });
  return {};
}

Outcome random_uniform(const contract::RandomUniformArguments& a, Workspace&) {
  const uint32_t seed = wordOf(a.seed), run = wordOf(a.run);
  uint64_t rows[philoxCalls], drawn[philoxCalls];
  for (int64_t n = 0; n < a.T * a.B; ++n) {
    const int64_t t = n / a.B, b = n % a.B;
    // One call a lane: the rows from b on.
    if (b % philoxCalls == 0) {
      for (int i = 0; i < philoxCalls; ++i) rows[i] = static_cast<uint64_t>(b + i);
      PhiloxWords random{
          {broadcastWide(0), broadcastWide(static_cast<uint32_t>(t)), loadWide(rows), broadcastWide(run)}};
      random.run(seed, static_cast<uint32_t>(a.site));
      storeWide(drawn, random.words[0]);
    }
    a.y[n] = static_cast<float>(static_cast<uint32_t>(drawn[b % philoxCalls]) >> 8) * 0x1p-24f;
  }
  return {};
}

Outcome sample_categorical(const contract::SampleCategoricalArguments& a, Workspace& workspace) {
  // An exponential in float64 costs about as much as touching this many elements, and each is taken twice.
  constexpr int64_t cost = 32;
  forShares(workspace, a.M, a.N * cost, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      a.y[m] = static_cast<int32_t>(draw(a.logits + m * a.N, a.N, a.uniform[m]));
    }
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
