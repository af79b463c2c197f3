#include "../runtime/blas.h"
#include "backward.h"
#include "zeros.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** op(a) [M, K] · op(b) [K, N]; leading: elements between rows as they lie in memory. */
struct LargeProduct {
  int64_t M, K, N;
  const float* a;
  int64_t leadingA;
  bool transposeA;
  const float* b;
  int64_t leadingB;
  bool transposeB;
  const float* bias;
  float* y;

  /**
   * Our own products are as fast as those of a BLAS or faster while the operands stay in cache; where they do
   * not, a BLAS is, if there is one. It runs on each thread alone, with a share of the longer side of y, and
   * in calls of some tens of milliseconds, between which an abort is heard.
   */
  bool run(Workspace& workspace) const {
    constexpr int64_t fewest = 64, large = 1 << 20, multiplyAddsPerCall = int64_t{1} << 30;
    const Blas* blas = workspace.blas();
    if (!blas || std::min({M, K, N}) < fewest || std::max({M * K, K * N, M * N}) < large) return false;
    const int parts = partsFor(workspace, M * K * N, multiplyAddsPerPart);
    workspace.parallel(parts, [&](int part) {
      const bool byRows = M >= N;
      const Range all = share(byRows ? M : N, parts, part, 16);
      const int64_t calls = 1 + all.count() * K * std::min(M, N) / multiplyAddsPerCall;
      for (int64_t i = 0; i < calls && !workspace.aborted(); ++i) {
        const Range taken{all.begin + all.count() * i / calls, all.begin + all.count() * (i + 1) / calls};
        if (taken.count() == 0) continue;
        runPart(*blas, byRows ? taken : Range{0, M}, byRows ? Range{0, N} : taken);
      }
    });
    return true;
  }

 private:
  void runPart(const Blas& blas, Range rows, Range columns) const {
    float* target = y + rows.begin * N + columns.begin;
    for (int64_t row = 0; bias && row < rows.count(); ++row) {
      std::memcpy(target + row * N, bias + columns.begin, sizeof(float) * columns.count());
    }
    const auto length = [](int64_t n) { return static_cast<int>(n); };
    blas.sgemm(Blas::rowMajor, transposeA ? Blas::transpose : Blas::noTranspose,
               transposeB ? Blas::transpose : Blas::noTranspose, length(rows.count()),
               length(columns.count()), length(K), 1.0f, a + rows.begin * (transposeA ? 1 : leadingA),
               length(leadingA), b + columns.begin * (transposeB ? leadingB : 1), length(leadingB),
               bias ? 1.0f : 0.0f, target, length(N));
  }
};

}  // namespace

Outcome matmul(const contract::MatmulArguments& a, Workspace& workspace) {
  if (isReduced(a.precision)) return matmulReduced(a, workspace);
  if (LargeProduct{a.M, a.K, a.N, a.a, a.K, false, a.b, a.N, false, a.bias, a.y}.run(workspace)) return {};
  const int64_t elements = panelElements(plainColumns(a.N).vectors(), plainVectors, a.K);
  const float* panels = workspace.panels(a.b, role::plain, a.K, a.N, elements, packPlain);
  ZeroRows zeros;
  if (!panels || !zeros.find(workspace, a.a, a.M, a.K, a.N)) return outOfMemory;
  multiplyPanels(workspace, a.a, a.K, zeros.list(), plainDepth(a.K), panels, a.N, a.bias, a.y);
  zeros.fill(workspace, a.y, a.N);
  return {};
}

Outcome matmul_transpose_a(const contract::MatmulTransposeAArguments& a, Workspace& workspace) {
  if (!isReduced(a.precision) &&
      LargeProduct{a.M, a.K, a.N, a.a, a.M, true, a.b, a.N, false, nullptr, a.y}.run(workspace))
    return {};
  const bool done =
      multiplyTransposed(workspace, a.a, a.M, a.M, a.b, a.N, plainColumns(a.N), {a.K}, a.y, a.N, a.precision);
  return done ? Outcome{} : outOfMemory;
}

Outcome matmul_transpose_b(const contract::MatmulTransposeBArguments& a, Workspace& workspace) {
  if (!isReduced(a.precision) &&
      LargeProduct{a.M, a.K, a.N, a.a, a.K, false, a.b, a.K, true, nullptr, a.y}.run(workspace))
    return {};
  const Transposed weights = transpose<plainColumns, 1>(workspace, a.b, a.N, a.K, a.precision);
  ZeroRows zeros;
  if (!zeros.find(workspace, a.a, a.M, a.K, a.N) ||
      !multiplyRows(workspace, a.a, a.K, zeros.list(), plainDepth(a.K), weights, a.N, a.y))
    return outOfMemory;
  zeros.fill(workspace, a.y, a.N);
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
