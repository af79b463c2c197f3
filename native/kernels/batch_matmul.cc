// Products of many pairs of small matrices. The right one of a pair is packed, and serves all rows of the
// left.
#include "product.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** op(a) [L, M, K] · op(b) [L, K, N]; transposed, a lies as [L, K, M] and b as [L, N, K]. */
struct BatchProduct {
  int64_t L, M, K, N;
  const float* a;
  bool transposeA;
  const float* b;
  bool transposeB;
  float* y;

  Outcome run(Workspace& workspace) const {
    const int64_t elements = panelElements(plainColumns(N).vectors(), plainVectors, K);
    const int parts = partsFor(workspace, L * M * K * N, multiplyAddsPerPart);
    float* packed = workspace.scratch(scratch::packedRight, elements * parts);
    if (!packed) return outOfMemory;
    workspace.parallel(parts, [&](int part) {
      // Cut anywhere between rows: a pair that two parts share is packed by both.
      const Range rows = share(L * M, parts, part, plainRows);
      for (int64_t begin = rows.begin; begin < rows.end && !workspace.aborted();) {
        const int64_t pair = begin / M, end = std::min(rows.end, (pair + 1) * M);
        multiplyPair(pair, {begin - pair * M, end - pair * M}, packed + part * elements);
        begin = end;
      }
    });
    return {};
  }

 private:
  void multiplyPair(int64_t pair, Range rows, float* panels) const {
    const float *left = a + pair * M * K, *right = b + pair * K * N;
    if (transposeB)
      packTransposed(right, N, K, plainColumns(K), panels, {0, 1});
    else
      packPlain(right, K, N, panels, {0, 1});
    const int64_t rowStride = transposeA ? 1 : K, step = transposeA ? M : 1;
    for (int64_t first = 0; first < N; first += panelLanes, panels += panelLanes * K) {
      const int64_t vectors = (std::min(N - first, panelLanes) + Vec::width - 1) / Vec::width;
      withVectors<plainVectors>(vectors, [&](auto count) {
        multiplyPanel<count>(left, rowStride, step, rows, panels, y + pair * M * N, first);
      });
    }
  }

  template <int vectors>
  void multiplyPanel(const float* left, int64_t rowStride, int64_t step, Range rows, const float* panel,
                     float* target, int64_t first) const {
    forRowTiles<tileBudget / vectors>(rows.begin, rows.end, [&](int64_t at, auto count) {
      constexpr int n = count;
      Tile<n, vectors> tile;
      clear(tile);
      multiply(tile, panel, panelLanes, K,
               [&](int r, int64_t k) { return left + (at + r) * rowStride + k * step; });
      for (int r = 0; r < n; ++r) {
        for (int v = 0; v < vectors; ++v) {
          const int64_t column = first + v * Vec::width;
          store(target + (at + r) * N + column, tile.sum[r][v], N - column);
        }
      }
    });
  }
};

}  // namespace

Outcome batch_matmul(const contract::BatchMatmulArguments& a, Workspace& workspace) {
  return BatchProduct{a.L, a.M, a.K, a.N, a.a, false, a.b, false, a.y}.run(workspace);
}

Outcome batch_matmul_transpose_a(const contract::BatchMatmulTransposeAArguments& a, Workspace& workspace) {
  return BatchProduct{a.L, a.M, a.K, a.N, a.a, true, a.b, false, a.y}.run(workspace);
}

Outcome batch_matmul_transpose_b(const contract::BatchMatmulTransposeBArguments& a, Workspace& workspace) {
  return BatchProduct{a.L, a.M, a.K, a.N, a.a, false, a.b, true, a.y}.run(workspace);
}

}  // namespace ostinato::OSTINATO_LEVEL
