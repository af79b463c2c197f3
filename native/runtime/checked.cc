#include "checked.h"

#ifdef OSTINATO_CHECKED
#include <cstring>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) (static_cast<void>(address), static_cast<void>(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) (static_cast<void>(address), static_cast<void>(bytes))
#endif

namespace ostinato {

CheckedRun::~CheckedRun() {
  for (int32_t i = 0; i < program_.buffers.count; ++i) {
    ASAN_UNPOISON_MEMORY_REGION(address(i), program_.buffers[i].elements * program_.buffers[i].bytes());
  }
}

void CheckedRun::before(int32_t begin, int32_t end) const {
  for (int32_t i = 0; i < program_.buffers.count; ++i) {
    ASAN_POISON_MEMORY_REGION(address(i), program_.buffers[i].elements * program_.buffers[i].bytes());
  }
  for (int32_t i = begin; i < end; ++i) open(program_.instructions[i]);
}

void CheckedRun::open(const Instruction& instruction) const {
  for (int32_t i = 0; i < instruction.rule->operandCount; ++i) {
    if (instruction.operands[i] < 0) continue;
    const Place& place = binding_.place(instruction.operands[i]);
    const int64_t bytes = program_.buffers[place.buffer].bytes();
    char* first = address(place.buffer) + (place.offset + binding_.step() * place.stride) * bytes;
    ASAN_UNPOISON_MEMORY_REGION(first, place.elements * bytes);
    const contract::Direction direction = instruction.rule->operands[i].direction;
    const bool overwritten =
        direction == contract::Direction::out || direction == contract::Direction::scratch;
    // All bits set: NaN as a float, −1 as an integer.
    if (overwritten && !isInPlace(instruction, i)) {
      std::memset(first, 0xff, static_cast<size_t>(place.elements * bytes));
    }
  }
}

bool CheckedRun::isInPlace(const Instruction& instruction, int32_t operand) const {
  const int32_t source = instruction.rule->operands[operand].inPlaceOf;
  if (source < 0 || instruction.operands[source] < 0) return false;
  const Place& from = binding_.place(instruction.operands[source]);
  const Place& to = binding_.place(instruction.operands[operand]);
  return from.buffer == to.buffer && from.offset == to.offset && from.stride == to.stride;
}

}  // namespace ostinato
#endif
