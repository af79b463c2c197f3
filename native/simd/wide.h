// Vectors of 64-bit lanes, of which multiplication reads the lower halves: what the random generator needs.
#pragma once
#include "vector.h"

namespace ostinato::OSTINATO_LEVEL {

#if OSTINATO_LEVEL_ID == OSTINATO_ID_avx512

struct Wide {
  static constexpr int width = 8;
  __m512i v;
};

inline Wide broadcastWide(uint64_t x) { return {_mm512_set1_epi64(static_cast<int64_t>(x))}; }
inline Wide loadWide(const uint64_t* p) { return {_mm512_loadu_si512(p)}; }
inline void storeWide(uint64_t* p, Wide a) { _mm512_storeu_si512(p, a.v); }
inline Wide operator^(Wide a, Wide b) { return {_mm512_xor_si512(a.v, b.v)}; }
inline Wide multiplyLower(Wide a, Wide b) { return {_mm512_mul_epu32(a.v, b.v)}; }
inline Wide upper(Wide a) { return {_mm512_srli_epi64(a.v, 32)}; }

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_avx2

struct Wide {
  static constexpr int width = 4;
  __m256i v;
};

inline Wide broadcastWide(uint64_t x) { return {_mm256_set1_epi64x(static_cast<int64_t>(x))}; }
inline Wide loadWide(const uint64_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
inline void storeWide(uint64_t* p, Wide a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
inline Wide operator^(Wide a, Wide b) { return {_mm256_xor_si256(a.v, b.v)}; }
inline Wide multiplyLower(Wide a, Wide b) { return {_mm256_mul_epu32(a.v, b.v)}; }
inline Wide upper(Wide a) { return {_mm256_srli_epi64(a.v, 32)}; }

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_neon

struct Wide {
  static constexpr int width = 2;
  uint64x2_t v;
};

inline Wide broadcastWide(uint64_t x) { return {vdupq_n_u64(x)}; }
inline Wide loadWide(const uint64_t* p) { return {vld1q_u64(p)}; }
inline void storeWide(uint64_t* p, Wide a) { vst1q_u64(p, a.v); }
inline Wide operator^(Wide a, Wide b) { return {veorq_u64(a.v, b.v)}; }
inline Wide multiplyLower(Wide a, Wide b) { return {vmull_u32(vmovn_u64(a.v), vmovn_u64(b.v))}; }
inline Wide upper(Wide a) { return {vshrq_n_u64(a.v, 32)}; }

#else

struct Wide {
  static constexpr int width = 1;
  uint64_t v;
};

inline Wide broadcastWide(uint64_t x) { return {x}; }
inline Wide loadWide(const uint64_t* p) { return {*p}; }
inline void storeWide(uint64_t* p, Wide a) { *p = a.v; }
inline Wide operator^(Wide a, Wide b) { return {a.v ^ b.v}; }
inline Wide multiplyLower(Wide a, Wide b) { return {(a.v & 0xffffffffu) * (b.v & 0xffffffffu)}; }
inline Wide upper(Wide a) { return {a.v >> 32}; }

#endif

}  // namespace ostinato::OSTINATO_LEVEL
