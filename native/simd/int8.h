// Products of int8 numbers with exact int32 sums, four of them in each lane.
//
// Numbers lie between −127 and 127, never −128: their absolute values are int8, and the sum of two products
// is int16.
#pragma once
#include "vector.h"

namespace ostinato::OSTINATO_LEVEL {

/** As many int32 as Vec has lanes; sums wrap. */
struct Ints;

#if OSTINATO_LEVEL_ID == OSTINATO_ID_avx512

struct Ints {
  __m512i v;
};

inline Ints loadInts(const void* p) { return {_mm512_loadu_si512(p)}; }
inline void storeInts(void* p, Ints a) { _mm512_storeu_si512(p, a.v); }
inline void storeBytes(int8_t* p, Ints a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.v));
}
inline Ints broadcastInts(int32_t x) { return {_mm512_set1_epi32(x)}; }
inline Ints maximumOfBits(Ints a, Vec b) {
  return {_mm512_max_epi32(a.v, _mm512_castps_si512(absolute(b).v))};
}
inline Ints roundToInts(Vec a) { return {_mm512_cvtps_epi32(a.v)}; }
inline Vec toFloats(Ints a) { return {_mm512_cvtepi32_ps(a.v)}; }

/** Needs nothing beyond the level. */
struct PlainDot {
  struct Quad {
    __m512i magnitude;
    __mmask64 negative;
  };
  static Quad quad(const int8_t* x) {
    int32_t four;
    std::memcpy(&four, x, sizeof four);
    const __m512i all = _mm512_set1_epi32(four);
    return {_mm512_abs_epi8(all), _mm512_movepi8_mask(all)};
  }
  static Ints start(const void*) { return {_mm512_setzero_si512()}; }
  static Ints add(Ints sum, const Quad& x, const int8_t* weights) {
    const __m512i w = _mm512_loadu_si512(weights);
    const __m512i turned = _mm512_mask_sub_epi8(w, x.negative, _mm512_setzero_si512(), w);
    const __m512i pairs = _mm512_maddubs_epi16(x.magnitude, turned);
    return {_mm512_add_epi32(sum.v, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)))};
  }
};

/** VPDPBUSD multiplies unsigned by signed numbers: x + 128, corrected by where the sums start. */
struct InstructionDot {
  using Quad = __m512i;
  static Quad quad(const int8_t* x) {
    uint32_t four;
    std::memcpy(&four, x, sizeof four);
    return _mm512_set1_epi32(static_cast<int32_t>(four ^ 0x80808080u));
  }
  static Ints start(const void* corrections) { return loadInts(corrections); }
  static Ints add(Ints sum, const Quad& x, const int8_t* weights) {
    // Not an intrinsic: those can only be inlined where the whole function may use the extension.
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.v) : "v"(x), "m"(*reinterpret_cast<const __m512i*>(weights)));
    return sum;
  }
};

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_avx2

struct Ints {
  __m256i v;
};

inline Ints loadInts(const void* p) { return {_mm256_loadu_si256(static_cast<const __m256i*>(p))}; }
inline void storeInts(void* p, Ints a) { _mm256_storeu_si256(static_cast<__m256i*>(p), a.v); }
inline void storeBytes(int8_t* p, Ints a) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
}
inline Ints broadcastInts(int32_t x) { return {_mm256_set1_epi32(x)}; }
inline Ints maximumOfBits(Ints a, Vec b) {
  return {_mm256_max_epi32(a.v, _mm256_castps_si256(absolute(b).v))};
}
inline Ints roundToInts(Vec a) { return {_mm256_cvtps_epi32(a.v)}; }
inline Vec toFloats(Ints a) { return {_mm256_cvtepi32_ps(a.v)}; }

struct PlainDot {
  struct Quad {
    __m256i magnitude;
    __m256i signs;
  };
  static Quad quad(const int8_t* x) {
    int32_t four;
    std::memcpy(&four, x, sizeof four);
    const __m256i all = _mm256_set1_epi32(four);
    return {_mm256_abs_epi8(all), all};
  }
  static Ints start(const void*) { return {_mm256_setzero_si256()}; }
  static Ints add(Ints sum, const Quad& x, const int8_t* weights) {
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights));
    const __m256i pairs = _mm256_maddubs_epi16(x.magnitude, _mm256_sign_epi8(w, x.signs));
    return {_mm256_add_epi32(sum.v, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))};
  }
};
using InstructionDot = PlainDot;

