#include "allocations.h"

#ifdef OSTINATO_COUNT_ALLOCATIONS
#include <atomic>
#include <cstddef>
#include <new>

static std::atomic<int64_t> allocations{0};

// The linker sends malloc here, and __real_malloc to malloc.
#define OSTINATO_WRAP(function, parameters, arguments, result) \
  extern "C" result __real_##function parameters;              \
  extern "C" result __wrap_##function parameters {             \
    ++allocations;                                             \
    return __real_##function arguments;                        \
  }
OSTINATO_WRAP(malloc, (size_t bytes), (bytes), void*)
OSTINATO_WRAP(calloc, (size_t count, size_t bytes), (count, bytes), void*)
OSTINATO_WRAP(realloc, (void* block, size_t bytes), (block, bytes), void*)
OSTINATO_WRAP(posix_memalign, (void** block, size_t alignment, size_t bytes), (block, alignment, bytes), int)
OSTINATO_WRAP(aligned_alloc, (size_t alignment, size_t bytes), (alignment, bytes), void*)
#undef OSTINATO_WRAP

void* operator new(size_t bytes) { return __wrap_malloc(bytes); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return __wrap_malloc(bytes); }
void* operator new[](size_t bytes) { return __wrap_malloc(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return __wrap_malloc(bytes); }

namespace ostinato::check {
int64_t Allocations() { return allocations; }
}  // namespace ostinato::check
#endif
