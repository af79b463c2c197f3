#include "reduced.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome matmulReduced(const contract::MatmulArguments& a, Workspace& workspace) {
  return withFormat(a.precision, [&](auto format) {
    using Weights = ReducedWeights<decltype(format), reducedVectors>;
    const auto weights = Weights::template pack<plainColumns, 1>(workspace, a.b, a.K, a.N);
    const bool done = multiplyReduced(workspace, a.a, a.K, {a.M}, plainDepth(a.K), weights, a.N, a.bias, a.y);
    return done ? Outcome{} : outOfMemory;
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
