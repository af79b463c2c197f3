// One vector of float32, the same interface on every CPU level. Code written with it is compiled once per
// level.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#define OSTINATO_ID_scalar 0
#define OSTINATO_ID_neon 1
#define OSTINATO_ID_avx2 2
#define OSTINATO_ID_avx512 3
#define OSTINATO_JOIN_(a, b) a##b
#define OSTINATO_JOIN(a, b) OSTINATO_JOIN_(a, b)
#define OSTINATO_LEVEL_ID OSTINATO_JOIN(OSTINATO_ID_, OSTINATO_LEVEL)

#if OSTINATO_LEVEL_ID >= OSTINATO_ID_avx2
#if defined(__GNUC__) && !defined(__clang__)
// The AVX-512 intrinsics of GCC 12 start from variables that they leave uninitialized on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif
#elif OSTINATO_LEVEL_ID == OSTINATO_ID_neon
#include <arm_neon.h>
#endif

namespace ostinato::OSTINATO_LEVEL {

inline constexpr int levelId = OSTINATO_LEVEL_ID;

// max and min keep a NaN in their second operand, so clamp(x) written max(low, min(high, x)) lets NaN
// through. loadPartial fills with zeros and touches nothing beyond its count; 0 ≤ count ≤ width.

#if OSTINATO_LEVEL_ID == OSTINATO_ID_avx512

struct Vec {
  static constexpr int width = 16;
  static constexpr int registers = 32;
  __m512 v;
};
using Mask = __mmask16;

inline Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline void store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
inline Mask firstLanes(int64_t count) { return static_cast<Mask>((1u << count) - 1); }
inline Vec loadPartial(const float* p, int64_t count) {
  return {_mm512_maskz_loadu_ps(firstLanes(count), p)};
}
inline void storePartial(float* p, Vec a, int64_t count) { _mm512_mask_storeu_ps(p, firstLanes(count), a.v); }
inline Vec broadcast(float x) { return {_mm512_set1_ps(x)}; }
inline Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec squareRoot(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
inline Vec absolute(Vec a) { return {_mm512_abs_ps(a.v)}; }
inline Mask operator>(Vec a, Vec b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ); }
inline Vec select(Mask m, Vec a, Vec b) { return {_mm512_mask_blend_ps(m, b.v, a.v)}; }
inline Vec shiftToExponent(Vec a) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a.v), 23))};
}

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_avx2

struct Vec {
  static constexpr int width = 8;
  static constexpr int registers = 16;
  __m256 v;
};
struct Mask {
  __m256 v;
};

inline Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
inline __m256i firstLanes(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline Vec loadPartial(const float* p, int64_t count) { return {_mm256_maskload_ps(p, firstLanes(count))}; }
inline void storePartial(float* p, Vec a, int64_t count) { _mm256_maskstore_ps(p, firstLanes(count), a.v); }
inline Vec broadcast(float x) { return {_mm256_set1_ps(x)}; }
inline Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec squareRoot(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
inline Vec absolute(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Mask operator>(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
inline Vec select(Mask m, Vec a, Vec b) { return {_mm256_blendv_ps(b.v, a.v, m.v)}; }
inline Vec shiftToExponent(Vec a) {
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a.v), 23))};
}

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_neon

struct Vec {
  static constexpr int width = 4;
  static constexpr int registers = 32;
  float32x4_t v;
};
struct Mask {
  uint32x4_t v;
};

