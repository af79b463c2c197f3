#include "memory.h"

#ifdef __linux__
#include <sys/mman.h>
#endif
#include <unistd.h>

#include <cstdlib>

namespace ostinato {

static constexpr uint64_t alignment = 64;

uint64_t PhysicalMemory() {
  static const uint64_t bytes =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/** Weights and gates are walked through again and again: with large pages their addresses need fewer
 * translations than the CPU keeps at hand. Only advice: where it is not taken, nothing changes. */
static void AdviseLargePages([[maybe_unused]] void* data, [[maybe_unused]] uint64_t bytes) {
#ifdef __linux__
  constexpr uint64_t page = uint64_t{1} << 21;
  const uint64_t start = (reinterpret_cast<uint64_t>(data) + page - 1) & ~(page - 1);
  const uint64_t end = (reinterpret_cast<uint64_t>(data) + bytes) & ~(page - 1);
  if (end > start) madvise(reinterpret_cast<void*>(start), end - start, MADV_HUGEPAGE);
#endif
}

Memory::~Memory() { std::free(allocation_); }

bool Memory::allocate(uint64_t bytes) {
  std::free(allocation_);
  allocation_ = nullptr;
  data_ = nullptr;
  if (bytes > PhysicalMemory()) return false;
#ifdef OSTINATO_CHECKED
  // Broken programs ask for much; the refusal is tested with them.
  constexpr uint64_t limit = uint64_t{1} << 26;
  if (bytes > limit) return false;
  // Nothing behind the last byte, so that the sanitizer sees the first step too far.
  if (posix_memalign(&allocation_, alignment, bytes == 0 ? 1 : bytes) != 0) {
    allocation_ = nullptr;
    return false;
  }
  data_ = std::memset(allocation_, 0, bytes);
#else
  // calloc leaves untouched pages unbacked: room for the capacity costs nothing until it is used.
  allocation_ = std::calloc(1, bytes + alignment);
  if (allocation_ == nullptr) return false;
  data_ =
      reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(allocation_) + alignment - 1) & ~(alignment - 1));
  AdviseLargePages(allocation_, bytes + alignment);
#endif
  return true;
}

}  // namespace ostinato
