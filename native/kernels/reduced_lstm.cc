#include "lstm.h"
#include "reduced.h"

namespace ostinato::OSTINATO_LEVEL {

using namespace lstmCell;

namespace {

template <class Format, class Arguments>
struct LstmForward {
  static constexpr int gates = gateCount<Arguments>;
  static constexpr int64_t blockLanes = gates * Vec::width;
  using Weights = ReducedWeights<Format, gates>;

  const Arguments& a;
  const SequenceRows& rows;
  Weights kernel;
  Weights recurrent;
  const float* bias;  // [blocks][4 · width]
  GateBuffer buffer;
  RowMemory<Format> memory;
  const MaskedState& masked;

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range blocks = split.vectors(gateColumns<gates>(a.H).blocks(), part, 1);
    const auto left = memory.rows(part, a.H);
    for (int64_t s = 0; s < a.T; ++s) {
      if (s % buffer.chunk == 0) input(part, s, blocks);
      if (!gate.enter(part, s)) return;
      const Step step = stepOf(a, buffer, s);
      const RowList taken = rows.at(part, step.t), rest = rows.after(part, taken);
      carryState(rest, blocks, a.H, step.h, step.hNext);
      carryState(rest, blocks, a.H, step.c, step.cNext);
      left.round(taken, masked.of(part, step.h, taken), a.H);
      for (int64_t block = blocks.begin; block < blocks.end; ++block) recurrence(step, taken, left, block);
    }
  }

 private:
  /** x · kernel + bias for the chunk of steps from s on. */
  void input(int part, int64_t s, Range blocks) const {
    const ReducedInput<Format> product{a.x, a.I, rows, part, buffer.times(s), buffer, memory};
    product.round();
    for (int64_t block = blocks.begin; block < blocks.end; ++block) {
      const int64_t offset = block * blockLanes;
      product.template run<gates>(kernel, block, bias + offset, offset);
    }
  }

  /** h · recurrentKernel for one block of units: a tile ends with all four gates of them. */
  void recurrence(const Step& step, const RowList& taken, const RoundedRows<Format>& left,
                  int64_t block) const {
    float* gatesOfBlock = step.gates + block * blockLanes;
    reducedProduct<gates>(
        recurrent, block, left, taken,
        [&](int64_t row, Vec* sums) {
          const float* start = gatesOfBlock + row * buffer.stride;
          for (int v = 0; v < gates; ++v) sums[v] = load(start + v * Vec::width);
        },
        [&](int64_t row, const Vec* sums) {
          activate<false>(a, step, row, block, sums, gatesOfBlock + row * buffer.stride);
        });
  }
};

template <class Format, class Arguments>
Outcome runLstm(const Arguments& a, Workspace& workspace) {
  using Forward = LstmForward<Format, Arguments>;
  using Weights = typename Forward::Weights;
  constexpr int gates = Forward::gates;
  const Columns columns = gateColumns<gates>(a.H);
  const int64_t stride = columns.vectors() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, gates);
  SequenceRows rows;
  if (!rows.arrange(workspace, a.lengths, a.B, split)) return outOfMemory;
  const int64_t chunk = stepsPerChunk(a.T, rows.all(0).count, stride);

  const auto kernel = Weights::template pack<gateColumns<gates>, gates>(workspace, a.kernel, a.I, a.H);
  const auto recurrent =
      Weights::template pack<gateColumns<gates>, gates>(workspace, a.recurrentKernel, a.H, a.H);
  const auto memory = RowMemory<Format>::of(workspace, split, a.B, chunk, a.I, a.H);
  float* bias = workspace.scratch(scratch::bias, stride);
  float* saved = a.saved ? a.saved : workspace.scratch(scratch::gates, chunk * a.B * stride);
  if (!kernel.panels || !recurrent.panels || !memory.memory || !bias || !saved) return outOfMemory;
  packBias(a.bias, columns, bias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(workspace, a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  copyOrClear(workspace, a.initialC, a.B * a.H, a.c + walk.from(0) * a.B * a.H);
  const GateBuffer buffer{saved, stride, a.B, chunk, a.saved != nullptr, walk};
  MaskedState masked;
  if (!masked.reserve(workspace, a.recurrentMask, a.B, a.H, split)) return outOfMemory;
  const Forward forward{a, rows, kernel, recurrent, bias, buffer, memory, masked};
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { forward.run(part, split, gate); });
  return gate.outcome();
}

}  // namespace

Outcome lstmReduced(const contract::LstmArguments& a, Workspace& workspace) {
  return withFormat(a.precision, [&](auto format) { return runLstm<decltype(format)>(a, workspace); });
}

Outcome lstmReduced(const contract::LstmCoupledArguments& a, Workspace& workspace) {
  return withFormat(a.precision, [&](auto format) { return runLstm<decltype(format)>(a, workspace); });
}

}  // namespace ostinato::OSTINATO_LEVEL
