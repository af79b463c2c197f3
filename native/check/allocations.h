// Counts what our code asks of the heap, where the executable is linked with --wrap=malloc and its like.
#pragma once
#include <cstdint>

namespace ostinato::check {

#ifdef OSTINATO_COUNT_ALLOCATIONS
/** Allocations of the process until now, those inside shared libraries excepted. */
int64_t Allocations();
#else
inline int64_t Allocations() { return 0; }
#endif

}  // namespace ostinato::check
