// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
// easy as 1, 2, 3" (2011).
#pragma once
#include <cmath>
#include <cstdint>

namespace ostinato::OSTINATO_LEVEL {

struct Words {
  uint32_t w[4];
};

inline Words philox4x32(Words counter, uint32_t key0, uint32_t key1) {
  uint32_t(&c)[4] = counter.w;
  for (int round = 0; round < 10; ++round) {
    const uint64_t first = uint64_t{0xD2511F53} * c[0], second = uint64_t{0xCD9E8D57} * c[2];
    counter = {{static_cast<uint32_t>(second >> 32) ^ c[1] ^ key0, static_cast<uint32_t>(second),
                static_cast<uint32_t>(first >> 32) ^ c[3] ^ key1, static_cast<uint32_t>(first)}};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/** A run-time scalar as a word: modulo 2³², as JavaScript's >>> 0. */
inline uint32_t wordOf(double scalar) {
  if (!std::isfinite(scalar)) return 0;
  const double remainder = std::fmod(std::trunc(scalar), 0x1p32);
  return static_cast<uint32_t>(static_cast<int64_t>(remainder));
}

}  // namespace ostinato::OSTINATO_LEVEL
