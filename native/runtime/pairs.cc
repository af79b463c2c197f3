#include "pairs.h"

namespace ostinato {

namespace {

using contract::Direction;

/**
 * Multiply-adds that are worth waking a thread for; as much as kernels ask of a part of their work
 * (multiplyAddsPerPart).
 */
constexpr double leastWork = 1 << 18;

bool IsRecurrent(const Instruction& instruction) {
  switch (static_cast<contract::Instruction>(instruction.rule->code)) {
    case contract::Instruction::rnn:
    case contract::Instruction::rnn_backward:
    case contract::Instruction::lstm:
    case contract::Instruction::lstm_backward:
    case contract::Instruction::lstm_coupled:
    case contract::Instruction::lstm_coupled_backward:
    case contract::Instruction::gru:
    case contract::Instruction::gru_backward:
      return true;
    default:
      return false;
  }
}

bool Overlap(const Place& a, const Place& b) {
  return a.buffer == b.buffer && a.elements > 0 && b.elements > 0 && a.offset < b.offset + b.elements &&
         b.offset < a.offset + a.elements;
}

/** True where neither writes what the other reads or writes. */
bool AreIndependent(const Binding& binding, const Instruction& a, const Instruction& b) {
  for (int32_t i = 0; i < a.rule->operandCount; ++i) {
    if (a.operands[i] < 0) continue;
    for (int32_t j = 0; j < b.rule->operandCount; ++j) {
      if (b.operands[j] < 0) continue;
      const bool read =
          a.rule->operands[i].direction == Direction::in && b.rule->operands[j].direction == Direction::in;
      if (!read && Overlap(binding.place(a.operands[i]), binding.place(b.operands[j]))) return false;
    }
  }
  return true;
}

}  // namespace

void Pairs::choose(const Program& program, const Binding& binding, int threads) {
  std::fill(begins_.begin(), begins_.end(), false);
  // An odd number would leave one thread idle.
  if (threads % 2 != 0) return;
  for (int32_t s = 0; s < program.segments.count; ++s) {
    const SegmentEntry& segment = program.segments[s];
    const int32_t last = segment.first + segment.count - 1;
    for (int32_t i = segment.first; i < last; ++i) {
      const Instruction &a = program.instructions[i], &b = program.instructions[i + 1];
      if (a.rule != b.rule || !IsRecurrent(a) || a.loop >= 0 || b.loop >= 0) continue;
      // What changes parameters makes packed ones stale, which the other may be using.
      if (a.writesStore || b.writesStore) continue;
      if (binding.work(a) < leastWork || binding.work(b) < leastWork) continue;
      if (AreIndependent(binding, a, b)) begins_[i++] = true;
    }
  }
}

}  // namespace ostinato
