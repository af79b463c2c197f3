#include "gru.h"
#include "reduced.h"

namespace ostinato::OSTINATO_LEVEL {

using namespace gruCell;

namespace {

constexpr int resetGates = 2;

template <class Format>
struct GruForward {
  using Weights = ReducedWeights<Format, gates>;
  using ResetWeights = ReducedWeights<Format, resetGates>;
  using CandidateWeights = ReducedWeights<Format, reducedVectors>;

  const contract::GruArguments& a;
  Walk walk;
  const SequenceRows& rows;
  Weights kernel;
  Weights recurrent;           // reset after
  ResetWeights resetKernel;    // reset before: z and r
  CandidateWeights candidate;  // reset before: n
  const float* bias;           // [blocks][3 · width]
  const float* candidateBias;  // reset after: [blocks · width]
  float* reset;                // reset before: r ∗ hₜ₋₁ of one step, [B, unitStride]
  int64_t unitStride;
  GateBuffer buffer;
  RowMemory<Format> memory;
  const MaskedState& masked;

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range blocks = split.vectors(inputColumns(a.H).blocks(), part, a.resetAfter ? 1 : reducedVectors);
    for (int64_t s = 0; s < a.T; ++s) {
      if (s % buffer.chunk == 0) input(part, s, blocks);
      const int64_t phase = a.resetAfter ? s : 2 * s;
      if (!gate.enter(part, phase)) return;
      const int64_t t = walk.time(s);
      const RowList taken = rows.at(part, t);
      const float* previous = a.h + walk.from(s) * a.B * a.H;
      const Step step{t,
                      buffer.at(s),
                      previous,
                      masked.of(part, previous, taken),
                      a.h + walk.to(s) * a.B * a.H,
                      taken,
                      memory.rows(part, a.H)};
      carryState(rows.after(part, step.taken), blocks, a.H, step.previous, step.next);
      step.left.round(step.taken, step.masked, a.H);
      if (a.resetAfter) {
        for (int64_t block = blocks.begin; block < blocks.end; ++block) stepResetAfter(step, block);
        continue;
      }
      for (int64_t block = blocks.begin; block < blocks.end; ++block) updateAndReset(step, block);
      if (!gate.enter(part, phase + 1)) return;
      step.left.round(step.taken, reset, unitStride);
      candidates(step, blocks);
    }
  }

 private:
  /** What a step reads and writes: rows of the gate buffer, and [B, H] of the states. */
  struct Step {
    int64_t t;
    float* gates;
    const float* previous;
    const float* masked;  // what stands for the state in products
    float* next;
    RowList taken;
    RoundedRows<Format> left;
  };

  /** x · kernel + bias for the chunk of steps from s on. */
  void input(int part, int64_t s, Range blocks) const {
    const ReducedInput<Format> product{a.x, a.I, rows, part, buffer.times(s), buffer, memory};
    product.round();
    for (int64_t block = blocks.begin; block < blocks.end; ++block) {
      product.template run<gates>(kernel, block, bias + block * gates * Vec::width,
                                  block * blockLanes + candidateSlot * Vec::width);
    }
  }

  void stepResetAfter(const Step& step, int64_t block) const {
    reducedProduct<gates>(
        recurrent, block, step.left, step.taken,
        [&](int64_t row, Vec* sums) {
          float* buffered = step.gates + row * buffer.stride;
          sums[0] = load(slotOf(buffered, block, updateSlot));
          sums[1] = load(slotOf(buffered, block, resetSlot));
          sums[2] = load(candidateBias + block * Vec::width);
        },
        [&](int64_t row, const Vec* sums) {
          float* buffered = step.gates + row * buffer.stride;
          const Vec z = keptShare(a.updateGate, sums[0]), r = sigmoid(sums[1]);
          const Vec n = tanh(fma(r, sums[2], load(slotOf(buffered, block, candidateSlot))));
          finish(step, row, block, z, n);
          if (!a.saved) return;
          store(slotOf(buffered, block, candidateSlot), n);
          store(slotOf(buffered, block, updateSlot), z);
          store(slotOf(buffered, block, resetSlot), r);
          store(slotOf(buffered, block, fourthSlot), sums[2]);
        });
  }

