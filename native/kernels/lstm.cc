// saved: [T, B, blocks, 4, width] holds σ(i), σ(f), tanh(g) and σ(o); backward puts their gradients there.
#include "activations.h"
#include "sequence.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

constexpr int gatesOfLstm = 4;
constexpr int lstmRows = tileBudget / gatesOfLstm;

constexpr Columns lstmColumns(int64_t H) { return {H, 4, {0, 1, 2, 3}, 4, 0}; }

void packLstm(const float* weights, int64_t rows, int64_t columns, float* panels) {
  packColumns(weights, rows, rows, columns, lstmColumns(columns / gatesOfLstm), gatesOfLstm, panels);
}

void packLstmTransposed(const float* weights, int64_t rows, int64_t columns, float* panels) {
  packTransposed(weights, rows, columns, lstmColumns(columns / gatesOfLstm), panels);
}

struct LstmForward {
  const contract::LstmArguments& a;
  Walk walk;
  const float* kernel;     // [blocks][I][4 · width]
  const float* recurrent;  // [blocks][H][4 · width]
  const float* bias;       // [blocks][4 · width]
  float* gates;            // saved, or the steps of one chunk
  int64_t gateStride;
  int64_t chunk;

  float* gatesOf(int64_t s) const { return gates + (a.saved ? walk.time(s) : s % chunk) * a.B * gateStride; }

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range rows = split.rows(part);
    const Range blocks = split.vectors(lstmColumns(a.H).blocks(), part, 1);
    for (int64_t s = 0; s < a.T; ++s) {
      if (s % chunk == 0) input(s, rows, blocks);
      if (!gate.enter(part, s)) return;
      for (int64_t block = blocks.begin; block < blocks.end; ++block) step(s, rows, block);
    }
  }

  /** x · kernel + bias for the chunk of steps from s on. */
  void input(int64_t s, Range rows, Range blocks) const {
    constexpr int64_t lanes = gatesOfLstm * Vec::width;
    for (int64_t block = blocks.begin; block < blocks.end; ++block) {
      for (int64_t i = s; i < std::min(s + chunk, a.T); ++i) {
        inputProduct<gatesOfLstm>(a.x + walk.time(i) * a.B * a.I, a.I, rows, kernel + block * a.I * lanes,
                                  gatesOfLstm, bias + block * lanes, gatesOf(i) + block * lanes, gateStride);
      }
    }
  }

  void step(int64_t s, Range rows, int64_t block) const {
    constexpr int64_t lanes = gatesOfLstm * Vec::width;
    const int64_t t = walk.time(s), unit = block * Vec::width, count = a.H - unit;
    const int64_t from = walk.from(s) * a.B * a.H, to = walk.to(s) * a.B * a.H;
    const float *h = a.h + from, *c = a.c + from + unit;
    float *hNext = a.h + to + unit, *cNext = a.c + to + unit, *blockGates = gatesOf(s) + block * lanes;
    forRowTiles<lstmRows>(rows.begin, rows.end, [&](int64_t row, auto tileRows) {
      constexpr int n = tileRows;
      Tile<n, gatesOfLstm> tile;
      for (int r = 0; r < n; ++r) {
        const float* start = blockGates + (row + r) * gateStride;
        for (int v = 0; v < gatesOfLstm; ++v) tile.sum[r][v] = load(start + v * Vec::width);
      }
      multiply(tile, Left{h + row * a.H, a.H, 1}, recurrent + block * a.H * lanes, lanes, a.H);
      for (int r = 0; r < n; ++r) {
        const int64_t at = (row + r) * a.H;
        if (isMasked(a.lengths, row + r, t)) {
          store(cNext + at, load(c + at, count), count);
          store(hNext + at, load(h + at + unit, count), count);
          continue;
        }
        const Vec i = sigmoid(tile.sum[r][0]);
        const Vec f = sigmoid(tile.sum[r][1]);
        const Vec g = tanh(tile.sum[r][2]);
        const Vec o = sigmoid(tile.sum[r][3]);
        const Vec cell = fma(f, load(c + at, count), i * g);
        store(cNext + at, cell, count);
        store(hNext + at, o * tanh(cell), count);
        if (!a.saved) continue;
        float* target = blockGates + (row + r) * gateStride;
        store(target, i);
        store(target + Vec::width, f);
        store(target + 2 * Vec::width, g);
        store(target + 3 * Vec::width, o);
      }
    });
  }
};

struct LstmBackward {
  const contract::LstmBackwardArguments& a;
  Walk walk;
  const float* recurrentTransposed;  // [panels][blocks · 4 · width][plainVectors · width]
  float* cellGradient;               // [B, unitStride]: of the cell state after the present step
  float* carry;                      // [B, unitStride]: gradient of h that does not come through the gates
  int64_t unitStride;
  int64_t gateStride;

