#include <cstring>

#include "../simd/vector.h"
#include "philox.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome dropout(const contract::DropoutArguments& a, Workspace& workspace) {
  constexpr int64_t words = 4;
  // A generator call costs about as much as touching this many elements.
  constexpr int64_t cost = 8;
  const double bound = std::floor(a.rate * 0x1p32);
  const uint64_t threshold = bound > 0 ? static_cast<uint64_t>(std::min(bound, 0x1p32)) : 0;
  const float scale = static_cast<float>(1.0 / (1.0 - a.rate));
  const uint32_t seed = wordOf(a.seed), run = wordOf(a.run), site = static_cast<uint32_t>(a.site);
  forShares(workspace, a.T * a.B, a.F * (threshold > 0 ? cost : 1), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float* x = a.x + n * a.F;
      float* y = a.y + n * a.F;
      if (threshold == 0) {
        if (x != y) std::memcpy(y, x, a.F * sizeof(float));
        continue;
      }
      const auto t = static_cast<uint32_t>(n / a.B), b = static_cast<uint32_t>(n % a.B);
      for (int64_t f = 0; f < a.F; f += words) {
        const Words random = philox4x32({{static_cast<uint32_t>(f / words), t, b, run}}, seed, site);
        for (int64_t i = 0; i < std::min(words, a.F - f); ++i) {
          y[f + i] = random.w[i] >= threshold ? x[f + i] * scale : 0.0f;
        }
      }
    }
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
