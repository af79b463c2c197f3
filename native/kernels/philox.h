// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
// easy as 1, 2, 3" (2011).
#pragma once
#include <cmath>

#include "../simd/wide.h"

namespace ostinato::OSTINATO_LEVEL {

/** Calls of the generator that run side by side, one a lane. */
inline constexpr int philoxCalls = Wide::width;

/** Four words of each call: the counters, and in their place the random words. Only lower halves of lanes
 * count. */
struct PhiloxWords {
  Wide words[4];

  void run(uint32_t key0, uint32_t key1) {
    const Wide multiplier0 = broadcastWide(0xD2511F53), multiplier1 = broadcastWide(0xCD9E8D57);
    for (int round = 0; round < 10; ++round) {
      const Wide first = multiplyLower(words[0], multiplier0), second = multiplyLower(words[2], multiplier1);
      words[0] = upper(second) ^ words[1] ^ broadcastWide(key0);
      words[1] = second;
      words[2] = upper(first) ^ words[3] ^ broadcastWide(key1);
      words[3] = first;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
  }
};

/** A run-time scalar as a word: modulo 2³², as JavaScript's >>> 0. */
inline uint32_t wordOf(double scalar) {
  if (!std::isfinite(scalar)) return 0;
  const double remainder = std::fmod(std::trunc(scalar), 0x1p32);
  return static_cast<uint32_t>(static_cast<int64_t>(remainder));
}

}  // namespace ostinato::OSTINATO_LEVEL
