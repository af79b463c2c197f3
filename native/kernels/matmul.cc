#include "product.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

Outcome matmul(const contract::MatmulArguments& a, Workspace& workspace) {
  const int64_t elements = panelElements(plainColumns(a.N).vectors(), plainVectors, a.K);
  const float* panels = workspace.panels(a.b, role::plain, a.K, a.N, elements, packPlain);
  if (!panels) return outOfMemory;
  multiplyPanels(workspace, a.a, a.K, a.M, plainDepth(a.K), panels, a.N, a.bias, a.y);
  return {};
}

Outcome matmul_transpose_a(const contract::MatmulTransposeAArguments& a, Workspace& workspace) {
  const bool done =
      multiplyTransposed(workspace, a.a, a.M, a.M, a.b, a.N, plainColumns(a.N), {a.K, nullptr}, a.y, a.N);
  return done ? Outcome{} : outOfMemory;
}

Outcome matmul_transpose_b(const contract::MatmulTransposeBArguments& a, Workspace& workspace) {
  const int64_t elements = transposedElements(a.N, plainColumns(a.K));
  const float* panels = workspace.panels(a.b, role::plainTransposed, a.N, a.K, elements, packPlainTransposed);
  if (!panels) return outOfMemory;
  multiplyPanels(workspace, a.a, a.K, a.M, plainDepth(a.K), panels, a.N, nullptr, a.y);
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
