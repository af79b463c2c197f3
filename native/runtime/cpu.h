// The CPU levels that kernels are compiled for, and the one that this process uses.
#pragma once
#include "../kernels/kernels.h"

namespace ostinato {

struct CpuLevels {
  static constexpr int capacity = 3;
  /** What this CPU and its operating system can run, best first; the last is always scalar. */
  const KernelTable* available[capacity];
  int count;
  /** The best, or the one that OSTINATO_CPU_LEVEL names. Null where it names one that is not available. */
  const KernelTable* chosen;
  /** The value of OSTINATO_CPU_LEVEL, or null. */
  const char* wanted;
};

const CpuLevels& FindCpuLevels();

}  // namespace ostinato
