// A CBLAS library opened at run time; nothing is linked, so one binary serves machines with and without it.
#pragma once

namespace ostinato {

struct Blas {
  static constexpr int rowMajor = 101;
  static constexpr int noTranspose = 111;
  static constexpr int transpose = 112;

  /** c = alpha · op(a) · op(b) + beta · c, op(a) [m, k], op(b) [k, n]. Runs on the calling thread alone. */
  void (*sgemm)(int order, int transposeA, int transposeB, int m, int n, int k, float alpha, const float* a,
                int leadingA, const float* b, int leadingB, float beta, float* c, int leadingC);
  /** The family: OpenBLAS, MKL, BLIS, CBLAS, Accelerate. */
  const char* name;
  /** The library as it was opened. */
  char path[512];
};

/** What a process found when it looked for a CBLAS; it looks once. */
struct BlasSearch {
  /** Null where there is none. */
  const Blas* blas;
  /** Set where OSTINATO_BLAS names a library that cannot be used: what was tried, and why it failed. */
  char problem[1024];
};

/**
 * OSTINATO_BLAS decides alone where it is set ("none": no CBLAS); otherwise the usual names are tried in
 * order. The library is told to use one thread, and must multiply a small matrix correctly before it is
 * trusted.
 */
const BlasSearch& FindBlas();

}  // namespace ostinato
