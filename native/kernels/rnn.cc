#include "rnn.h"

#include "backward.h"
#include "masks.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

template <bool plain>
struct RnnForward {
  const contract::RnnArguments& a;
  Walk walk;
  const SequenceRows& rows;
  const float* kernel;     // [panels][I][plainVectors · width]
  const float* recurrent;  // [panels][H][plainVectors · width]
  const float* bias;       // [H, padded]
  GateBuffer buffer;       // x · kernel + bias
  const MaskedState& masked;

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range vectors = split.vectors(buffer.stride / Vec::width, part, plainVectors);
    for (int64_t s = 0; s < a.T; ++s) {
      if (s % buffer.chunk == 0) input(part, s, vectors);
      if (!gate.enter(part, s)) return;
      step(part, s, vectors);
    }
  }

 private:
  void input(int part, int64_t s, Range vectors) const {
    const InputProduct product{a.x, a.I, rows, part, buffer.times(s), buffer};
    for (int64_t first = vectors.begin; first < vectors.end; first += plainVectors) {
      const int64_t unit = first * Vec::width;
      withVectors<plainVectors>(std::min<int64_t>(plainVectors, vectors.end - first), [&](auto count) {
        product.run<count>(kernel + unit * a.I, plainVectors, bias + unit, unit);
      });
    }
  }

  void step(int part, int64_t s, Range vectors) const {
    const float *h = a.h + walk.from(s) * a.B * a.H, *sums = buffer.at(s);
    float* next = a.h + walk.to(s) * a.B * a.H;
    const int64_t t = walk.time(s);
    const RowList taken = rows.at(part, t);
    carryState(rows.after(part, taken), vectors, a.H, h, next);
    const float* left = plain ? h : masked.of(part, h, taken);
    forProducts(s, left, a.H, taken, plainDepth(a.H), recurrent, vectors,
                [&](int64_t row, int64_t vector, Vec sum) {
                  const int64_t unit = vector * Vec::width, at = row * a.H + unit, count = a.H - unit;
                  Vec value = activate(a.activation, sum + load(sums + row * buffer.stride + unit));
                  if constexpr (!plain) {
                    const float* update = updateAt(a.updateH, t * a.B * a.H, at);
                    value = keep(update, a.zoneoutH, load(h + at, count), value, count);
                  }
                  store(next + at, value, count);
                });
  }
};

template <bool plain>
struct RnnBackward {
  const contract::RnnBackwardArguments& a;
  Walk walk;
  const SequenceRows& rows;
  Transposed recurrentTransposed;
  std::byte* rounded;  // where this part rounds rows of gates
  float* carry;        // [B, stride]: gradient of h along masked steps and where units kept it
  int64_t stride;

  float* gatesOf(int64_t s) const { return a.dGates + walk.time(s) * a.B * stride; }

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range vectors = split.vectors(stride / Vec::width, part, plainVectors);
    for (int64_t s = a.T - 1; s >= 0; --s) {
      if (!gate.enter(part, a.T - 1 - s)) return;
      const Step step = stepOf(s);
      eachUnit(part, s, vectors, [&](int64_t row, int64_t vector, Vec dh) { cell(step, row, vector, dh); });
    }
    if (!a.dInitialH && !a.dStates) return;
    if (!gate.enter(part, a.T)) return;
    eachUnit(part, -1, vectors, [&](int64_t row, int64_t vector, Vec dh) {
      const int64_t unit = vector * Vec::width, at = row * a.H + unit, count = a.H - unit;
      if (a.dInitialH) store(a.dInitialH + at, dh, count);
      if (a.dStates) store(a.dStates + walk.from(0) * a.B * a.H + at, dh, count);
    });
  }

  /** body(row, vector, dh) with the gradient that h after step s receives from step s + 1 or from outside. */
  template <typename Body>
  void eachUnit(int part, int64_t s, Range vectors, Body&& body) const {
    const RowList through = s == a.T - 1 ? RowList{0} : rows.at(part, walk.time(s + 1));
    if (through.count > 0) {
      forProducts(s, gatesOf(s + 1), stride, through, plainDepth(a.H), recurrentTransposed, rounded, vectors,
                  [&](int64_t row, int64_t vector, Vec dh) {
                    if constexpr (!plain) dh = throughMask(row, vector * Vec::width, dh);
                    body(row, vector, dh);
                  });
    }
    forCarried(rows.after(part, through), vectors, carry, stride, body);
  }

  /** Of h, from what stands for it in products and from the units that kept it. */
  Vec throughMask(int64_t row, int64_t unit, Vec dh) const {
    if (a.recurrentMask) dh = dh * load(a.recurrentMask + row * a.H + unit, a.H - unit);
    return dh + load(carry + row * stride + unit);
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

  void cell(const Step& step, int64_t row, int64_t vector, Vec dh) const {
    const int64_t unit = vector * Vec::width, at = row * a.H + unit, count = a.H - unit;
    if (step.dy) dh = dh + load(step.dy + at, count);
    if (step.dStates) store(step.dStates + at, dh, count);
    if (isMasked(a.lengths, row, step.t)) return store(carry + row * stride + unit, dh);
    if constexpr (!plain) {
      const float* update = updateAt(a.updateH, step.t * a.B * a.H, at);
      const SplitGradient parts = splitGradient(update, dh, count);
      store(carry + row * stride + unit, parts.kept);
      dh = parts.taken;
    }
    // Where a unit kept its old state no gradient asks for the derivative at the new one.
    store(step.gates + row * stride + unit, derive(a.activation, load(step.h + at, count), dh));
  }
};

}  // namespace

