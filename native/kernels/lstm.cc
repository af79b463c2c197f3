// saved: [T, B, blocks, 4, width] holds σ(i), σ(f), tanh(g) and σ(o); backward puts their gradients there.
#include "lstm.h"

#include "backward.h"

namespace ostinato::OSTINATO_LEVEL {

using namespace lstmCell;

namespace {

void packLstm(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  packColumns(weights, rows, rows, columns, gateColumns(columns / lstmCell::gates), lstmCell::gates, panels,
              share);
}

struct LstmForward {
  const contract::LstmArguments& a;
  const SequenceRows& rows;
  const float* kernel;     // [blocks][I][4 · width]
  const float* recurrent;  // [blocks][H][4 · width]
  const float* bias;       // [blocks][4 · width]
  GateBuffer buffer;
  int64_t turn;  // of a run with a single step

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range blocks = split.vectors(gateColumns(a.H).blocks(), part, 1);
    for (int64_t s = 0; s < a.T; ++s) {
      if (a.T > 1 && s % buffer.chunk == 0) input(part, s, blocks);
      if (!gate.enter(part, s)) return;
      const lstmCell::Step step = stepOf(a, buffer, s);
      const RowList taken = rows.at(part, step.t), masked = rows.after(part, taken);
      carryState(masked, blocks, a.H, step.h, step.hNext);
      carryState(masked, blocks, a.H, step.c, step.cNext);
      inTurns(a.T > 1 ? s : turn, blocks, 1, [&](int64_t block) {
        // A single step takes all weights of a block together, so that the next run finds some in the cache.
        if (a.T == 1) input(part, s, {block, block + 1});
        recurrence(step, taken, block);
      });
    }
  }

 private:
  /** x · kernel + bias for the chunk of steps from s on. */
  void input(int part, int64_t s, Range blocks) const {
    const InputProduct product{a.x, a.I, rows, part, buffer.times(s), buffer};
    for (int64_t block = blocks.begin; block < blocks.end; ++block) {
      const int64_t offset = block * blockLanes;
      product.run<lstmCell::gates>(kernel + offset * a.I, lstmCell::gates, bias + offset, offset);
    }
  }

  /** h · recurrentKernel for one block of units: a tile ends with all four gates of them. */
  void recurrence(const lstmCell::Step& step, const RowList& taken, int64_t block) const {
    const int64_t offset = block * blockLanes;
    forRowTiles<tileBudget / lstmCell::gates>(0, taken.count, [&](int64_t at, auto tileRows) {
      constexpr int n = tileRows;
      Tile<n, lstmCell::gates> tile;
      for (int r = 0; r < n; ++r) {
        const float* start = step.gates + taken[at + r] * buffer.stride + offset;
        for (int v = 0; v < lstmCell::gates; ++v) tile.sum[r][v] = load(start + v * Vec::width);
      }
      multiply(tile, RowPointers<n>(step.h, a.H, taken, at), plainDepth(a.H), recurrent + offset * a.H,
               blockLanes);
      for (int r = 0; r < n; ++r) {
        const int64_t row = taken[at + r];
        activate(a, step, row, block, tile.sum[r], step.gates + row * buffer.stride + offset);
      }
    });
  }
};

struct LstmBackward {
  const contract::LstmBackwardArguments& a;
  Walk walk;
  const SequenceRows& rows;
  Transposed recurrentTransposed;
  std::byte* rounded;   // where this part rounds rows of gates
  float* cellGradient;  // [B, unitStride]: of the cell state after the present step
  float* carry;         // [B, unitStride]: of h, along masked steps
  int64_t unitStride;
  int64_t gateStride;

