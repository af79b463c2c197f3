#include "cpu.h"

#include <cstdlib>
#include <cstring>

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

}  // namespace

const CpuLevels& FindCpuLevels() {
  static const CpuLevels levels = Find();
  return levels;
}

}  // namespace ostinato
