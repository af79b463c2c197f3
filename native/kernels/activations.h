// exp, tanh and sigmoid of a vector. Every SIMD backend uses these formulas; NaN gives NaN.
#pragma once
#include "../simd/vector.h"

namespace ostinato::OSTINATO_LEVEL {

namespace exponential {
// n = round(x ∕ ln 2) is found by adding a number so large that the sum has no fraction bits: its low bits
// are then n + 127, and shifted into the exponent field they are 2ⁿ.
inline constexpr float magic = 0x1.8p23f + 127;
inline constexpr float log2e = 0x1.715476p+0f;
// ln 2 in two parts; the first has so few bits that n times it is exact even without FMA (Cephes, expf.c).
inline constexpr float ln2High = 0x1.63p-1f;
inline constexpr float ln2Low = -0x1.bd0106p-13f;

/** eˣ ∕ 2ⁿ as eʳ = 1 + r + r² q(r), |r| ≤ ln 2 ∕ 2; q fitted for the least relative error (0.04 · 2⁻²⁴). */
inline Vec mantissa(Vec x, Vec n) {
  const Vec r = fma(n, broadcast(-ln2Low), fma(n, broadcast(-ln2High), x));
  Vec q = broadcast(0x1.6ae0dep-10f);
  q = fma(q, r, broadcast(0x1.126e4cp-7f));
  q = fma(q, r, broadcast(0x1.555840p-5f));
  q = fma(q, r, broadcast(0x1.55540cp-3f));
  q = fma(q, r, broadcast(0x1.fffffcp-2f));
  q = fma(q, r, broadcast(1.0f));
  return fma(q, r, broadcast(1.0f));
}
}  // namespace exponential

/** eˣ: +∞ above 88.72, below −87.34 denormal (or 0 where denormals are flushed), 0 below −103.97. */
inline Vec exp(Vec x) {
  using namespace exponential;
  x = max(broadcast(-104.0f), min(broadcast(89.0f), x));
  const Vec n = fma(x, broadcast(log2e), broadcast(magic)) - broadcast(magic);
  // 2ⁿ may be outside the range of one exponent field, so it is applied in two halves.
  const Vec half = fma(n, broadcast(0.5f), broadcast(magic));
  const Vec rest = n - (half - broadcast(magic)) + broadcast(magic);
  return mantissa(x, n) * shiftToExponent(half) * shiftToExponent(rest);
}

/** σ(x) from e = exp(−|x|) ≤ 1, which keeps relative accuracy on both sides. */
inline Vec sigmoid(Vec x) {
  using namespace exponential;
  // e⁻⁸⁷ is still a normal number: one scaling is enough.
  const Vec negative = max(broadcast(-87.0f), zero() - absolute(x));
  const Vec shifted = fma(negative, broadcast(log2e), broadcast(magic));
  const Vec e = mantissa(negative, shifted - broadcast(magic)) * shiftToExponent(shifted);
  const Vec r = broadcast(1.0f) / (broadcast(1.0f) + e);
  return select(x > zero(), r, e * r);
}

/** The first x where the formula below gives 1, with FMA and without. */
inline constexpr float tanhBound = levelId == OSTINATO_ID_scalar ? 7.84116554f : 8.01043224f;

/** tanh(x) = x · p(x²) ∕ q(x²), a 9/8 rational fitted for the least relative error on |x| ≤ 8.7. */
inline Vec tanh(Vec x) {
  x = max(broadcast(-tanhBound), min(broadcast(tanhBound), x));
  const Vec s = x * x;
  Vec p = broadcast(0x1.dfbbb8p-27f);
  p = fma(p, s, broadcast(0x1.610e40p-16f));
  p = fma(p, s, broadcast(0x1.cda0a4p-9f));
  p = fma(p, s, broadcast(0x1.127f72p-3f));
  p = fma(p, s * x, x);
  Vec q = broadcast(0x1.aec788p-21f);
  q = fma(q, s, broadcast(0x1.5d0ba0p-12f));
  q = fma(q, s, broadcast(0x1.a99c60p-6f));
  q = fma(q, s, broadcast(0x1.de9508p-2f));
  q = fma(q, s, broadcast(1.0f));
  return p / q;
}

/** 0 where x is negative, else x: NaN stays. Not max: the levels differ in what it makes of NaN. */
inline Vec relu(Vec x) { return select(zero() > x, zero(), x); }

}  // namespace ostinato::OSTINATO_LEVEL