  float* gatesOf(int64_t s) const { return a.saved + walk.time(s) * a.B * gateStride; }

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range vectors = split.vectors(gateColumns(a.H).blocks(), part, plainVectors);
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
                  rounded, vectors, body);
    }
    forCarried(rows.after(part, through), vectors, carry, unitStride, body);
  }

  /** What a step reads and writes, [B, H] each. */
  struct Step {
    int64_t t;
    float* gates;
    const float* dy;
    const float* before;  // the cell state
    const float* after;
    float* dStates;
  };

  Step stepOf(int64_t s) const {
    const int64_t t = walk.time(s), rows = a.B * a.H, to = walk.to(s) * rows;
    return {t,
            gatesOf(s),
            a.dy ? a.dy + t * rows : nullptr,
            a.c + walk.from(s) * rows,
            a.c + to,
            a.dStates ? a.dStates + to : nullptr};
  }

  void cell(const Step& step, int64_t row, int64_t block, Vec dh) const {
    const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
    if (step.dy) dh = dh + load(step.dy + at, count);
    if (step.dStates) store(step.dStates + at, dh, count);
    float* gates = step.gates + row * gateStride + block * lstmCell::gates * Vec::width;
    float* dc = cellGradient + row * unitStride + unit;
    if (isMasked(a.lengths, row, step.t)) return store(carry + row * unitStride + unit, dh);
    const Vec i = load(gates), f = load(gates + Vec::width);
    const Vec g = load(gates + 2 * Vec::width), o = load(gates + 3 * Vec::width);
    const Vec one = broadcast(1.0f);
    const Vec squashed = tanh(load(step.after + at, count));
    const Vec dCell = fma(dh * o, one - squashed * squashed, load(dc));
    store(dc, dCell * f);
    store(gates, dCell * g * (i * (one - i)));
    store(gates + Vec::width, dCell * load(step.before + at, count) * (f * (one - f)));
    store(gates + 2 * Vec::width, dCell * i * (one - g * g));
    store(gates + 3 * Vec::width, dh * squashed * (o * (one - o)));
  }
};

}  // namespace

Outcome lstm(const contract::LstmArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  if (isReduced(a.precision)) return lstmReduced(a, workspace);
  const Columns columns = gateColumns(a.H);
  const int64_t gateStride = columns.vectors() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, lstmCell::gates);
  SequenceRows rows;
  if (!rows.arrange(workspace, a.lengths, a.B, split)) return outOfMemory;
  const int64_t chunk = stepsPerChunk(a.T, rows.all(0).count, gateStride);

  const float* kernel =
      workspace.panels(a.kernel, role::lstm, a.I, lstmCell::gates * a.H, gateStride * a.I, packLstm);
  const float* recurrent =
      workspace.panels(a.recurrentKernel, role::lstm, a.H, lstmCell::gates * a.H, gateStride * a.H, packLstm);
  float* bias = workspace.scratch(scratch::bias, gateStride);
  float* gates = a.saved ? a.saved : workspace.scratch(scratch::gates, chunk * a.B * gateStride);
  if (!kernel || !recurrent || !bias || !gates) return outOfMemory;
  packBias(a.bias, columns, bias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  copyOrClear(a.initialC, a.B * a.H, a.c + walk.from(0) * a.B * a.H);
  const GateBuffer buffer{gates, gateStride, a.B, chunk, a.saved != nullptr, walk};
  const LstmForward forward{a, rows, kernel, recurrent, bias, buffer, workspace.turn()};
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { forward.run(part, split, gate); });
  return gate.outcome();
}

Outcome lstm_backward(const contract::LstmBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  const Columns columns = gateColumns(a.H);
  const int64_t gateStride = columns.vectors() * Vec::width, unitStride = columns.blocks() * Vec::width;
  const int64_t weightColumns = lstmCell::gates * a.H;
  const auto transposed = [&](const float* weights, int64_t rows) {
    return transpose<gateColumns, lstmCell::gates>(workspace, weights, rows, a.H, a.precision);
  };
  const SequenceSplit split(workspace, a.T, a.B, 0, a.H, lstmCell::gates);
  const Transposed recurrentTransposed = transposed(a.recurrentKernel, a.H);
  const RoundingSpace rounding(workspace, a.precision, split, a.B, gateStride);
  float* cellGradient = workspace.scratch(scratch::cellGradient, a.B * unitStride);
  float* carry = workspace.scratch(scratch::carry, a.B * unitStride);
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
  workspace.parallel(split.parts, [&](int part) {
    LstmBackward{a,     walk,       rows,      recurrentTransposed, rounding.of(part), cellGradient,
                 carry, unitStride, gateStride}
        .run(part, split, gate);
  });
  if (!isOk(gate.outcome())) return gate.outcome();

  if (a.dx) {
    clearMasked(a.lengths, a.T, a.B, a.I, a.dx);
    const bool done = multiplyRows(workspace, a.saved, gateStride, valid, depthOf(columns),
                                   transposed(a.kernel, a.I), a.I, a.dx);
    if (!done) return outOfMemory;
  }
  if (a.dBias) sumColumns(workspace, a.saved, gateStride, columns, valid, a.dBias);
  const float* previous = a.h + (a.reverse ? a.B * a.H : 0);
  const auto gradient = [&](const float* left, int64_t rows, float* target) {
    return !target || multiplyTransposed(workspace, left, rows, rows, a.saved, gateStride, columns, valid,
                                         target, weightColumns, a.precision);
  };
  if (!gradient(a.x, a.I, a.dKernel) || !gradient(previous, a.H, a.dRecurrentKernel)) return outOfMemory;
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
