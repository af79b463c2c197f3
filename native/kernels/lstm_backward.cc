#include "lstm.h"

#include "backward.h"

namespace ostinato::OSTINATO_LEVEL {

using namespace lstmCell;

namespace {

template <bool plain, class Arguments>
struct LstmBackward {
  static constexpr int gates = gateCount<Arguments>;
  using At = Slots<gates>;

  const Arguments& a;
  Walk walk;
  const SequenceRows& rows;
  Transposed recurrentTransposed;
  std::byte* rounded;   // where this part rounds rows of gates
  float* cellGradient;  // [B, unitStride]: of the cell state after the present step
  float* carry;         // [B, unitStride]: of h, along masked steps and where units kept it
  float* peepholeSums;  // [gates − 1, unitStride]: what this part adds to dPeepholes, where that is wanted
  int64_t unitStride;
  int64_t gateStride;

  float* gatesOf(int64_t s) const { return a.saved + walk.time(s) * a.B * gateStride; }

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range vectors = split.vectors(gateColumns<gates>(a.H).blocks(), part, plainVectors);
    for (int64_t s = a.T - 1; s >= 0; --s) {
      if (!gate.enter(part, a.T - 1 - s)) return;
      const Step step = stepOf(s);
      eachUnit(part, s, vectors, [&](int64_t row, int64_t block, Vec dh) { cell(step, row, block, dh); });
    }
    if (!a.dInitialH && !a.dInitialC && !a.dStates) return;
    if (!gate.enter(part, a.T)) return;
    eachUnit(part, -1, vectors, [&](int64_t row, int64_t block, Vec dh) {
      const int64_t unit = block * Vec::width, at = row * a.H + unit, count = a.H - unit;
      if (a.dInitialH) store(a.dInitialH + at, dh, count);
      if (a.dStates) store(a.dStates + walk.from(0) * a.B * a.H + at, dh, count);
      if (a.dInitialC) store(a.dInitialC + at, load(cellGradient + row * unitStride + unit), count);
    });
  }

  /**
   * body(row, block, dh) with the gradient that h after step s receives: through the gates of step s + 1, or,
   * where that step is masked or s is the last one, what was carried.
   */
  template <typename Body>
  void eachUnit(int part, int64_t s, Range vectors, Body&& body) const {
    const RowList through = s == a.T - 1 ? RowList{0} : rows.at(part, walk.time(s + 1));
    if (through.count > 0) {
      forProducts(s, gatesOf(s + 1), gateStride, through, plainDepth(gateStride), recurrentTransposed,
                  rounded, vectors, [&](int64_t row, int64_t block, Vec dh) {
                    if constexpr (!plain) dh = throughMask(row, block, dh);
                    body(row, block, dh);
                  });
    }
    forCarried(rows.after(part, through), vectors, carry, unitStride, body);
  }

  /** Of h, from what stands for it in products and from the units that kept it. */
  Vec throughMask(int64_t row, int64_t block, Vec dh) const {
    const int64_t unit = block * Vec::width;
    if (a.recurrentMask) dh = dh * load(a.recurrentMask + row * a.H + unit, a.H - unit);
    return dh + load(carry + row * unitStride + unit);
  }

  /** What a step reads and writes, [B, H] each. */
  struct Step {
    int64_t t;
    float* gates;
    const float* dy;
    const float* before;  // the cell state
    const float* after;
    float* dStates;
    bool backwards;  // through the units
  };

  Step stepOf(int64_t s) const {
    const int64_t t = walk.time(s), rows = a.B * a.H, to = walk.to(s) * rows;
    return {t,
            gatesOf(s),
            a.dy ? a.dy + t * rows : nullptr,
            a.c + walk.from(s) * rows,
            a.c + to,
            a.dStates ? a.dStates + to : nullptr,
            (s & 1) != 0};
  }