inline Vec load(const float* p) { return {vld1q_f32(p)}; }
inline void store(float* p, Vec a) { vst1q_f32(p, a.v); }
inline Vec broadcast(float x) { return {vdupq_n_f32(x)}; }
inline Vec operator+(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline Vec max(Vec a, Vec b) { return {vmaxq_f32(a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {vminq_f32(a.v, b.v)}; }
inline Vec squareRoot(Vec a) { return {vsqrtq_f32(a.v)}; }
inline Vec absolute(Vec a) { return {vabsq_f32(a.v)}; }
inline Mask operator>(Vec a, Vec b) { return {vcgtq_f32(a.v, b.v)}; }
inline Vec select(Mask m, Vec a, Vec b) { return {vbslq_f32(m.v, a.v, b.v)}; }
inline Vec shiftToExponent(Vec a) {
  return {vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(a.v), 23))};
}

#else

// Without intrinsics: a vector type that GCC and Clang lower to whatever the machine has.
struct Vec {
  static constexpr int width = 4;
  static constexpr int registers = 16;
  using Native = float __attribute__((vector_size(16)));
  Native v;
};
struct Mask {
  int32_t __attribute__((vector_size(16))) v;
};

inline Vec load(const float* p) {
  Vec a;
  std::memcpy(&a.v, p, sizeof(a.v));
  return a;
}
inline void store(float* p, Vec a) { std::memcpy(p, &a.v, sizeof(a.v)); }
inline Vec broadcast(float x) { return {Vec::Native{x, x, x, x}}; }
inline Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
inline Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
inline Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
inline Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
inline Vec max(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
inline Vec min(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
inline Vec squareRoot(Vec a) {
  for (int i = 0; i < Vec::width; ++i) a.v[i] = std::sqrt(a.v[i]);
  return a;
}
inline Mask operator>(Vec a, Vec b) { return {a.v > b.v}; }
inline Vec select(Mask m, Vec a, Vec b) { return {m.v ? a.v : b.v}; }
inline Vec bitwiseAnd(Vec a, uint32_t bits) {
  uint32_t __attribute__((vector_size(16))) words;
  std::memcpy(&words, &a.v, sizeof(words));
  words &= bits;
  std::memcpy(&a.v, &words, sizeof(words));
  return a;
}
inline Vec absolute(Vec a) { return bitwiseAnd(a, 0x7fffffffu); }
inline Vec shiftToExponent(Vec a) {
  uint32_t __attribute__((vector_size(16))) words;
  std::memcpy(&words, &a.v, sizeof(words));
  words <<= 23;
  std::memcpy(&a.v, &words, sizeof(words));
  return a;
}

#endif

#if OSTINATO_LEVEL_ID < OSTINATO_ID_avx2
inline Vec loadPartial(const float* p, int64_t count) {
  float lanes[Vec::width] = {};
  for (int64_t i = 0; i < count; ++i) lanes[i] = p[i];
  return load(lanes);
}
inline void storePartial(float* p, Vec a, int64_t count) {
  float lanes[Vec::width];
  store(lanes, a);
  for (int64_t i = 0; i < count; ++i) p[i] = lanes[i];
}
#endif

inline Vec zero() { return broadcast(0.0f); }

/** `count` lanes, all of them where count ≥ width. */
inline Vec load(const float* p, int64_t count) {
  return count >= Vec::width ? load(p) : loadPartial(p, count);
}
inline void store(float* p, Vec a, int64_t count) {
  if (count >= Vec::width) return store(p, a);
  storePartial(p, a, count);
}

/** Sum of all lanes, in a fixed order. */
inline float sum(Vec a) {
  float lanes[Vec::width];
  store(lanes, a);
  for (int half = Vec::width / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

inline float maximum(Vec a) {
  float lanes[Vec::width];
  store(lanes, a);
  for (int i = 1; i < Vec::width; ++i) lanes[0] = lanes[0] > lanes[i] ? lanes[0] : lanes[i];
  return lanes[0];
}

/** y[i] = f(x[i]) for one array; f maps Vec to Vec. y may be x. */
template <typename Function>
inline void map(const float* x, float* y, int64_t count, Function&& f) {
  int64_t i = 0;
  for (; i + Vec::width <= count; i += Vec::width) store(y + i, f(load(x + i)));
  if (i < count) storePartial(y + i, f(loadPartial(x + i, count - i)), count - i);
}

/** y[i] = f(a[i], b[i]). y may be a or b. */
template <typename Function>
inline void map(const float* a, const float* b, float* y, int64_t count, Function&& f) {
  int64_t i = 0;
  for (; i + Vec::width <= count; i += Vec::width) store(y + i, f(load(a + i), load(b + i)));
  if (i < count) {
    const int64_t rest = count - i;
    storePartial(y + i, f(loadPartial(a + i, rest), loadPartial(b + i, rest)), rest);
  }
}

}  // namespace ostinato::OSTINATO_LEVEL