Outcome rnn(const contract::RnnArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  if (isReduced(a.precision)) return rnnReduced(a, workspace);
  const Columns columns = plainColumns(a.H);
  const int64_t stride = columns.blocks() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, 1);
  SequenceRows rows;
  if (!rows.arrange(workspace, a.lengths, a.B, split)) return outOfMemory;
  const int64_t chunk = stepsPerChunk(a.T, rows.all(0).count, stride);

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
  copyOrClear(workspace, a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  MaskedState masked;
  if (!masked.reserve(workspace, a.recurrentMask, a.B, a.H, split)) return outOfMemory;
  const GateBuffer buffer{sums, stride, a.B, chunk, false, walk};
  StepGate gate(workspace, split);
  withPlain(!a.recurrentMask && !a.updateH && a.zoneoutH == 0, [&](auto plain) {
    const RnnForward<plain> cell{a, walk, rows, kernel, recurrent, bias, buffer, masked};
    workspace.parallel(split.parts, [&](int part) { cell.run(part, split, gate); });
  });
  return gate.outcome();
}

Outcome rnn_backward(const contract::RnnBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  const Columns columns = plainColumns(a.H);
  const int64_t stride = columns.blocks() * Vec::width;
  const auto transposed = [&](const float* weights, int64_t rows) {
    return transpose<plainColumns, 1>(workspace, weights, rows, a.H, a.precision);
  };
  const SequenceSplit split(workspace, a.T, a.B, 0, a.H, 1);
  const Transposed recurrentTransposed = transposed(a.recurrentKernel, a.H);
  const RoundingSpace rounding(workspace, a.precision, split, a.B, a.H);
  float* carry = workspace.scratch(scratch::carry, a.B * stride);
  SequenceRows rows;
  RowList valid;
  if (!recurrentTransposed.panels || !rounding.isReserved || !carry ||
      !rows.arrange(workspace, a.lengths, a.B, split) ||
      !listValidRows(workspace, a.lengths, a.T, a.B, valid)) {
    return outOfMemory;
  }
  padRows(a.dFinalH, a.B, a.H, stride, carry);

  const Walk walk{a.T, a.reverse != 0};
  StepGate gate(workspace, split);
  withPlain(!a.recurrentMask && !a.updateH, [&](auto plain) {
    workspace.parallel(split.parts, [&](int part) {
      RnnBackward<plain>{a, walk, rows, recurrentTransposed, rounding.of(part), carry, stride}.run(
          part, split, gate);
    });
  });
  if (!isOk(gate.outcome())) return gate.outcome();

  if (a.dx) {
    clearMasked(a.lengths, a.T, a.B, a.I, a.dx);
    const bool done = multiplyRows(workspace, a.dGates, stride, valid, plainDepth(a.H),
                                   transposed(a.kernel, a.I), a.I, a.dx);
    if (!done) return outOfMemory;
  }
  if (a.dBias) sumColumns(workspace, a.dGates, stride, columns, valid, a.dBias);
  const float* previous =
      maskedStates(workspace, a.h + (a.reverse ? a.B * a.H : 0), a.recurrentMask, a.T, a.B, a.H);
  if (!previous) return outOfMemory;
  const auto gradient = [&](const float* left, int64_t rows, float* target) {
    return !target || multiplyTransposed(workspace, left, rows, rows, a.dGates, stride, columns, valid,
                                         target, a.H, a.precision);
  };
  if (!gradient(a.x, a.I, a.dKernel) || !gradient(previous, a.H, a.dRecurrentKernel)) return outOfMemory;
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
