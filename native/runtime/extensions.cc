#include "extensions.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace ostinato {

namespace {

CpuExtensions FindExtensions() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return {__builtin_cpu_supports("avx512vnni") != 0, __builtin_cpu_supports("avx512bf16") != 0};
#elif defined(__aarch64__) && defined(__linux__)
  constexpr unsigned long dotProduct = 1ul << 20;  // HWCAP_ASIMDDP
  return {(getauxval(AT_HWCAP) & dotProduct) != 0, false};
#elif defined(__aarch64__) && defined(__APPLE__)
  return {true, false};
#else
  return {};
#endif
}

}  // namespace

const CpuExtensions& FindCpuExtensions() {
  static const CpuExtensions extensions = FindExtensions();
  return extensions;
}

}  // namespace ostinato
