#include "../simd/vector.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome gather(const contract::GatherArguments& a, Workspace& workspace) {
  const Outcome checked = checkIndices(a.indices, a.N, 0, a.V - 1);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.N, a.E, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      std::memcpy(a.y + n * a.E, a.table + a.indices[n] * a.E, a.E * sizeof(float));
    }
  });
  return {};
}

Outcome gather_backward(const contract::GatherBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkIndices(a.indices, a.N, 0, a.V - 1);
  if (!isOk(checked)) return checked;
  // Cut by columns: each sum is made by one thread, in the order of n.
  const int64_t vectors = (a.E + Vec::width - 1) / Vec::width;
  forShares(workspace, vectors, (a.N + a.V) * Vec::width, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * Vec::width, count = std::min(end * Vec::width, a.E) - first;
    for (int64_t v = 0; v < a.V; ++v) std::memset(a.dTable + v * a.E + first, 0, count * sizeof(float));
    for (int64_t n = 0; n < a.N; ++n) {
      float* row = a.dTable + a.indices[n] * a.E + first;
      map(row, a.dy + n * a.E + first, row, count, [](Vec sum, Vec dy) { return sum + dy; });
    }
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
