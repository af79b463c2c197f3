#include "gru.h"

namespace ostinato::OSTINATO_LEVEL::gruCell {

void Backward::run(int part, const SequenceSplit& split, StepGate& gate) const {
  const Range blocks = split.vectors(inputColumns(a.H).blocks(), part, plainVectors);
  int64_t entered = 0;
  for (int64_t s = a.T - 1; s >= 0; --s) {
    if (!gate.enter(part, entered++)) return;
    const Step step = stepOf(s);
    eachUnit(part, s, blocks, [&](int64_t row, int64_t block, Vec dh) { cell(step, row, block, dh); });
    if (a.resetAfter) continue;
    if (!gate.enter(part, entered++)) return;
    throughReset(part, s, blocks);
  }
  if (!a.dInitialH && !a.dStates) return;
  if (!gate.enter(part, entered)) return;
  eachUnit(part, -1, blocks, [&](int64_t row, int64_t block, Vec dh) {
    const int64_t unit = block * Vec::width, at = row * a.H + unit, count = a.H - unit;
    if (a.dInitialH) store(a.dInitialH + at, dh, count);
    if (a.dStates) store(a.dStates + walk.from(0) * a.B * a.H + at, dh, count);
  });
}

/** body(row, block, dh) with the gradient that h after step s receives from step s + 1 or from outside. */
template <typename Body>
void Backward::eachUnit(int part, int64_t s, Range blocks, Body&& body) const {
  const RowList through = s == a.T - 1 ? RowList{0} : rows.at(part, walk.time(s + 1));
  if (through.count > 0) {
    const Columns columns = a.resetAfter ? recurrentColumns(a.H) : resetGateColumns(a.H);
    forProducts(s, gatesOf(s + 1) + columns.bufferOffset(0), stride, through, depthOf(columns),
                recurrentTransposed, rounded, blocks, [&](int64_t row, int64_t block, Vec dh) {
                  body(row, block, dh + load(carry + row * unitStride + block * Vec::width));
                });
  }
  forCarried(rows.after(part, through), blocks, carry, unitStride, body);
}

Backward::Step Backward::stepOf(int64_t s) const {
  const int64_t t = walk.time(s), rows = a.B * a.H;
  return {t, gatesOf(s), a.dy ? a.dy + t * rows : nullptr, a.h + walk.from(s) * rows,
          a.dStates ? a.dStates + walk.to(s) * rows : nullptr};
}

/** The gradients of the gates, but for r with reset before, which takes another product. */
void Backward::cell(const Step& step, int64_t row, int64_t block, Vec dh) const {
  const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
  if (step.dy) dh = dh + load(step.dy + at, count);
  if (step.dStates) store(step.dStates + at, dh, count);
  float* buffered = step.gates + row * stride;
  float *candidateGate = slotOf(buffered, block, candidateSlot),
        *updateGate = slotOf(buffered, block, updateSlot);
  float *resetGate = slotOf(buffered, block, resetSlot), *fourth = slotOf(buffered, block, fourthSlot);
  if (isMasked(a.lengths, row, step.t)) return store(carry + row * unitStride + unit, dh);
  const Vec one = broadcast(1.0f);
  const Vec n = load(candidateGate), z = load(updateGate);
  const Vec previous = load(step.previous + at, count);
  const Vec dCandidate = dh * (one - z) * (one - n * n);
  store(carry + row * unitStride + unit, dh * z);
  store(candidateGate, dCandidate);
  store(updateGate, dh * (previous - n) * (z * (one - z)));
  if (!a.resetAfter) return;
  const Vec r = load(resetGate);
  store(resetGate, dCandidate * load(fourth) * (r * (one - r)));
  store(fourth, dCandidate * r);
}

/** Reset before: the gradient of r ∗ hₜ₋₁ goes to r and to hₜ₋₁. */
void Backward::throughReset(int part, int64_t s, Range blocks) const {
  forProducts(s, gatesOf(s), stride, rows.at(part, walk.time(s)), depthOf(candidateColumns(a.H)),
              candidateTransposed, rounded, blocks, [&](int64_t row, int64_t block, Vec dReset) {
                const int64_t unit = block * Vec::width;
                float* slot = slotOf(gatesOf(s) + row * stride, block, resetSlot);
                float* carried = carry + row * unitStride + unit;
                const Vec r = load(slot);
                const Vec previous = load(a.h + (walk.from(s) * a.B + row) * a.H + unit, a.H - unit);
                store(carried, fma(dReset, r, load(carried)));
                store(slot, dReset * previous * (r * (broadcast(1.0f) - r)));
              });
}

}  // namespace ostinato::OSTINATO_LEVEL::gruCell
