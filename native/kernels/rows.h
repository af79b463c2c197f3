// Reductions over one row: the largest element, sums of products, and the normalizer of a softmax.
#pragma once
#include <limits>

#include "activations.h"

namespace ostinato::OSTINATO_LEVEL {

/** The largest element; what it is where there is a NaN does not matter, for the sum of exponentials is then
 * NaN. */
inline float rowMaximum(const float* x, int64_t count) {
  const Vec lowest = broadcast(-std::numeric_limits<float>::infinity());
  Vec most = lowest;
  int64_t i = 0;
  for (; i + Vec::width <= count; i += Vec::width) most = max(most, load(x + i));
  float result = maximum(most);
  for (; i < count; ++i) result = result > x[i] ? result : x[i];
  return result;
}

/** y[i] = exp(x[i] − shift), and their sum. y may be x. */
inline float exponentials(const float* x, float shift, int64_t count, float* y) {
  const Vec subtracted = broadcast(shift);
  Vec total = zero();
  int64_t i = 0;
  for (; i + Vec::width <= count; i += Vec::width) {
    const Vec e = exp(load(x + i) - subtracted);
    store(y + i, e);
    total = total + e;
  }
  float result = sum(total);
  if (i < count) {
    const int64_t rest = count - i;
    storePartial(y + i, exp(loadPartial(x + i, rest) - subtracted), rest);
    for (int64_t j = i; j < count; ++j) result += y[j];
  }
  return result;
}

/** Σ exp(x[i] − shift) */
inline float sumOfExponentials(const float* x, float shift, int64_t count) {
  const Vec subtracted = broadcast(shift);
  Vec total = zero();
  int64_t i = 0;
  for (; i + Vec::width <= count; i += Vec::width) total = total + exp(load(x + i) - subtracted);
  float result = sum(total);
  if (i < count) {
    float last[Vec::width];
    store(last, exp(loadPartial(x + i, count - i) - subtracted));
    for (int64_t j = 0; j < count - i; ++j) result += last[j];
  }
  return result;
}

/** Σ f(a[i], b[i]); f(0, 0) must be 0. */
template <typename Function>
inline float sumOf(const float* a, const float* b, int64_t count, Function&& f) {
  Vec total = zero();
  int64_t i = 0;
  for (; i + Vec::width <= count; i += Vec::width) total = total + f(load(a + i), load(b + i));
  if (i < count) total = total + f(loadPartial(a + i, count - i), loadPartial(b + i, count - i));
  return sum(total);
}

}  // namespace ostinato::OSTINATO_LEVEL
