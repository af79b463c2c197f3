// The cell of lstm, and of lstm_coupled, whose input gate is 1 − f. A gate buffer: [T, B, blocks, gates,
// width], gates i f g o, or f g o. In `saved` it holds σ(i), σ(f), tanh(g) and σ(o), without i where it is
// 1 − f; backward puts their gradients there.
#pragma once
#include "activations.h"
#include "masks.h"

namespace ostinato::OSTINATO_LEVEL::lstmCell {

/** How many gates the weights of an instruction have. */
template <class Arguments>
inline constexpr int gateCount = 4;
template <>
inline constexpr int gateCount<contract::LstmCoupledArguments> = 3;
template <>
inline constexpr int gateCount<contract::LstmCoupledBackwardArguments> = 3;

template <int gates>
constexpr Columns gateColumns(int64_t H) {
  return {H, gates, {0, 1, 2, 3}, gates, 0};
}

/** Vectors of a block in the gate buffer. The input gate is the first one where there are four. */
template <int gates>
struct Slots {
  static constexpr int forget = gates - 3, candidate = gates - 2, output = gates - 1;
};

/** Weights of the cell state into the gates of one block of units, [i f o] or [f o]. */
template <int gates>
struct Peepholes {
  const float* weights;  // of the first unit; null: none
  int64_t H;
  int64_t count;

  Vec input() const { return load(weights, count); }
  Vec forget() const { return load(weights + (gates - 3) * H, count); }
  Vec output() const { return load(weights + (gates - 2) * H, count); }
};

template <class Arguments>
Peepholes<gateCount<Arguments>> peepholesOf(const Arguments& a, int64_t unit) {
  return {a.peepholes ? a.peepholes + unit : nullptr, a.H, a.H - unit};
}

/** What a step reads and writes: rows of the gate buffer, and [B, H] of the states. */
struct Step {
  int64_t t;
  float* gates;
  const float *h, *c;
  float *hNext, *cNext;
};

template <class Arguments>
inline Step stepOf(const Arguments& a, const GateBuffer& buffer, int64_t s) {
  const Walk& walk = buffer.walk;
  const int64_t from = walk.from(s) * a.B * a.H, to = walk.to(s) * a.B * a.H;
  return {walk.time(s), buffer.at(s), a.h + from, a.c + from, a.h + to, a.c + to};
}

/** Neither peepholes nor anything that masks or keeps states. */
template <class Arguments>
bool isPlain(const Arguments& a) {
  return !a.peepholes && !a.recurrentMask && !a.updateH && !a.updateC && a.zoneoutH == 0 && a.zoneoutC == 0;
}

/** Asks for the masks of units from `at` on, [T, B, H], ahead of time: from row to row they lie far apart. */
template <class Arguments>
void askForMasks(const Arguments& a, int64_t at) {
  if (a.updateH) __builtin_prefetch(a.updateH + at);
  if (a.updateC) __builtin_prefetch(a.updateC + at);
}

/**
 * The new state of one block of units from the sums of their gates, which are kept in `target` for the
 * backward pass. A plain cell does not ask for what it does not have. Inlined always: sums whose address goes
 * to a function are stored in every step of the product before.
 */
template <bool plain, class Arguments>
[[gnu::always_inline]] inline void activate(const Arguments& a, const Step& step, int64_t row, int64_t block,
                                            const Vec* sums, float* target) {
  constexpr int gates = gateCount<Arguments>;
  using At = Slots<gates>;
  const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
  const Vec before = load(step.c + at, count);
  Vec inputSum = sums[0], forgetSum = sums[At::forget], outputSum = sums[At::output];
  const auto peepholes = peepholesOf(a, unit);
  const bool looks = !plain && peepholes.weights;
  if (looks) {
    if constexpr (gates == 4) inputSum = fma(peepholes.input(), before, inputSum);
    forgetSum = fma(peepholes.forget(), before, forgetSum);
  }
  const Vec f = sigmoid(forgetSum), g = tanh(sums[At::candidate]);
  const Vec i = gates == 4 ? sigmoid(inputSum) : broadcast(1.0f) - f;
  const Vec cell = fma(f, before, i * g);
  if (looks) outputSum = fma(peepholes.output(), cell, outputSum);
  const Vec o = sigmoid(outputSum);
  Vec c = cell, h = o * tanh(cell);
  if constexpr (!plain) {
    const int64_t masks = step.t * a.B * a.H;
    c = keep(updateAt(a.updateC, masks, at), a.zoneoutC, before, cell, count);
    h = keep(updateAt(a.updateH, masks, at), a.zoneoutH, load(step.h + at, count), h, count);
  }
  store(step.cNext + at, c, count);
  store(step.hNext + at, h, count);
  if (!a.saved) return;
  if constexpr (gates == 4) store(target, i);
  store(target + At::forget * Vec::width, f);
  store(target + At::candidate * Vec::width, g);
  store(target + At::output * Vec::width, o);
}

}  // namespace ostinato::OSTINATO_LEVEL::lstmCell
