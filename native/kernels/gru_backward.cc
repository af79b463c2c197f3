#include "gru.h"

namespace ostinato::OSTINATO_LEVEL::gruCell {

template <bool plain>
void Backward<plain>::run(int part, const SequenceSplit& split, StepGate& gate) const {
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
template <bool plain>
template <typename Body>
void Backward<plain>::eachUnit(int part, int64_t s, Range blocks, Body&& body) const {
  const RowList through = s == a.T - 1 ? RowList{0} : rows.at(part, walk.time(s + 1));
  if (through.count > 0) {
    const Columns columns = a.resetAfter ? recurrentColumns(a.H) : resetGateColumns(a.H);
    forProducts(s, gatesOf(s + 1) + columns.bufferOffset(0), stride, through, depthOf(columns),
                recurrentTransposed, rounded, blocks, [&](int64_t row, int64_t block, Vec dh) {
                  const int64_t unit = block * Vec::width;
                  body(row, block, throughMask(row, unit, dh) + load(carry + row * unitStride + unit));
                });
  }
  forCarried(rows.after(part, through), blocks, carry, unitStride, body);
}

template <bool plain>
typename Backward<plain>::Step Backward<plain>::stepOf(int64_t s) const {
  const int64_t t = walk.time(s), rows = a.B * a.H;
  return {t, gatesOf(s), a.dy ? a.dy + t * rows : nullptr, a.h + walk.from(s) * rows,
          a.dStates ? a.dStates + walk.to(s) * rows : nullptr};
}

/** The gradients of the gates, but for r with reset before, which takes another product. */
template <bool plain>
void Backward<plain>::cell(const Step& step, int64_t row, int64_t block, Vec dh) const {
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
  Vec kept = zero();
  if constexpr (!plain) {
    const float* update = updateAt(a.updateH, step.t * a.B * a.H, at);
    const SplitGradient parts = splitGradient(update, dh, count);
    kept = parts.kept;
    dh = parts.taken;
  }
  const Vec dCandidate = dh * (one - z) * (one - n * n);
  store(carry + row * unitStride + unit, plain ? dh * z : fma(dh, z, kept));
  store(candidateGate, dCandidate);
  store(updateGate, dh * (previous - n) * (z * (one - z)) * broadcast(updateSign(a.updateGate)));
  if (!a.resetAfter) return;
  const Vec r = load(resetGate);
  store(resetGate, dCandidate * load(fourth) * (r * (one - r)));
  store(fourth, dCandidate * r);
}

/** Reset before: the gradient of r ∗ hₜ₋₁ goes to r and to hₜ₋₁. */
template <bool plain>
void Backward<plain>::throughReset(int part, int64_t s, Range blocks) const {
  forProducts(s, gatesOf(s), stride, rows.at(part, walk.time(s)), depthOf(candidateColumns(a.H)),
              candidateTransposed, rounded, blocks, [&](int64_t row, int64_t block, Vec dReset) {
                const int64_t unit = block * Vec::width;
                float* slot = slotOf(gatesOf(s) + row * stride, block, resetSlot);
                float* carried = carry + row * unitStride + unit;
                const Vec r = load(slot);
                const Vec previous = load(a.h + (walk.from(s) * a.B + row) * a.H + unit, a.H - unit);
                dReset = throughMask(row, unit, dReset);
                store(carried, fma(dReset, r, load(carried)));
                store(slot, dReset * previous * (r * (broadcast(1.0f) - r)));
              });
}

/** Of the state before, from the gradient of what stands for it in products. */
template <bool plain>
Vec Backward<plain>::throughMask(int64_t row, int64_t unit, Vec gradient) const {
  if (plain || !a.recurrentMask) return gradient;
  return gradient * load(a.recurrentMask + row * a.H + unit, a.H - unit);
}

template struct Backward<true>;
template struct Backward<false>;

}  // namespace ostinato::OSTINATO_LEVEL::gruCell
