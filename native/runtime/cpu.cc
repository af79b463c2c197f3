#include "cpu.h"

#include <cstdlib>
#include <cstring>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace ostinato {

namespace {

CpuLevels Find() {
  CpuLevels levels{};
  const auto add = [&](const KernelTable& table) { levels.available[levels.count++] = &table; };
#if defined(__x86_64__)
  // These ask the operating system too (XGETBV): registers that it does not save must not be used.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    add(avx512::table);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) add(avx2::table);
#elif defined(__aarch64__)
  add(neon::table);
#endif
  add(scalar::table);

  levels.chosen = levels.available[0];
  const char* wanted = std::getenv("OSTINATO_CPU_LEVEL");
  if (wanted == nullptr || *wanted == '\0') return levels;
  levels.wanted = wanted;
  levels.chosen = nullptr;
  for (int i = 0; i < levels.count; ++i) {
    if (std::strcmp(levels.available[i]->level, wanted) == 0) levels.chosen = levels.available[i];
  }
  return levels;
}

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

const CpuLevels& FindCpuLevels() {
  static const CpuLevels levels = Find();
  return levels;
}

const CpuExtensions& FindCpuExtensions() {
  static const CpuExtensions extensions = FindExtensions();
  return extensions;
}

}  // namespace ostinato
