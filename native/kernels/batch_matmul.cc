// Products of many pairs of small matrices. The right one of a pair is packed, and serves all rows of the
// left. Few rows, such as the hypotheses of a beam that look at the steps of their source, read it as it
// lies, where it has whole panels in its rows, or is transposed.
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
    float* target = y + pair * M * N;
    const int64_t rowStride = transposeA ? 1 : K, step = transposeA ? M : 1;
    const bool few = rows.count() <= plainRows;
    // Sums along a short depth cost more than packing.
    if (few && transposeB && !transposeA && K >= 4 * Vec::width)
      return multiplyVectors(left, rows, right, target);
    if (few && !transposeB && N % panelLanes == 0) {
      return multiplyTiles(left, rowStride, step, rows, right, N, panelLanes, target);
    }
    if (transposeB)
      packTransposed(right, N, K, plainColumns(K), panels, {0, 1});
    else
      packPlain(right, K, N, panels, {0, 1});
    multiplyTiles(left, rowStride, step, rows, panels, panelLanes, panelLanes * K, target);
  }

  /** Rows of a panel lie panelStride apart, panels panelStep. */
  void multiplyTiles(const float* left, int64_t rowStride, int64_t step, Range rows, const float* panel,
                     int64_t panelStride, int64_t panelStep, float* target) const {
    for (int64_t first = 0; first < N; first += panelLanes, panel += panelStep) {
      const int64_t vectors = (std::min(N - first, panelLanes) + Vec::width - 1) / Vec::width;
      withVectors<plainVectors>(vectors, [&](auto vectorCount) {
        constexpr int m = vectorCount;
        forRowTiles<tileBudget / m>(rows.begin, rows.end, [&](int64_t at, auto rowCount) {
          constexpr int n = rowCount;
          Tile<n, m> tile;
          clear(tile);
          multiply(tile, panel, panelStride, K,
                   [&](int r, int64_t k) { return left + (at + r) * rowStride + k * step; });
          for (int r = 0; r < n; ++r) {
            for (int v = 0; v < m; ++v) {
              const int64_t column = first + v * Vec::width;
              store(target + (at + r) * N + column, tile.sum[r][v], N - column);
            }
          }
        });
      });
    }
  }

  /** Rows of both sides, element by element: sums of vectors, added up at the end. */
  void multiplyVectors(const float* left, Range rows, const float* right, float* target) const {
    forRowTiles<plainRows>(rows.begin, rows.end, [&](int64_t at, auto rowCount) {
      constexpr int n = rowCount;
      // As many sums as there are registers beside the operands.
      forRowTiles<std::max(2, tileBudget / (n + 1))>(0, N, [&](int64_t column, auto columnCount) {
        constexpr int m = columnCount;
        Tile<n, m> tile;
        clear(tile);
        for (int64_t k = 0; k < K; k += Vec::width) {
          Vec weights[m];
          for (int v = 0; v < m; ++v) weights[v] = load(right + (column + v) * K + k, K - k);
          for (int r = 0; r < n; ++r) {
            const Vec x = load(left + (at + r) * K + k, K - k);
            for (int v = 0; v < m; ++v) tile.sum[r][v] = fma(x, weights[v], tile.sum[r][v]);
          }
        }
        for (int r = 0; r < n; ++r) {
          for (int v = 0; v < m; ++v) target[(at + r) * N + column + v] = sum(tile.sum[r][v]);
        }
      });
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
