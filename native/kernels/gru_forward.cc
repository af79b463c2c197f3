#include "gru.h"

namespace ostinato::OSTINATO_LEVEL::gruCell {

template <bool plain>
void Forward<plain>::run(int part, const SequenceSplit& split, StepGate& gate) const {
  const Range blocks = split.vectors(inputColumns(a.H).blocks(), part, a.resetAfter ? 1 : plainVectors);
  for (int64_t s = 0; s < a.T; ++s) {
    // A single step takes all weights of a block together, so that the next run finds some in the cache.
    const bool together = a.T == 1 && a.resetAfter;
    if (!together && s % buffer.chunk == 0) input(part, s, blocks);
    Step step = stepOf(part, s);
    if (!gate.enter(part, a.resetAfter ? s : 2 * s)) return;
    carryState(rows.after(part, step.taken), blocks, a.H, step.previous, step.next);
    if constexpr (!plain) step.left = masked.of(part, step.previous, step.taken);
    if (a.resetAfter) {
      inTurns(together ? turn : s, blocks, 1, [&](int64_t block) {
        if (together) input(part, s, {block, block + 1});
        stepResetAfter(step, block);
      });
    } else {
      inTurns(s, blocks, 1, [&](int64_t block) { resetGates(step, block); });
      if (!gate.enter(part, 2 * s + 1)) return;
      candidates(s, step, blocks);
    }
  }
}

template <bool plain>
typename Forward<plain>::Step Forward<plain>::stepOf(int part, int64_t s) const {
  const int64_t t = walk.time(s), state = a.B * a.H;
  const float* previous = a.h + walk.from(s) * state;
  return {t, buffer.at(s), previous, previous, a.h + walk.to(s) * state, rows.at(part, t)};
}

/** x · kernel + bias for the chunk of steps from s on. */
template <bool plain>
void Forward<plain>::input(int part, int64_t s, Range blocks) const {
  constexpr int64_t lanes = gates * Vec::width;
  const InputProduct product{a.x, a.I, rows, part, buffer.times(s), buffer};
  for (int64_t block = blocks.begin; block < blocks.end; ++block) {
    product.run<gates>(kernel + block * a.I * lanes, gates, bias + block * lanes,
                       block * blockLanes + candidateSlot * Vec::width);
  }
}

template <bool plain>
void Forward<plain>::stepResetAfter(const Step& step, int64_t block) const {
  constexpr int64_t lanes = gates * Vec::width;
  const RowList& taken = step.taken;
  const Vec innerBias = load(candidateBias + block * Vec::width);
  forRowTiles<tileBudget / gates>(0, taken.count, [&](int64_t at, auto tileRows) {
    constexpr int n = tileRows;
    Tile<n, gates> tile;
    for (int r = 0; r < n; ++r) {
      float* buffered = step.gates + taken[at + r] * buffer.stride;
      tile.sum[r][0] = load(slotOf(buffered, block, updateSlot));
      tile.sum[r][1] = load(slotOf(buffered, block, resetSlot));
      tile.sum[r][2] = innerBias;
    }
    multiply(tile, RowPointers<n>(step.left, a.H, taken, at), plainDepth(a.H),
             recurrent + block * a.H * lanes, lanes);
    for (int r = 0; r < n; ++r) {
      float* buffered = step.gates + taken[at + r] * buffer.stride;
      const Vec z = keptShare(a.updateGate, tile.sum[r][0]);
      const Vec reset = sigmoid(tile.sum[r][1]);
      const Vec inner = tile.sum[r][2];
      const Vec candidateValue = tanh(fma(reset, inner, load(slotOf(buffered, block, candidateSlot))));
      finish(step, taken[at + r], block, z, candidateValue);
      if (!a.saved) continue;
      store(slotOf(buffered, block, candidateSlot), candidateValue);
      store(slotOf(buffered, block, updateSlot), z);
      store(slotOf(buffered, block, resetSlot), reset);
      store(slotOf(buffered, block, fourthSlot), inner);
    }
  });
}

/** Reset before, first part: z, r and r ∗ hₜ₋₁ into the gate buffer. */
template <bool plain>
void Forward<plain>::resetGates(const Step& step, int64_t block) const {
  constexpr int gateCount = 2;
  constexpr int64_t lanes = gateCount * Vec::width;
  const RowList& taken = step.taken;
  const int64_t unit = block * Vec::width;
  forRowTiles<tileBudget / gateCount>(0, taken.count, [&](int64_t at, auto tileRows) {
    constexpr int n = tileRows;
    Tile<n, gateCount> tile;
    for (int r = 0; r < n; ++r) {
      float* buffered = step.gates + taken[at + r] * buffer.stride;
      tile.sum[r][0] = load(slotOf(buffered, block, updateSlot));
      tile.sum[r][1] = load(slotOf(buffered, block, resetSlot));
    }
    multiply(tile, RowPointers<n>(step.left, a.H, taken, at), plainDepth(a.H),
             recurrent + block * a.H * lanes, lanes);
    for (int r = 0; r < n; ++r) {
      const int64_t row = taken[at + r];
      float* buffered = step.gates + row * buffer.stride;
      const Vec reset = sigmoid(tile.sum[r][1]);
      store(slotOf(buffered, block, updateSlot), keptShare(a.updateGate, tile.sum[r][0]));
      store(slotOf(buffered, block, resetSlot), reset);
      store(slotOf(buffered, block, fourthSlot), reset * load(step.left + row * a.H + unit, a.H - unit));
    }
  });
}

/** Reset before, second part: the candidate from r ∗ hₜ₋₁ of all units. */
template <bool plain>
void Forward<plain>::candidates(int64_t s, const Step& step, Range blocks) const {
  const Depth depth{inputColumns(a.H).blocks(), Vec::width, blockLanes};
  forProducts(s, step.gates + fourthSlot * Vec::width, buffer.stride, step.taken, depth, candidate, blocks,
              [&](int64_t row, int64_t block, Vec inner) {
                float* buffered = step.gates + row * buffer.stride;
                float* slot = slotOf(buffered, block, candidateSlot);
                const Vec n = tanh(load(slot) + inner);
                store(slot, n);
                finish(step, row, block, load(slotOf(buffered, block, updateSlot)), n);
              });
}

/** hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n */
template <bool plain>
void Forward<plain>::finish(const Step& step, int64_t row, int64_t block, Vec z, Vec n) const {
  const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
  const Vec previous = load(step.previous + at, count);
  Vec next = fma(z, previous - n, n);
  if constexpr (!plain) {
    const float* update = updateAt(a.updateH, step.t * a.B * a.H, at);
    next = keep(update, a.zoneoutH, previous, next, count);
  }
  store(step.next + at, next, count);
}

template struct Forward<true>;
template struct Forward<false>;

}  // namespace ostinato::OSTINATO_LEVEL::gruCell
