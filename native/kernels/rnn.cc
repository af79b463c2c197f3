#include "activations.h"
#include "sequence.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

enum Activation : int32_t { hyperbolicTangent, rectified, identity };

Vec activate(int32_t activation, Vec x) {
  if (activation == hyperbolicTangent) return tanh(x);
  return activation == rectified ? relu(x) : x;
}

/** dh times the derivative of the activation, taken from its output h. */
Vec derive(int32_t activation, Vec h, Vec dh) {
  if (activation == hyperbolicTangent) return dh * (broadcast(1.0f) - h * h);
  return activation == rectified ? select(h > zero(), dh, zero()) : dh;
}

struct RnnForward {
  const contract::RnnArguments& a;
  Walk walk;
  const float* kernel;     // [panels][I][plainVectors · width]
  const float* recurrent;  // [panels][H][plainVectors · width]
  const float* bias;       // [H, padded]
  float* sums;             // [chunk, B, stride]: x · kernel + bias
  int64_t stride;
  int64_t chunk;

  float* sumsOf(int64_t s) const { return sums + s % chunk * a.B * stride; }

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range rows = split.rows(part);
    const Range vectors = split.vectors(stride / Vec::width, part, plainVectors);
    for (int64_t s = 0; s < a.T; ++s) {
      if (s % chunk == 0) input(s, rows, vectors);
      if (!gate.enter(part, s)) return;
      step(s, rows, vectors);
    }
  }

  void input(int64_t s, Range rows, Range vectors) const {
    for (int64_t first = vectors.begin; first < vectors.end; first += plainVectors) {
      const int64_t unit = first * Vec::width;
      for (int64_t i = s; i < std::min(s + chunk, a.T); ++i) {
        withVectors<plainVectors>(std::min<int64_t>(plainVectors, vectors.end - first), [&](auto count) {
          inputProduct<count>(a.x + walk.time(i) * a.B * a.I, a.I, rows, kernel + unit * a.I, plainVectors,
                              bias + unit, sumsOf(i) + unit, stride);
        });
      }
    }
  }

  void step(int64_t s, Range rows, Range vectors) const {
    const int64_t t = walk.time(s);
    const float *h = a.h + walk.from(s) * a.B * a.H, *buffered = sumsOf(s);
    float* next = a.h + walk.to(s) * a.B * a.H;
    forProducts(h, a.H, plainDepth(a.H), recurrent, rows.begin, rows.end, vectors.begin, vectors.end,
                [&](int64_t row, int64_t vector, Vec sum) {
                  const int64_t unit = vector * Vec::width, at = row * a.H + unit, count = a.H - unit;
                  const Vec value = isMasked(a.lengths, row, t)
                                        ? load(h + at, count)
                                        : activate(a.activation, sum + load(buffered + row * stride + unit));
                  store(next + at, value, count);
                });
  }
};

struct RnnBackward {
  const contract::RnnBackwardArguments& a;
  Walk walk;
  const float* recurrentTransposed;  // [panels][H][plainVectors · width]
  float* carry;                      // [B, stride]: gradient of h that does not come through the activation
  int64_t stride;

