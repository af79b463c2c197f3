#include "masks.h"
#include "reduced.h"
#include "rnn.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

template <class Format>
struct RnnForward {
  using Weights = ReducedWeights<Format, reducedVectors>;

  const contract::RnnArguments& a;
  Walk walk;
  const SequenceRows& rows;
  Weights kernel;
  Weights recurrent;
  const float* bias;  // [H, padded]
  GateBuffer buffer;  // x · kernel + bias
  RowMemory<Format> memory;
  const MaskedState& masked;

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range vectors = split.vectors(buffer.stride / Vec::width, part, reducedVectors);
    for (int64_t s = 0; s < a.T; ++s) {
      if (s % buffer.chunk == 0) input(part, s, vectors);
      if (!gate.enter(part, s)) return;
      step(part, s, vectors);
    }
  }

 private:
  /** x · kernel + bias for the chunk of steps from s on. */
  void input(int part, int64_t s, Range vectors) const {
    const ReducedInput<Format> product{a.x, a.I, rows, part, buffer.times(s), buffer, memory};
    product.round();
    for (int64_t first = vectors.begin; first < vectors.end; first += reducedVectors) {
      const int64_t unit = first * Vec::width;
      withVectors<reducedVectors>(std::min<int64_t>(reducedVectors, vectors.end - first), [&](auto count) {
        product.template run<count>(kernel, first / reducedVectors, bias + unit, unit);
      });
    }
  }

  void step(int part, int64_t s, Range vectors) const {
    const float *h = a.h + walk.from(s) * a.B * a.H, *buffered = buffer.at(s);
    float* next = a.h + walk.to(s) * a.B * a.H;
    const int64_t t = walk.time(s);
    const RowList taken = rows.at(part, t);
    carryState(rows.after(part, taken), vectors, a.H, h, next);
    const auto left = memory.rows(part, a.H);
    left.round(taken, masked.of(part, h, taken), a.H);
    reducedProducts(
        recurrent, left, taken, vectors,
        [&](int64_t row, int64_t vector) {
          return load(buffered + row * buffer.stride + vector * Vec::width);
        },
        [&](int64_t row, int64_t vector, Vec sum) {
          const int64_t unit = vector * Vec::width, at = row * a.H + unit, count = a.H - unit;
          const float* update = updateAt(a.updateH, t * a.B * a.H, at);
          const Vec value = activate(a.activation, sum);
          store(next + at, keep(update, a.zoneoutH, load(h + at, count), value, count), count);
        });
  }
};

template <class Format>
Outcome runRnn(const contract::RnnArguments& a, Workspace& workspace) {
  using Forward = RnnForward<Format>;
  using Weights = typename Forward::Weights;
  const Columns columns = plainColumns(a.H);
  const int64_t stride = columns.blocks() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, 1);
  SequenceRows rows;
  if (!rows.arrange(workspace, a.lengths, a.B, split)) return outOfMemory;
  const int64_t chunk = stepsPerChunk(a.T, rows.all(0).count, stride);

  const auto kernel = Weights::template pack<plainColumns, 1>(workspace, a.kernel, a.I, a.H);
  const auto recurrent = Weights::template pack<plainColumns, 1>(workspace, a.recurrentKernel, a.H, a.H);
  const auto memory = RowMemory<Format>::of(workspace, split, a.B, chunk, a.I, a.H);
  float* bias = workspace.scratch(scratch::bias, stride);
  float* sums = workspace.scratch(scratch::gates, chunk * a.B * stride);
  if (!kernel.panels || !recurrent.panels || !memory.memory || !bias || !sums) return outOfMemory;
  packBias(a.bias, columns, bias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(workspace, a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  MaskedState masked;
  if (!masked.reserve(workspace, a.recurrentMask, a.B, a.H, split)) return outOfMemory;
  const GateBuffer buffer{sums, stride, a.B, chunk, false, walk};
  const Forward forward{a, walk, rows, kernel, recurrent, bias, buffer, memory, masked};
  StepGate gate(workspace, split);
  workspace.parallel(split.parts, [&](int part) { forward.run(part, split, gate); });
  return gate.outcome();
}

}  // namespace

Outcome rnnReduced(const contract::RnnArguments& a, Workspace& workspace) {
  return withFormat(a.precision, [&](auto format) { return runRnn<decltype(format)>(a, workspace); });
}

}  // namespace ostinato::OSTINATO_LEVEL