  float* gatesOf(int64_t s) const { return a.saved + walk.time(s) * a.B * gateStride; }

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range rows = split.rows(part);
    const Range vectors = split.vectors(lstmColumns(a.H).blocks(), part, plainVectors);
    for (int64_t s = a.T - 1; s >= 0; --s) {
      if (!gate.enter(part, a.T - 1 - s)) return;
      const Step step = stepOf(s);
      eachUnit(s, rows, vectors, [&](int64_t row, int64_t block, Vec dh) { cell(step, row, block, dh); });
    }
    if (!a.dInitialH && !a.dInitialC && !a.dStates) return;
    if (!gate.enter(part, a.T)) return;
    eachUnit(-1, rows, vectors, [&](int64_t row, int64_t block, Vec dh) {
      const int64_t unit = block * Vec::width, at = row * a.H + unit, count = a.H - unit;
      if (a.dInitialH) store(a.dInitialH + at, dh, count);
      if (a.dStates) store(a.dStates + walk.from(0) * a.B * a.H + at, dh, count);
      if (a.dInitialC) store(a.dInitialC + at, load(cellGradient + row * unitStride + unit), count);
    });
  }

  /** body(row, block, dh) with the gradient that h after step s receives from step s + 1 or from outside. */
  template <typename Body>
  void eachUnit(int64_t s, Range rows, Range vectors, Body&& body) const {
    const bool isLast = s == a.T - 1;
    forProducts(isLast ? nullptr : gatesOf(s + 1), gateStride, plainDepth(gateStride), recurrentTransposed,
                rows.begin, rows.end, vectors.begin, vectors.end, [&](int64_t row, int64_t block, Vec dh) {
                  const bool carried = isLast || a.lengths;
                  body(row, block, carried ? dh + load(carry + row * unitStride + block * Vec::width) : dh);
                });
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
    float* gates = step.gates + row * gateStride + block * gatesOfLstm * Vec::width;
    float* dc = cellGradient + row * unitStride + unit;
    if (a.lengths) {
      const bool masked = isMasked(a.lengths, row, step.t);
      store(carry + row * unitStride + unit, masked ? dh : zero());
      if (masked) {
        for (int v = 0; v < gatesOfLstm; ++v) store(gates + v * Vec::width, zero());
        return;
      }
    }
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
  const Columns columns = lstmColumns(a.H);
  const int64_t gateStride = columns.vectors() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, gatesOfLstm);
  const int64_t chunk = stepsPerChunk(a.T, split.rows(0).count(), gateStride);

  const float* kernel =
      workspace.panels(a.kernel, role::lstm, a.I, gatesOfLstm * a.H, gateStride * a.I, packLstm);
  const float* recurrent =
      workspace.panels(a.recurrentKernel, role::lstm, a.H, gatesOfLstm * a.H, gateStride * a.H, packLstm);
  float* bias = workspace.scratch(scratch::bias, gateStride);
  float* gates = a.saved ? a.saved : workspace.scratch(scratch::gates, chunk * a.B * gateStride);
  if (!kernel || !recurrent || !bias || !gates) return outOfMemory;
  packBias(a.bias, columns, bias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  copyOrClear(a.initialC, a.B * a.H, a.c + walk.from(0) * a.B * a.H);
  const LstmForward forward{a, walk, kernel, recurrent, bias, gates, gateStride, chunk};
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { forward.run(part, split, gate); });
  return gate.outcome();
}

Outcome lstm_backward(const contract::LstmBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  const Columns columns = lstmColumns(a.H);
  const int64_t gateStride = columns.vectors() * Vec::width, unitStride = columns.blocks() * Vec::width;
  const int64_t weightColumns = gatesOfLstm * a.H;
  const auto transposed = [&](const float* weights, int64_t rows) {
    return workspace.panels(weights, role::lstmTransposed, rows, weightColumns,
                            transposedElements(rows, columns), packLstmTransposed);
  };
  const float* recurrentTransposed = transposed(a.recurrentKernel, a.H);
  float* cellGradient = workspace.scratch(scratch::cellGradient, a.B * unitStride);
  float* carry = workspace.scratch(scratch::carry, a.B * unitStride);
  RowList valid;
  if (!recurrentTransposed || !cellGradient || !carry ||
      !listValidRows(workspace, a.lengths, a.T, a.B, valid)) {
    return outOfMemory;
  }
  padRows(a.dFinalC, a.B, a.H, unitStride, cellGradient);
  padRows(a.dFinalH, a.B, a.H, unitStride, carry);

  const Walk walk{a.T, a.reverse != 0};
  const LstmBackward backward{a, walk, recurrentTransposed, cellGradient, carry, unitStride, gateStride};
  const SequenceSplit split(workspace, a.T, a.B, 0, a.H, gatesOfLstm);
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { backward.run(part, split, gate); });
  if (!isOk(gate.outcome())) return gate.outcome();

  if (a.dx) {
    const float* kernelTransposed = transposed(a.kernel, a.I);
    if (!kernelTransposed) return outOfMemory;
    multiplyPanels(workspace, a.saved, gateStride, a.T * a.B, depthOf(columns), kernelTransposed, a.I,
                   nullptr, a.dx);
  }
  if (a.dBias) sumColumns(workspace, a.saved, gateStride, columns, valid, a.dBias);
  const float* previous = a.h + (a.reverse ? a.B * a.H : 0);
  const auto gradient = [&](const float* left, int64_t rows, float* target) {
    return !target || multiplyTransposed(workspace, left, rows, rows, a.saved, gateStride, columns, valid,
                                         target, weightColumns);
  };
  if (!gradient(a.x, a.I, a.dKernel) || !gradient(previous, a.H, a.dRecurrentKernel)) return outOfMemory;
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
