#include "gru.h"

namespace ostinato::OSTINATO_LEVEL {

using namespace gruCell;

namespace {

void packInput(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  packColumns(weights, rows, rows, columns, inputColumns(columns / gates), gates, panels, share);
}

void packRecurrent(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  packColumns(weights, rows, rows, columns, recurrentColumns(columns / gates), gates, panels, share);
}

void packResetGates(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  packColumns(weights, rows, rows, columns, resetGateColumns(columns / gates), 2, panels, share);
}

void packCandidate(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  const Columns candidate = candidateColumns(columns / gates);
  packColumns(weights, rows, candidate.depth(), columns, candidate, plainVectors, panels, share);
}

/** r ∗ hₜ₋₁ of all steps, [T · B, H], from the fourth slots of the gate buffer. */
void collectReset(const contract::GruBackwardArguments& a, int64_t stride, float* reset) {
  for (int64_t row = 0; row < a.T * a.B; ++row) {
    for (int64_t unit = 0; unit < a.H; unit += Vec::width) {
      const float* slot = slotOf(a.saved + row * stride, unit / Vec::width, fourthSlot);
      store(reset + row * a.H + unit, load(slot), a.H - unit);
    }
  }
}

}  // namespace

Outcome gru(const contract::GruArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  if (isReduced(a.precision)) return gruReduced(a, workspace);
  const Columns columns = inputColumns(a.H);
  const int64_t stride = columns.blocks() * blockLanes, unitStride = columns.blocks() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, gates);
  SequenceRows rows;
  if (!rows.arrange(workspace, a.lengths, a.B, split)) return outOfMemory;
  const int64_t chunk = stepsPerChunk(a.T, rows.all(0).count, stride);

  const float* kernel =
      workspace.panels(a.kernel, role::gruInput, a.I, gates * a.H, gates * unitStride * a.I, packInput);
  const float *recurrent, *candidate = nullptr;
  if (a.resetAfter) {
    recurrent = workspace.panels(a.recurrentKernel, role::gruRecurrent, a.H, gates * a.H,
                                 gates * unitStride * a.H, packRecurrent);
  } else {
    recurrent = workspace.panels(a.recurrentKernel, role::gruResetGates, a.H, gates * a.H,
                                 2 * unitStride * a.H, packResetGates);
    candidate = workspace.panels(a.recurrentKernel, role::gruCandidate, a.H, gates * a.H,
                                 panelElements(columns.blocks(), plainVectors, unitStride), packCandidate);
    if (!candidate) return outOfMemory;
  }
  float* bias = workspace.scratch(scratch::bias, (gates + 1) * unitStride);
  float* gateRows = a.saved ? a.saved : workspace.scratch(scratch::gates, chunk * a.B * stride);
  if (!kernel || !recurrent || !bias || !gateRows) return outOfMemory;
  float* candidateBias = bias + gates * unitStride;
  packGruBias(a, columns, bias);
  packBias(a.recurrentBias, candidateColumns(a.H), candidateBias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(workspace, a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  const GateBuffer buffer{gateRows, stride, a.B, chunk, a.saved != nullptr, walk};
  MaskedState masked;
  if (!masked.reserve(workspace, a.recurrentMask, a.B, a.H, split)) return outOfMemory;
  StepGate gate(workspace, split);
  withPlain(isPlain(a), [&](auto plain) {
    const Forward<plain> cell{a,    walk,          rows,   kernel, recurrent,       candidate,
                              bias, candidateBias, masked, buffer, workspace.turn()};
    workspace.parallel(split.parts, [&](int part) { cell.run(part, split, gate); });
  });
  return gate.outcome();
}

Outcome gru_backward(const contract::GruBackwardArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  const Columns inputs = inputColumns(a.H);
  const int64_t stride = inputs.blocks() * blockLanes, unitStride = inputs.blocks() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, 0, a.H, gates);
  const RoundingSpace rounding(workspace, a.precision, split, a.B, gates * unitStride);
  Transposed recurrentTransposed, candidateTransposed{};
  if (a.resetAfter) {
    recurrentTransposed =
        transpose<recurrentColumns, gates>(workspace, a.recurrentKernel, a.H, a.H, a.precision);
  } else {
    recurrentTransposed =
        transpose<resetGateColumns, gates>(workspace, a.recurrentKernel, a.H, a.H, a.precision);
    candidateTransposed =
        transpose<candidateColumns, gates>(workspace, a.recurrentKernel, a.H, a.H, a.precision);
    if (!candidateTransposed.panels) return outOfMemory;
  }
  float* carry = workspace.scratch(scratch::carry, a.B * unitStride);
  SequenceRows rows;
  RowList valid;
  if (!recurrentTransposed.panels || !rounding.isReserved || !carry ||
      !rows.arrange(workspace, a.lengths, a.B, split) ||
      !listValidRows(workspace, a.lengths, a.T, a.B, valid)) {
    return outOfMemory;
  }
  padRows(a.dFinalH, a.B, a.H, unitStride, carry);

  const Walk walk{a.T, a.reverse != 0};
  StepGate gate(workspace, split);
  withPlain(!a.recurrentMask && !a.updateH, [&](auto plain) {
    workspace.parallel(split.parts, [&](int part) {
      Backward<plain>{a,     walk,       rows,  recurrentTransposed, candidateTransposed, rounding.of(part),
                      carry, unitStride, stride}
          .run(part, split, gate);
    });
  });
  if (!isOk(gate.outcome())) return gate.outcome();

  if (a.dx) {
    const Transposed kernel = transpose<inputColumns, gates>(workspace, a.kernel, a.I, a.H, a.precision);
    clearMasked(a.lengths, a.T, a.B, a.I, a.dx);
    if (!multiplyRows(workspace, a.saved, stride, valid, depthOf(inputs), kernel, a.I, a.dx))
      return outOfMemory;
  }
  const Columns recurrents = a.resetAfter ? recurrentColumns(a.H) : inputs;
  if (a.dBias) sumColumns(workspace, a.saved, stride, inputs, valid, a.dBias);
  if (a.dRecurrentBias) sumColumns(workspace, a.saved, stride, recurrents, valid, a.dRecurrentBias);

  const auto gradient = [&](const float* left, int64_t rows, const Columns& columns, float* target) {
    return multiplyTransposed(workspace, left, rows, rows, a.saved, stride, columns, valid, target,
                              gates * a.H, a.precision);
  };
  if (a.dKernel && !gradient(a.x, a.I, inputs, a.dKernel)) return outOfMemory;
  if (!a.dRecurrentKernel) return {};
  const float* previous =
      maskedStates(workspace, a.h + (a.reverse ? a.B * a.H : 0), a.recurrentMask, a.T, a.B, a.H);
  if (!previous) return outOfMemory;
  if (a.resetAfter) return gradient(previous, a.H, recurrents, a.dRecurrentKernel) ? Outcome{} : outOfMemory;
  float* reset = workspace.scratch(scratch::candidate, a.T * a.B * a.H);
  if (!reset) return outOfMemory;
  collectReset(a, stride, reset);
  const bool done = gradient(previous, a.H, resetGateColumns(a.H), a.dRecurrentKernel) &&
                    gradient(reset, a.H, candidateColumns(a.H), a.dRecurrentKernel);
  return done ? Outcome{} : outOfMemory;
}

}  // namespace ostinato::OSTINATO_LEVEL
