#include "blas.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ostinato {

namespace {

#ifdef __APPLE__
constexpr const char* usualNames[] = {
    "libopenblas.0.dylib",
    "/opt/homebrew/opt/openblas/lib/libopenblas.0.dylib",
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
};
#else
constexpr const char* usualNames[] = {
    "libopenblas.so.0", "libopenblas.so", "libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so",
    "libblis.so.4",     "libblis.so.3",   "libblis.so",     "libcblas.so.3",  "libcblas.so",
};
#endif

/** Tells the library to stay on the calling thread, and says which family it is. */
const char* MakeSingleThreaded(void* library) {
  struct Family {
    const char* name;
    const char* setThreads;
  };
  constexpr Family families[] = {
      {"OpenBLAS", "openblas_set_num_threads"},
      {"MKL", "MKL_Set_Num_Threads"},
      {"BLIS", "bli_thread_set_num_threads"},
  };
  for (const Family& family : families) {
    void* function = dlsym(library, family.setThreads);
    if (function == nullptr) continue;
    // The argument of BLIS is 64 bits wide; the register of an int argument that is 1 holds 1 in full.
    reinterpret_cast<void (*)(int64_t)>(function)(1);
    return family.name;
  }
  if (void* function = dlsym(library, "BLASSetThreading")) {
    constexpr unsigned singleThreaded = 1;
    reinterpret_cast<int (*)(unsigned)>(function)(singleThreaded);
    return "Accelerate";
  }
  return "CBLAS";
}

/** A library built for 64-bit indices, or broken otherwise, is found out here and not in somebody's weights.
 */
bool Multiplies(const Blas& blas) {
  const float a[6] = {1, 2, 3, 4, 5, 6};
  const float b[6] = {7, 8, 9, 10, 11, 12};
  float c[4] = {1, 1, 1, 1};
  blas.sgemm(Blas::rowMajor, Blas::noTranspose, Blas::transpose, 2, 2, 3, 1, a, 3, b, 3, 1, c, 2);
  const float expected[4] = {51, 69, 123, 168};
  return std::memcmp(c, expected, sizeof c) == 0;
}

/** Null, with the reason in `problem`, where the library is of no use. */
const Blas* Open(const char* path, char* problem, size_t size) {
  static Blas blas;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    std::snprintf(problem, size, "%s", reason == nullptr ? "dlopen failed" : reason);
    return nullptr;
  }
  blas.sgemm = reinterpret_cast<decltype(blas.sgemm)>(dlsym(library, "cblas_sgemm"));
  if (blas.sgemm == nullptr) {
    std::snprintf(problem, size, "%s has no cblas_sgemm", path);
    dlclose(library);
    return nullptr;
  }
  blas.name = MakeSingleThreaded(library);
  if (!Multiplies(blas)) {
    // It stays open: a library that has run may have left threads behind.
    std::snprintf(problem, size, "%s multiplies wrongly; 32-bit indices are needed", path);
    return nullptr;
  }
  std::snprintf(blas.path, sizeof blas.path, "%s", path);
  if (Dl_info info; dladdr(reinterpret_cast<void*>(blas.sgemm), &info) != 0 && info.dli_fname != nullptr) {
    std::snprintf(blas.path, sizeof blas.path, "%s", info.dli_fname);
  }
  return &blas;
}

BlasSearch Search() {
  BlasSearch search{};
  const char* chosen = std::getenv("OSTINATO_BLAS");
  if (chosen != nullptr && *chosen != '\0') {
    if (std::strcmp(chosen, "none") == 0) return search;
    search.blas = Open(chosen, search.problem, sizeof search.problem);
    return search;
  }
  char ignored[sizeof search.problem];
  for (const char* name : usualNames) {
    search.blas = Open(name, ignored, sizeof ignored);
    if (search.blas != nullptr) break;
  }
  return search;
}

}  // namespace

const BlasSearch& FindBlas() {
  static const BlasSearch search = Search();
  return search;
}

}  // namespace ostinato
