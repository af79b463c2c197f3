#include <bit>
#include <cstring>

#include "../simd/vector.h"
#include "philox.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

struct Dropout {
  const contract::DropoutArguments& a;
  uint32_t highestDropped;  // random words up to this one drop their element
  float scale;
  uint32_t seed, run, site;

  /** Step n = t · B + b. */
  void step(int64_t n) const {
    constexpr int64_t words = 4, taken = words * philoxCalls;
    const float* x = a.x + n * a.F;
    float* y = a.y + n * a.F;
    const Wide t = broadcastWide(static_cast<uint32_t>(n / a.B)),
               b = broadcastWide(static_cast<uint32_t>(n % a.B));
    uint64_t indices[philoxCalls], drawn[words][philoxCalls];
    for (int64_t f = 0; f < a.F; f += taken) {
      for (int i = 0; i < philoxCalls; ++i) indices[i] = static_cast<uint64_t>(f / words + i);
      PhiloxWords random{{loadWide(indices), t, b, broadcastWide(run)}};
      random.run(seed, site);
      for (int w = 0; w < words; ++w) storeWide(drawn[w], random.words[w]);
      const int64_t count = std::min(taken, a.F - f);
      for (int64_t i = 0; i < count; ++i) {
        // A product with 0 or 1 would keep NaN and infinity of what is dropped; a branch here is a coin toss.
        const uint32_t mask =
            -static_cast<uint32_t>(static_cast<uint32_t>(drawn[i % words][i / words]) > highestDropped);
        y[f + i] = std::bit_cast<float>(std::bit_cast<uint32_t>(x[f + i] * scale) & mask);
      }
    }
  }
};

}  // namespace

Outcome dropout(const contract::DropoutArguments& a, Workspace& workspace) {
  // A random word costs about as much as touching this many elements.
  constexpr int64_t cost = 4;
  const double bound = std::floor(a.rate * 0x1p32);
  if (!(bound > 0)) {
    forShares(workspace, a.T * a.B * a.F, 1, [&](int64_t begin, int64_t end) {
      if (a.x != a.y) std::memcpy(a.y + begin, a.x + begin, (end - begin) * sizeof(float));
    });
    return {};
  }
  const Dropout dropout{a,
                        static_cast<uint32_t>(std::min(bound, 0x1p32) - 1),
                        static_cast<float>(1.0 / (1.0 - a.rate)),
                        wordOf(a.seed),
                        wordOf(a.run),
                        static_cast<uint32_t>(a.site)};
  forShares(workspace, a.T * a.B, a.F * cost, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) dropout.step(n);
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
