// Time axes of another length.
#include <cstring>

#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome resize_time(const contract::ResizeTimeArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, std::max(a.T, a.S));
  if (!isOk(checked)) return checked;
  forShares(workspace, a.S * a.B, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const int64_t t = n / a.B;
      if (t < a.T && !isMasked(a.lengths, n % a.B, t))
        std::memcpy(a.y + n * a.N, a.x + n * a.N, a.N * sizeof(float));
      else
        std::memset(a.y + n * a.N, 0, a.N * sizeof(float));
    }
  });
  return {};
}

Outcome part_lengths(const contract::PartLengthsArguments& a, Workspace&) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  for (int64_t d = 0; d < a.D; ++d) {
    for (int64_t b = 0; b < a.B; ++b) {
      const int64_t left = (a.lengths ? a.lengths[b] : a.T) - d;
      a.y[d * a.B + b] = static_cast<int32_t>(left > 0 ? (left - 1) / a.D + 1 : 0);
    }
  }
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