#elif OSTINATO_LEVEL_ID == OSTINATO_ID_neon

struct Ints {
  int32x4_t v;
};

inline Ints loadInts(const void* p) { return {vld1q_s32(static_cast<const int32_t*>(p))}; }
inline void storeInts(void* p, Ints a) { vst1q_s32(static_cast<int32_t*>(p), a.v); }
inline void storeBytes(int8_t* p, Ints a) {
  const int16x4_t words = vmovn_s32(a.v);
  const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
  vst1_lane_s32(reinterpret_cast<int32_t*>(p), vreinterpret_s32_s8(bytes), 0);
}
inline Ints broadcastInts(int32_t x) { return {vdupq_n_s32(x)}; }
inline Ints maximumOfBits(Ints a, Vec b) { return {vmaxq_s32(a.v, vreinterpretq_s32_f32(absolute(b).v))}; }
inline Ints roundToInts(Vec a) { return {vcvtnq_s32_f32(a.v)}; }
inline Vec toFloats(Ints a) { return {vcvtq_f32_s32(a.v)}; }

struct PlainDot {
  using Quad = int8x16_t;
  static Quad quad(const int8_t* x) {
    int32_t four;
    std::memcpy(&four, x, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
  }
  static Ints start(const void*) { return {vdupq_n_s32(0)}; }
  static Ints add(Ints sum, const Quad& x, const int8_t* weights) {
    const int8x16_t w = vld1q_s8(weights);
    const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(x), vget_low_s8(w)));
    const int32x4_t high = vpaddlq_s16(vmull_s8(vget_high_s8(x), vget_high_s8(w)));
    return {vaddq_s32(sum.v, vpaddq_s32(low, high))};
  }
};

struct InstructionDot : PlainDot {
  static Ints add(Ints sum, const Quad& x, const int8_t* weights) {
    // Not an intrinsic: those can only be inlined where the whole function may use the extension.
    asm(".arch armv8.2-a+dotprod\n\tsdot %0.4s, %1.16b, %2.16b"
        : "+w"(sum.v)
        : "w"(vld1q_s8(weights)), "w"(x));
    return sum;
  }
};

#else

struct Ints {
  using Native = uint32_t __attribute__((vector_size(16)));
  Native v;
};

inline Ints loadInts(const void* p) {
  Ints a;
  std::memcpy(&a.v, p, sizeof(a.v));
  return a;
}
inline void storeInts(void* p, Ints a) { std::memcpy(p, &a.v, sizeof(a.v)); }
inline void storeBytes(int8_t* p, Ints a) {
  for (int i = 0; i < Vec::width; ++i) p[i] = static_cast<int8_t>(a.v[i]);
}
inline Ints broadcastInts(int32_t x) {
  const auto bits = static_cast<uint32_t>(x);
  return {Ints::Native{bits, bits, bits, bits}};
}
inline Ints maximumOfBits(Ints a, Vec b) {
  const Vec magnitude = absolute(b);
  const Ints bits = loadInts(&magnitude.v);
  return {a.v > bits.v ? a.v : bits.v};
}
/** |a| < 2²². */
inline Ints roundToInts(Vec a) {
  const Vec shifted = a + broadcast(0x1.8p23f);
  const Ints bits = loadInts(&shifted.v);
  return {bits.v - 0x4b400000u};
}
inline Vec toFloats(Ints a) {
  Vec result;
  for (int i = 0; i < Vec::width; ++i) result.v[i] = static_cast<float>(static_cast<int32_t>(a.v[i]));
  return result;
}

struct PlainDot {
  using Quad = const int8_t*;
  static Quad quad(const int8_t* x) { return x; }
  static Ints start(const void*) { return broadcastInts(0); }
  static Ints add(Ints sum, const Quad& x, const int8_t* weights) {
    for (int i = 0; i < Vec::width; ++i) {
      const int8_t* w = weights + 4 * i;
      sum.v[i] += static_cast<uint32_t>(x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3]);
    }
    return sum;
  }
};
using InstructionDot = PlainDot;

#endif

}  // namespace ostinato::OSTINATO_LEVEL