  /** Reset before, first part: z, r and r ∗ hₜ₋₁. */
  void updateAndReset(const Step& step, int64_t block) const {
    const int64_t unit = block * Vec::width;
    reducedProduct<resetGates>(
        resetKernel, block, step.left, step.taken,
        [&](int64_t row, Vec* sums) {
          float* buffered = step.gates + row * buffer.stride;
          sums[0] = load(slotOf(buffered, block, updateSlot));
          sums[1] = load(slotOf(buffered, block, resetSlot));
        },
        [&](int64_t row, const Vec* sums) {
          float* buffered = step.gates + row * buffer.stride;
          const Vec r = sigmoid(sums[1]);
          const Vec product = r * load(step.masked + row * a.H + unit, a.H - unit);
          store(slotOf(buffered, block, updateSlot), keptShare(a.updateGate, sums[0]));
          store(slotOf(buffered, block, resetSlot), r);
          store(slotOf(buffered, block, fourthSlot), product);
          store(reset + row * unitStride + unit, product);
        });
  }

  /** Reset before, second part: the candidate from r ∗ hₜ₋₁ of all units. */
  void candidates(const Step& step, Range blocks) const {
    const auto slot = [&](int64_t row, int64_t block, Slot which) {
      return slotOf(step.gates + row * buffer.stride, block, which);
    };
    reducedProducts(
        candidate, step.left, step.taken, blocks,
        [&](int64_t row, int64_t block) { return load(slot(row, block, candidateSlot)); },
        [&](int64_t row, int64_t block, Vec sum) {
          const Vec n = tanh(sum);
          store(slot(row, block, candidateSlot), n);
          finish(step, row, block, load(slot(row, block, updateSlot)), n);
        });
  }

  /** hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n */
  void finish(const Step& step, int64_t row, int64_t block, Vec z, Vec n) const {
    const int64_t unit = block * Vec::width, count = a.H - unit, at = row * a.H + unit;
    const Vec previous = load(step.previous + at, count);
    const float* update = updateAt(a.updateH, step.t * a.B * a.H, at);
    store(step.next + at, keep(update, a.zoneoutH, previous, fma(z, previous - n, n), count), count);
  }
};

template <class Format>
Outcome runGru(const contract::GruArguments& a, Workspace& workspace) {
  using Forward = GruForward<Format>;
  using Weights = typename Forward::Weights;
  const Columns columns = inputColumns(a.H);
  const int64_t stride = columns.blocks() * blockLanes, unitStride = columns.blocks() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, gates);
  SequenceRows rows;
  if (!rows.arrange(workspace, a.lengths, a.B, split)) return outOfMemory;
  const int64_t chunk = stepsPerChunk(a.T, rows.all(0).count, stride);

  const auto kernel = Weights::template pack<inputColumns, gates>(workspace, a.kernel, a.I, a.H);
  Weights recurrent{};
  typename Forward::ResetWeights resetKernel{};
  typename Forward::CandidateWeights candidate{};
  float* reset = nullptr;
  if (a.resetAfter) {
    recurrent = Weights::template pack<recurrentColumns, gates>(workspace, a.recurrentKernel, a.H, a.H);
    if (!recurrent.panels) return outOfMemory;
  } else {
    resetKernel =
        Forward::ResetWeights::template pack<resetGateColumns, gates>(workspace, a.recurrentKernel, a.H, a.H);
    candidate = Forward::CandidateWeights::template pack<candidateColumns, gates>(
        workspace, a.recurrentKernel, a.H, a.H);
    reset = workspace.scratch(scratch::candidate, a.B * unitStride);
    if (!resetKernel.panels || !candidate.panels || !reset) return outOfMemory;
  }
  const auto memory = RowMemory<Format>::of(workspace, split, a.B, chunk, a.I, a.H);
  float* bias = workspace.scratch(scratch::bias, (gates + 1) * unitStride);
  float* saved = a.saved ? a.saved : workspace.scratch(scratch::gates, chunk * a.B * stride);
  if (!kernel.panels || !memory.memory || !bias || !saved) return outOfMemory;
  float* candidateBias = bias + gates * unitStride;
  packGruBias(a, columns, bias);
  packBias(a.recurrentBias, candidateColumns(a.H), candidateBias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(workspace, a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  const GateBuffer buffer{saved, stride, a.B, chunk, a.saved != nullptr, walk};
  MaskedState masked;
  if (!masked.reserve(workspace, a.recurrentMask, a.B, a.H, split)) return outOfMemory;
  const Forward forward{a,    walk,          rows,  kernel,     recurrent, resetKernel, candidate,
                        bias, candidateBias, reset, unitStride, buffer,    memory,      masked};
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { forward.run(part, split, gate); });
  return gate.outcome();
}

}  // namespace

Outcome gruReduced(const contract::GruArguments& a, Workspace& workspace) {
  return withFormat(a.precision, [&](auto format) { return runGru<decltype(format)>(a, workspace); });
}

}  // namespace ostinato::OSTINATO_LEVEL
