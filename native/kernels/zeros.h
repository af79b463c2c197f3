// Which rows of a matrix are zeros: a product with them is made once.
#pragma once
#include <bit>

#include "kernels.h"
#include "product.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

/**
 * The rows of a left operand without those that hold nothing but zeros, except for the first of them: a mask
 * leaves such rows for the steps behind the end of a sequence. Listed where sequences list their valid steps,
 * which no product does.
 */
class ZeroRows {
 public:
  /**
   * Looks through a [M, K] on one thread, where that takes little beside a product [M, K] · [K, N] on all.
   * False: out of memory.
   */
  bool find(Workspace& workspace, const float* a, int64_t M, int64_t K, int64_t N) {
    constexpr int64_t fewestColumns = 64, fewestMultiplyAdds = 1 << 12;
    M_ = taken_ = M;
    if (N < fewestColumns || K * N < fewestMultiplyAdds * workspace.threads()) return true;
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
  /** Bit by bit: −0 is another number here. Some at a time, side by side. */
  static bool isZeroRow(const float* row, int64_t K) {
    constexpr int64_t together = 32;
    // Most rows end here.
    if (std::bit_cast<uint32_t>(row[0]) != 0) return false;
    for (int64_t begin = 0; begin < K; begin += together) {
      uint32_t bits = 0;
      for (int64_t k = begin; k < std::min(begin + together, K); ++k) bits |= std::bit_cast<uint32_t>(row[k]);
      if (bits != 0) return false;
    }
    return true;
  }

  int32_t* rows_ = nullptr;
  int64_t M_ = 0;
  int64_t taken_ = 0;
  int64_t zero_ = -1;
};

}  // namespace ostinato::OSTINATO_LEVEL
