// The cell of lstm. A gate buffer: [T, B, blocks, 4, width], gates i f g o.
#pragma once
#include "activations.h"
#include "sequence.h"

namespace ostinato::OSTINATO_LEVEL::lstmCell {

inline constexpr int gates = 4;
inline constexpr int64_t blockLanes = gates * Vec::width;

constexpr Columns gateColumns(int64_t H) { return {H, 4, {0, 1, 2, 3}, 4, 0}; }

/** What a step reads and writes: rows of the gate buffer, and [B, H] of the states. */
struct Step {
  int64_t t;
  float* gates;
  const float *h, *c;
  float *hNext, *cNext;
};

inline Step stepOf(const contract::LstmArguments& a, const GateBuffer& buffer, int64_t s) {
  const Walk& walk = buffer.walk;
  const int64_t from = walk.from(s) * a.B * a.H, to = walk.to(s) * a.B * a.H;
  return {walk.time(s), buffer.at(s), a.h + from, a.c + from, a.h + to, a.c + to};
}

/** The new state of one block of units from the sums of their gates, which are kept in `target` for the
 * backward pass. */
inline void activate(const contract::LstmArguments& a, const Step& step, int64_t row, int64_t block,
                     const Vec* sums, float* target) {
  const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
  const Vec i = sigmoid(sums[0]), f = sigmoid(sums[1]), g = tanh(sums[2]), o = sigmoid(sums[3]);
  const Vec cell = fma(f, load(step.c + at, count), i * g);
  store(step.cNext + at, cell, count);
  store(step.hNext + at, o * tanh(cell), count);
  if (!a.saved) return;
  store(target, i);
  store(target + Vec::width, f);
  store(target + 2 * Vec::width, g);
  store(target + 3 * Vec::width, o);
}

}  // namespace ostinato::OSTINATO_LEVEL::lstmCell