  /** Asks for what this row needs in the next panel of units, in the order of this step: with masks it is too
   * much for the cache. */
  void askForNext(const Step& step, int64_t at, const float* sums) const {
    const int64_t ahead = step.backwards ? -panelLanes : panelLanes;
    if (step.dy) __builtin_prefetch(step.dy + at + ahead);
    __builtin_prefetch(step.before + at + ahead);
    askForMasks(a, step.t * a.B * a.H + at + ahead);
    for (int64_t lane = 0; lane < gates * Vec::width; lane += 16)
      __builtin_prefetch(sums + ahead * gates + lane, 1);
  }

  void cell(const Step& step, int64_t row, int64_t block, Vec dh) const {
    const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
    if (step.dy) dh = dh + load(step.dy + at, count);
    if (step.dStates) store(step.dStates + at, dh, count);
    float* sums = step.gates + row * gateStride + block * gates * Vec::width;
    float* dc = cellGradient + row * unitStride + unit;
    if (isMasked(a.lengths, row, step.t)) return store(carry + row * unitStride + unit, dh);
    const auto peepholes = peepholesOf(a, unit);
    const bool looks = !plain && peepholes.weights;
    if constexpr (!plain) askForNext(step, at, sums);
    const Vec one = broadcast(1.0f);
    const Vec f = load(sums + At::forget * Vec::width), g = load(sums + At::candidate * Vec::width);
    const Vec o = load(sums + At::output * Vec::width);
    const Vec i = gates == 4 ? load(sums) : one - f;
    const Vec before = load(step.before + at, count);
    SplitGradient ofC{zero(), load(dc)};
    if constexpr (!plain) {
      const int64_t masks = step.t * a.B * a.H;
      const SplitGradient ofH = splitGradient(updateAt(a.updateH, masks, at), dh, count);
      ofC = splitGradient(updateAt(a.updateC, masks, at), ofC.taken, count);
      store(carry + row * unitStride + unit, ofH.kept);
      dh = ofH.taken;
    }
    // What was stored may be the state before.
    const Vec after = plain ? load(step.after + at, count) : fma(f, before, i * g);
    const Vec squashed = tanh(after);
    const Vec dOutput = dh * squashed * (o * (one - o));
    Vec dCell = fma(dh * o, one - squashed * squashed, ofC.taken);
    if (looks) dCell = fma(dOutput, peepholes.output(), dCell);
    const Vec dInput = dCell * g * (i * (one - i));
    const Vec dForget = dCell * (gates == 4 ? before : before - g) * (f * (one - f));
    Vec dBefore = plain ? dCell * f : fma(dCell, f, ofC.kept);
    if (looks) {
      if constexpr (gates == 4) dBefore = fma(dInput, peepholes.input(), dBefore);
      dBefore = fma(dForget, peepholes.forget(), dBefore);
    }
    if (!plain && peepholeSums) {
      float* total = peepholeSums + unit;
      if constexpr (gates == 4) store(total, fma(dInput, before, load(total)));
      total += (gates - 3) * unitStride;
      store(total, fma(dForget, before, load(total)));
      total += unitStride;
      store(total, fma(dOutput, after, load(total)));
    }
    store(dc, dBefore);
    if constexpr (gates == 4) store(sums, dInput);
    store(sums + At::forget * Vec::width, dForget);
    store(sums + At::candidate * Vec::width, dCell * i * (one - g * g));
    store(sums + At::output * Vec::width, dOutput);
  }
};

/** dPeepholes [gates − 1, H] from the sums of all parts, [parts][gates − 1, stride]. */
void sumParts(const float* sums, int parts, int64_t rows, int64_t H, int64_t stride, float* target) {
  std::memset(target, 0, sizeof(float) * rows * H);
  for (int64_t row = 0; row < parts * rows; ++row) {
    float* y = target + row % rows * H;
    map(sums + row * stride, y, y, H, [](Vec a, Vec b) { return a + b; });
  }
}

template <class Arguments>
Outcome backward(const Arguments& a, Workspace& workspace) {
  constexpr int gates = gateCount<Arguments>;
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  const Columns columns = gateColumns<gates>(a.H);
  const int64_t gateStride = columns.vectors() * Vec::width, unitStride = columns.blocks() * Vec::width;
  const int64_t weightColumns = gates * a.H;
  const auto transposed = [&](const float* weights, int64_t rows) {
    return transpose<gateColumns<gates>, gates>(workspace, weights, rows, a.H, a.precision);
  };
  const SequenceSplit split(workspace, a.T, a.B, 0, a.H, gates);
  const Transposed recurrentTransposed = transposed(a.recurrentKernel, a.H);
  const RoundingSpace rounding(workspace, a.precision, split, a.B, gateStride);
  float* cellGradient = workspace.scratch(scratch::cellGradient, a.B * unitStride);
  float* carry = workspace.scratch(scratch::carry, a.B * unitStride);
  const int64_t sumElements = (gates - 1) * unitStride;
  float* peepholeSums = nullptr;
  if (a.dPeepholes) {
    peepholeSums = workspace.scratch(scratch::peepholes, split.parts * sumElements);
    if (!peepholeSums) return outOfMemory;
    std::memset(peepholeSums, 0, sizeof(float) * split.parts * sumElements);
  }
  SequenceRows rows;
  RowList valid;
  if (!recurrentTransposed.panels || !rounding.isReserved || !cellGradient || !carry ||
      !rows.arrange(workspace, a.lengths, a.B, split) ||
      !listValidRows(workspace, a.lengths, a.T, a.B, valid)) {
    return outOfMemory;
  }
  padRows(a.dFinalC, a.B, a.H, unitStride, cellGradient);
  padRows(a.dFinalH, a.B, a.H, unitStride, carry);

  const Walk walk{a.T, a.reverse != 0};
  StepGate gate(workspace, split);
  const bool isPlain = !a.peepholes && !a.dPeepholes && !a.recurrentMask && !a.updateH && !a.updateC;
  withPlain(isPlain, [&](auto plain) {
    workspace.parallel(split.parts, [&](int part) {
      float* sums = peepholeSums ? peepholeSums + part * sumElements : nullptr;
      LstmBackward<plain, Arguments>{
          a,     walk, rows,       recurrentTransposed, rounding.of(part), cellGradient,
          carry, sums, unitStride, gateStride}
          .run(part, split, gate);
    });
  });
  if (!isOk(gate.outcome())) return gate.outcome();

  if (a.dx) {
    clearMasked(a.lengths, a.T, a.B, a.I, a.dx);
    const bool done = multiplyRows(workspace, a.saved, gateStride, valid, depthOf(columns),
                                   transposed(a.kernel, a.I), a.I, a.dx);
    if (!done) return outOfMemory;
  }
  if (a.dPeepholes) sumParts(peepholeSums, split.parts, gates - 1, a.H, unitStride, a.dPeepholes);
  if (a.dBias) sumColumns(workspace, a.saved, gateStride, columns, valid, a.dBias);
  const float* previous =
      maskedStates(workspace, a.h + (a.reverse ? a.B * a.H : 0), a.recurrentMask, a.T, a.B, a.H);
  if (!previous) return outOfMemory;
  const auto gradient = [&](const float* left, int64_t rows, float* target) {
    return !target || multiplyTransposed(workspace, left, rows, rows, a.saved, gateStride, columns, valid,
                                         target, weightColumns, a.precision);
  };
  if (!gradient(a.x, a.I, a.dKernel) || !gradient(previous, a.H, a.dRecurrentKernel)) return outOfMemory;
  return {};
}

}  // namespace

Outcome lstm_backward(const contract::LstmBackwardArguments& a, Workspace& workspace) {
  return backward(a, workspace);
}

Outcome lstm_coupled_backward(const contract::LstmCoupledBackwardArguments& a, Workspace& workspace) {
  return backward(a, workspace);
}

}  // namespace ostinato::OSTINATO_LEVEL