  float* gatesOf(int64_t s) const { return a.dGates + walk.time(s) * a.B * stride; }

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range rows = split.rows(part);
    const Range vectors = split.vectors(stride / Vec::width, part, plainVectors);
    for (int64_t s = a.T - 1; s >= 0; --s) {
      if (!gate.enter(part, a.T - 1 - s)) return;
      const Step step = stepOf(s);
      eachUnit(s, rows, vectors, [&](int64_t row, int64_t unit, Vec dh) { cell(step, row, unit, dh); });
    }
    if (!a.dInitialH && !a.dStates) return;
    if (!gate.enter(part, a.T)) return;
    eachUnit(-1, rows, vectors, [&](int64_t row, int64_t unit, Vec dh) {
      const int64_t at = row * a.H + unit, count = a.H - unit;
      if (a.dInitialH) store(a.dInitialH + at, dh, count);
      if (a.dStates) store(a.dStates + walk.from(0) * a.B * a.H + at, dh, count);
    });
  }

  /** body(row, unit, dh) with the gradient that h after step s receives from step s + 1 or from outside. */
  template <typename Body>
  void eachUnit(int64_t s, Range rows, Range vectors, Body&& body) const {
    const bool isLast = s == a.T - 1;
    forProducts(isLast ? nullptr : gatesOf(s + 1), stride, plainDepth(a.H), recurrentTransposed, rows.begin,
                rows.end, vectors.begin, vectors.end, [&](int64_t row, int64_t vector, Vec dh) {
                  const int64_t unit = vector * Vec::width;
                  body(row, unit, isLast || a.lengths ? dh + load(carry + row * stride + unit) : dh);
                });
  }

  /** What a step reads and writes, [B, H] each. */
  struct Step {
    int64_t t;
    float* gates;
    const float* dy;
    const float* h;
    float* dStates;
  };

  Step stepOf(int64_t s) const {
    const int64_t t = walk.time(s), rows = a.B * a.H, to = walk.to(s) * rows;
    return {t, gatesOf(s), a.dy ? a.dy + t * rows : nullptr, a.h + to, a.dStates ? a.dStates + to : nullptr};
  }

  void cell(const Step& step, int64_t row, int64_t unit, Vec dh) const {
    const int64_t at = row * a.H + unit, count = a.H - unit;
    if (step.dy) dh = dh + load(step.dy + at, count);
    if (step.dStates) store(step.dStates + at, dh, count);
    const bool masked = isMasked(a.lengths, row, step.t);
    if (a.lengths) store(carry + row * stride + unit, masked ? dh : zero());
    const Vec gradient = masked ? zero() : derive(a.activation, load(step.h + at, count), dh);
    store(step.gates + row * stride + unit, gradient);
  }
};

}  // namespace

Outcome rnn(const contract::RnnArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  const Columns columns = plainColumns(a.H);
  const int64_t stride = columns.blocks() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, 1);
  const int64_t chunk = stepsPerChunk(a.T, split.rows(0).count(), stride);

  const auto packed = [&](const float* weights, int64_t rows) {
    return workspace.panels(weights, role::plain, rows, a.H,
                            panelElements(columns.vectors(), plainVectors, rows), packPlain);
  };
  const float *kernel = packed(a.kernel, a.I), *recurrent = packed(a.recurrentKernel, a.H);
  float* bias = workspace.scratch(scratch::bias, stride);
  float* sums = workspace.scratch(scratch::gates, chunk * a.B * stride);
  if (!kernel || !recurrent || !bias || !sums) return outOfMemory;
  packBias(a.bias, columns, bias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  const RnnForward forward{a, walk, kernel, recurrent, bias, sums, stride, chunk};
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { forward.run(part, split, gate); });
  return gate.outcome();
}

Outcome rnn_backward(const contract::RnnBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  const Columns columns = plainColumns(a.H);
  const int64_t stride = columns.blocks() * Vec::width;
  const auto transposed = [&](const float* weights, int64_t rows) {
    return workspace.panels(weights, role::plainTransposed, rows, a.H, transposedElements(rows, columns),
                            packPlainTransposed);
  };
  const float* recurrentTransposed = transposed(a.recurrentKernel, a.H);
  float* carry = workspace.scratch(scratch::carry, a.B * stride);
  RowList valid;
  if (!recurrentTransposed || !carry || !listValidRows(workspace, a.lengths, a.T, a.B, valid))
    return outOfMemory;
  padRows(a.dFinalH, a.B, a.H, stride, carry);

  const RnnBackward backward{a, {a.T, a.reverse != 0}, recurrentTransposed, carry, stride};
  const SequenceSplit split(workspace, a.T, a.B, 0, a.H, 1);
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { backward.run(part, split, gate); });
  if (!isOk(gate.outcome())) return gate.outcome();

  if (a.dx) {
    const float* kernelTransposed = transposed(a.kernel, a.I);
    if (!kernelTransposed) return outOfMemory;
    multiplyPanels(workspace, a.dGates, stride, a.T * a.B, plainDepth(a.H), kernelTransposed, a.I, nullptr,
                   a.dx);
  }
  if (a.dBias) sumColumns(workspace, a.dGates, stride, columns, valid, a.dBias);
  const float* previous = a.h + (a.reverse ? a.B * a.H : 0);
  const auto gradient = [&](const float* left, int64_t rows, float* target) {
    return !target ||
           multiplyTransposed(workspace, left, rows, rows, a.dGates, stride, columns, valid, target, a.H);
  };
  if (!gradient(a.x, a.I, a.dKernel) || !gradient(previous, a.H, a.dRecurrentKernel)) return outOfMemory;
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
