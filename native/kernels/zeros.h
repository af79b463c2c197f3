// Which rows of a matrix are zeros: a product with them is made once.
#pragma once
#include "kernels.h"
#include "product.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

/**
 * The rows of a left operand without those that hold nothing but zeros, except for the first of them: a mask
 * leaves such rows for the steps behind the end of a sequence.
 */
class ZeroRows {
 public:
  /** Looks through a [M, K] where a row of a product [M, K] · [K, N] is worth it; false: out of memory. */
  bool find(Workspace& workspace, const float* a, int64_t M, int64_t K, int64_t N) {
    constexpr int64_t multiplyAddsOfRow = 1 << 12;
    M_ = taken_ = M;
    if (K * N < multiplyAddsOfRow) return true;
    rows_ = reinterpret_cast<int32_t*>(workspace.scratch(scratch::validRows, M));
    if (!rows_) return false;
    taken_ = 0;
    // Those that are left out are listed from the end.
    int64_t end = M;
    for (int64_t row = 0; row < M; ++row) {
      const bool isZero = isZeroRow(a + row * K, K);
      if (isZero && zero_ >= 0)
        rows_[--end] = static_cast<int32_t>(row);
      else
        rows_[taken_++] = static_cast<int32_t>(row);
      if (isZero && zero_ < 0) zero_ = row;
    }
    return true;
  }

  RowList list() const { return taken_ < M_ ? RowList{taken_, rows_} : RowList{M_}; }

  /** Gives the rows of y [M, N] that were left out what the first of the zeros has got. */
  void fill(Workspace& workspace, float* y, int64_t N) const {
    forShares(workspace, M_ - taken_, N, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        std::memcpy(y + rows_[taken_ + i] * N, y + zero_ * N, sizeof(float) * N);
    });
  }

 private:
  static bool isZeroRow(const float* row, int64_t K) {
    // Most rows end here.
    if (row[0] != 0.0f) return false;
    return std::all_of(row + 1, row + K, [](float x) { return x == 0.0f; });
  }

  int32_t* rows_ = nullptr;
  int64_t M_ = 0;
  int64_t taken_ = 0;
  int64_t zero_ = -1;
};

}  // namespace ostinato::OSTINATO_LEVEL
