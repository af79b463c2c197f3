// The kernels of every CPU level. Each native/kernels/*.cc is compiled once per level, inside namespace
// OSTINATO_LEVEL.
#pragma once
#include "../generated/contract.h"
#include "../runtime/workspace.h"

namespace ostinato {

/** Runs one bound instruction; slots as described in generated/contract.h. */
using Kernel = Outcome (*)(const int64_t* slots, Workspace& workspace);

/** The kernels of one CPU level, by instruction code (null where no instruction has the code). */
struct KernelTable {
  static constexpr int capacity = 128;
  const char* level;
  Kernel kernels[capacity];
};

#define OSTINATO_DECLARE_LEVEL(level_name)       \
  namespace level_name {                         \
  OSTINATO_INSTRUCTIONS(OSTINATO_DECLARE_KERNEL) \
  extern const KernelTable table;                \
  }
#define OSTINATO_DECLARE_KERNEL(name, Name) \
  Outcome name(const contract::Name##Arguments& a, Workspace& workspace);

OSTINATO_DECLARE_LEVEL(scalar)
#if defined(__x86_64__) || defined(_M_X64)
OSTINATO_DECLARE_LEVEL(avx2)
OSTINATO_DECLARE_LEVEL(avx512)
#elif defined(__aarch64__)
OSTINATO_DECLARE_LEVEL(neon)
#endif

}  // namespace ostinato
