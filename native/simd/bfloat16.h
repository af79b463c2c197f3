// Vectors of pairs of bfloat16, the first of a pair in the lower half of each 32-bit lane.
#pragma once
#include "vector.h"

namespace ostinato::OSTINATO_LEVEL {

#if OSTINATO_LEVEL_ID == OSTINATO_ID_avx512

/** The bits of the nearest bfloat16, ties to even, in the upper half of each lane; NaN stays NaN. */
inline __m512i roundedBits(Vec a) {
  const __m512i bits = _mm512_castps_si512(a.v);
  const __m512i even = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(even, _mm512_set1_epi32(0x7fff)));
  const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
  return _mm512_mask_blend_epi32(_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q), rounded, quiet);
}
inline void storeHalves(uint16_t* p, Vec a) {
  const __m256i halves = _mm512_cvtepi32_epi16(_mm512_srli_epi32(roundedBits(a), 16));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), halves);
}
inline void storePairs(void* p, Vec first, Vec second) {
  const __m512i upper = _mm512_and_si512(roundedBits(second), _mm512_set1_epi32(-0x10000));
  _mm512_storeu_si512(p, _mm512_or_si512(_mm512_srli_epi32(roundedBits(first), 16), upper));
}
inline Vec loadPairs(const void* p) { return {_mm512_loadu_ps(p)}; }
inline Vec firstOfPairs(Vec a) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a.v), 16))};
}
inline Vec secondOfPairs(Vec a) {
  return {_mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32(-0x10000)))};
}

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_avx2

inline __m256i roundedBits(Vec a) {
  const __m256i bits = _mm256_castps_si256(a.v);
  const __m256i even = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(even, _mm256_set1_epi32(0x7fff)));
  const __m256 quiet = _mm256_castsi256_ps(_mm256_or_si256(bits, _mm256_set1_epi32(0x400000)));
  const __m256 isNan = _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q);
  return _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(rounded), quiet, isNan));
}
inline void storeHalves(uint16_t* p, Vec a) {
  const __m256i halves = _mm256_srli_epi32(roundedBits(a), 16);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   _mm_packus_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)));
}
inline void storePairs(void* p, Vec first, Vec second) {
  const __m256i upper = _mm256_and_si256(roundedBits(second), _mm256_set1_epi32(-0x10000));
  _mm256_storeu_si256(static_cast<__m256i*>(p),
                      _mm256_or_si256(_mm256_srli_epi32(roundedBits(first), 16), upper));
}
inline Vec loadPairs(const void* p) { return {_mm256_loadu_ps(static_cast<const float*>(p))}; }
inline Vec firstOfPairs(Vec a) {
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a.v), 16))};
}
inline Vec secondOfPairs(Vec a) {
  return {_mm256_castsi256_ps(_mm256_and_si256(_mm256_castps_si256(a.v), _mm256_set1_epi32(-0x10000)))};
}

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_neon

inline uint32x4_t roundedBits(Vec a) {
  const uint32x4_t bits = vreinterpretq_u32_f32(a.v);
  const uint32x4_t even = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t rounded = vaddq_u32(bits, vaddq_u32(even, vdupq_n_u32(0x7fff)));
  return vbslq_u32(vceqq_f32(a.v, a.v), rounded, vorrq_u32(bits, vdupq_n_u32(0x400000)));
}
inline void storeHalves(uint16_t* p, Vec a) { vst1_u16(p, vshrn_n_u32(roundedBits(a), 16)); }
inline void storePairs(void* p, Vec first, Vec second) {
  const uint32x4_t lower = vshrq_n_u32(roundedBits(first), 16);
  vst1q_u32(static_cast<uint32_t*>(p), vbslq_u32(vdupq_n_u32(0xffff0000u), roundedBits(second), lower));
}
inline Vec loadPairs(const void* p) {
  return {vreinterpretq_f32_u32(vld1q_u32(static_cast<const uint32_t*>(p)))};
}
inline Vec firstOfPairs(Vec a) {
  return {vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(a.v), 16))};
}
inline Vec secondOfPairs(Vec a) {
  return {vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(a.v), vdupq_n_u32(0xffff0000u)))};
}

#else

using Words = uint32_t __attribute__((vector_size(16)));

inline Words wordsOf(Vec a) {
  Words words;
  std::memcpy(&words, &a.v, sizeof words);
  return words;
}
inline Vec vecOf(Words words) {
  Vec a;
  std::memcpy(&a.v, &words, sizeof words);
  return a;
}
inline Words roundedBits(Vec a) {
  const Words bits = wordsOf(a);
  const Words rounded = bits + ((bits >> 16 & 1u) + 0x7fffu);
  return a.v == a.v ? rounded : bits | 0x400000u;
}
inline void storeHalves(uint16_t* p, Vec a) {
  const Words bits = roundedBits(a);
  for (int i = 0; i < Vec::width; ++i) p[i] = static_cast<uint16_t>(bits[i] >> 16);
}
inline void storePairs(void* p, Vec first, Vec second) {
  const Words pairs = (roundedBits(first) >> 16) | (roundedBits(second) & 0xffff0000u);
  std::memcpy(p, &pairs, sizeof pairs);
}
inline Vec loadPairs(const void* p) {
  Vec a;
  std::memcpy(&a.v, p, sizeof(a.v));
  return a;
}
inline Vec firstOfPairs(Vec a) { return vecOf(wordsOf(a) << 16); }
inline Vec secondOfPairs(Vec a) { return vecOf(wordsOf(a) & 0xffff0000u); }

#endif

/** One pair in all lanes. */
inline Vec broadcastPair(const void* p) {
  float pair;
  std::memcpy(&pair, p, sizeof pair);
  return broadcast(pair);
}

}  // namespace ostinato::OSTINATO_LEVEL
