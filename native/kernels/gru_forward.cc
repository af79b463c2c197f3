#include "gru.h"

namespace ostinato::OSTINATO_LEVEL::gruCell {

void Forward::run(int part, const SequenceSplit& split, StepGate& gate) const {
  const Range rows = split.rows(part);
  const Range blocks = split.vectors(inputColumns(a.H).blocks(), part, a.resetAfter ? 1 : plainVectors);
  for (int64_t s = 0; s < a.T; ++s) {
    if (s % chunk == 0) input(s, rows, blocks);
    const Step step = stepOf(s);
    if (a.resetAfter) {
      if (!gate.enter(part, s)) return;
      for (int64_t block = blocks.begin; block < blocks.end; ++block) stepResetAfter(step, rows, block);
    } else {
      if (!gate.enter(part, 2 * s)) return;
      for (int64_t block = blocks.begin; block < blocks.end; ++block) resetGates(step, rows, block);
      if (!gate.enter(part, 2 * s + 1)) return;
      candidates(step, rows, blocks);
    }
  }
}

Forward::Step Forward::stepOf(int64_t s) const {
  return {walk.time(s), gatesOf(s), a.h + walk.from(s) * a.B * a.H, a.h + walk.to(s) * a.B * a.H};
}

/** x · kernel + bias for the chunk of steps from s on. */
void Forward::input(int64_t s, Range rows, Range blocks) const {
  constexpr int64_t lanes = gates * Vec::width;
  for (int64_t block = blocks.begin; block < blocks.end; ++block) {
    for (int64_t i = s; i < std::min(s + chunk, a.T); ++i) {
      inputProduct<gates>(a.x + walk.time(i) * a.B * a.I, a.I, rows, kernel + block * a.I * lanes, gates,
                          bias + block * lanes, slotOf(gatesOf(i), block, candidateSlot), stride);
    }
  }
}

void Forward::stepResetAfter(const Step& step, Range rows, int64_t block) const {
  constexpr int64_t lanes = gates * Vec::width;
  const Vec innerBias = load(candidateBias + block * Vec::width);
  forRowTiles<tileBudget / gates>(rows.begin, rows.end, [&](int64_t row, auto tileRows) {
    constexpr int n = tileRows;
    Tile<n, gates> tile;
    for (int r = 0; r < n; ++r) {
      float* buffered = step.gates + (row + r) * stride;
      tile.sum[r][0] = load(slotOf(buffered, block, updateSlot));
      tile.sum[r][1] = load(slotOf(buffered, block, resetSlot));
      tile.sum[r][2] = innerBias;
    }
    multiply(tile, Left{step.previous + row * a.H, a.H, 1}, recurrent + block * a.H * lanes, lanes, a.H);
    for (int r = 0; r < n; ++r) {
      float* buffered = step.gates + (row + r) * stride;
      const Vec z = sigmoid(tile.sum[r][0]);
      const Vec reset = sigmoid(tile.sum[r][1]);
      const Vec inner = tile.sum[r][2];
      const Vec candidateValue = tanh(fma(reset, inner, load(slotOf(buffered, block, candidateSlot))));
      finish(step, row + r, block, z, candidateValue);
      if (!a.saved) continue;
      store(slotOf(buffered, block, candidateSlot), candidateValue);
      store(slotOf(buffered, block, updateSlot), z);
      store(slotOf(buffered, block, resetSlot), reset);
      store(slotOf(buffered, block, fourthSlot), inner);
    }
  });
}

/** Reset before, first part: z, r and r ∗ hₜ₋₁ into the gate buffer. */
void Forward::resetGates(const Step& step, Range rows, int64_t block) const {
  constexpr int gateCount = 2;
  constexpr int64_t lanes = gateCount * Vec::width;
  const int64_t unit = block * Vec::width;
  forRowTiles<tileBudget / gateCount>(rows.begin, rows.end, [&](int64_t row, auto tileRows) {
    constexpr int n = tileRows;
    Tile<n, gateCount> tile;
    for (int r = 0; r < n; ++r) {
      float* buffered = step.gates + (row + r) * stride;
      tile.sum[r][0] = load(slotOf(buffered, block, updateSlot));
      tile.sum[r][1] = load(slotOf(buffered, block, resetSlot));
    }
    multiply(tile, Left{step.previous + row * a.H, a.H, 1}, recurrent + block * a.H * lanes, lanes, a.H);
    for (int r = 0; r < n; ++r) {
      float* buffered = step.gates + (row + r) * stride;
      const Vec reset = sigmoid(tile.sum[r][1]);
      store(slotOf(buffered, block, updateSlot), sigmoid(tile.sum[r][0]));
      store(slotOf(buffered, block, resetSlot), reset);
      store(slotOf(buffered, block, fourthSlot),
            reset * load(step.previous + (row + r) * a.H + unit, a.H - unit));
    }
  });
}

/** Reset before, second part: the candidate from r ∗ hₜ₋₁ of all units. */
void Forward::candidates(const Step& step, Range rows, Range blocks) const {
  const Depth depth{inputColumns(a.H).blocks(), Vec::width, blockLanes};
  forProducts(step.gates + fourthSlot * Vec::width, stride, depth, candidate, rows.begin, rows.end,
              blocks.begin, blocks.end, [&](int64_t row, int64_t block, Vec inner) {
                float* buffered = step.gates + row * stride;
                float* slot = slotOf(buffered, block, candidateSlot);
                const Vec n = tanh(load(slot) + inner);
                store(slot, n);
                finish(step, row, block, load(slotOf(buffered, block, updateSlot)), n);
              });
}

/** hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n, or hₜ₋₁ where the step is masked. */
void Forward::finish(const Step& step, int64_t row, int64_t block, Vec z, Vec n) const {
  const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
  const Vec previous = load(step.previous + at, count);
  store(step.next + at, isMasked(a.lengths, row, step.t) ? previous : fma(z, previous - n, n), count);
}

}  // namespace ostinato::OSTINATO_LEVEL::gruCell
