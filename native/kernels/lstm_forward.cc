#include "lstm.h"

#include "distinct.h"
#include "reduced.h"

namespace ostinato::OSTINATO_LEVEL {

using namespace lstmCell;

namespace {

template <int gates>
void packLstm(const float* weights, int64_t rows, int64_t columns, float* panels, Share share) {
  packColumns(weights, rows, rows, columns, gateColumns<gates>(columns / gates), gates, panels, share);
}

template <bool plain, class Arguments>
struct LstmForward {
  static constexpr int gates = gateCount<Arguments>;
  static constexpr int64_t blockLanes = gates * Vec::width;

  const Arguments& a;
  const SequenceRows& rows;
  const float* kernel;     // [blocks][I][4 · width]
  const float* recurrent;  // [blocks][H][4 · width]
  const float* bias;       // [blocks][4 · width]
  const MaskedState& masked;
  GateBuffer buffer;
  int64_t turn;  // of a run with a single step
  const DistinctSums& distinct;
  const RepeatedInputs& repeated;

  void run(int part, const SequenceSplit& split, StepGate& gate) const {
    const Range blocks = split.vectors(gateColumns<gates>(a.H).blocks(), part, 1);
    const auto inputs = repeated.find(a.x, a.B, a.I, rows, part, buffer.walk);
    if (inputs) inputOnce(part, *inputs, blocks);
    int64_t seen = 0;  // rows of the steps before
    for (int64_t s = 0; s < a.T; ++s) {
      if (a.T > 1 && !inputs && s % buffer.chunk == 0) input(part, s, blocks);
      if (!gate.enter(part, s)) return;
      const lstmCell::Step step = stepOf(a, buffer, s);
      const RowList taken = rows.at(part, step.t), rest = rows.after(part, taken);
      carryState(rest, blocks, a.H, step.h, step.hNext);
      carryState(rest, blocks, a.H, step.c, step.cNext);
      const float* left = plain ? step.h : masked.of(part, step.h, taken);
      if (inputs) {
        inTurns(s, blocks, 1, [&](int64_t block) {
          const float* sums = repeated.sums(part) + block * blockLanes * inputs->count();
          recurrence<false>(step, left, taken, block, {sums, blockLanes, inputs->groups(seen)});
        });
        seen += taken.count;
      } else if (a.T > 1) {
        inTurns(s, blocks, 1, [&](int64_t block) {
          recurrence<false>(step, left, taken, block, {step.gates + block * blockLanes, buffer.stride});
        });
      } else if (!distinct.isReserved() || !distinctRows(part, step, left, taken, blocks)) {
        inTurns(turn, blocks, 1, [&](int64_t block) { recurrence<true>(step, left, taken, block, {}); });
      }
    }
  }

 private:
  /** x · kernel + bias for the chunk of steps from s on. */
  void input(int part, int64_t s, Range blocks) const {
    const InputProduct product{a.x, a.I, rows, part, buffer.times(s), buffer};
    for (int64_t block = blocks.begin; block < blocks.end; ++block) {
      const int64_t offset = block * blockLanes;
      product.run<gates>(kernel + offset * a.I, gates, bias + offset, offset);
    }
  }

  /** The same for all steps, of the inputs that differ: [blocks][inputs][4 · width]. */
  void inputOnce(int part, const DistinctRows& inputs, Range blocks) const {
    for (int64_t block = blocks.begin; block < blocks.end; ++block) {
      const int64_t offset = block * blockLanes;
      sumBlock(a.x, a.I, inputs.list(), kernel + offset * a.I, bias + offset,
               repeated.sums(part) + offset * inputs.count());
    }
  }

  /** Where the gates of a row are kept for the backward pass, from `offset` on. */
  float* saved(const lstmCell::Step& step, int64_t row, int64_t offset) const {
    return a.saved ? step.gates + row * buffer.stride + offset : nullptr;
  }

  /**
   * A single step in which rows that are equal are multiplied once; false, and nothing done, where that does
   * not leave out an eighth of the work. Nobody asks where gates are saved, for in training few rows are, and
   * where few rows are split by units.
   */
  bool distinctRows(int part, const lstmCell::Step& step, const float* left, const RowList& taken,
                    Range blocks) const {
    using enum DistinctSums::Which;
    const float* x = a.x + step.t * a.B * a.I;
    const DistinctRows ofX(x, a.I, taken, distinct.indices(part, inputs));
    const DistinctRows ofH(left, a.H, taken, distinct.indices(part, states));
    const int64_t work = ofX.count() * a.I + ofH.count() * a.H;
    if (8 * work > 7 * taken.count * (a.I + a.H)) return false;
    float *xSums = distinct.sums(part, inputs), *hSums = distinct.sums(part, states);
    inTurns(turn, blocks, 1, [&](int64_t block) {
      const int64_t offset = block * blockLanes;
      sumBlock(x, a.I, ofX.list(), kernel + offset * a.I, bias + offset, xSums);
      sumBlock(left, a.H, ofH.list(), recurrent + offset * a.H, nullptr, hSums);
      for (int64_t i = 0; i < taken.count; ++i) {
        const float *fromX = xSums + ofX.group(i) * blockLanes, *fromH = hSums + ofH.group(i) * blockLanes;
        Vec sums[gates];
        for (int v = 0; v < gates; ++v) sums[v] = load(fromX + v * Vec::width) + load(fromH + v * Vec::width);
        activate<plain>(a, step, taken[i], block, sums, nullptr);
      }
    });
    return true;
  }

  /** y [·, gates · width] = the listed rows of left [·, depth] · panel (+ start), one after the other. */
  static void sumBlock(const float* left, int64_t depth, const RowList& rows, const float* panel,
                       const float* start, float* y) {
    forRowTiles<tileBudget / gates>(0, rows.count, [&](int64_t at, auto tileRows) {
      constexpr int n = tileRows;
      Tile<n, gates> tile;
      for (int v = 0; v < gates; ++v) {
        const Vec first = start ? load(start + v * Vec::width) : zero();
        for (int r = 0; r < n; ++r) tile.sum[r][v] = first;
      }
      multiply(tile, RowPointers<n>(left, depth, rows, at), plainDepth(depth), panel, blockLanes);
      for (int r = 0; r < n; ++r) {
        for (int v = 0; v < gates; ++v) store(y + (at + r) * blockLanes + v * Vec::width, tile.sum[r][v]);
      }
    });
  }

  /** x · kernel + bias of the rows of a step, for one block of units: by the row, or by the group of the
   * i-th. */
  struct InputSums {
    const float* rows;
    int64_t stride;
    const int32_t* groups = nullptr;
    const float* of(int64_t i, int64_t row) const { return rows + (groups ? groups[i] : row) * stride; }
  };

  /**
   * left · recurrentKernel, after x · kernel where that is not given, for one block of units: a tile
   * ends with all four gates of them. A single step takes all weights of a block together, so that the next
   * run finds some in the cache.
   */
  template <bool withInput>
  void recurrence(const lstmCell::Step& step, const float* left, const RowList& taken, int64_t block,
                  const InputSums& input) const {
    const int64_t offset = block * blockLanes;
    forRowTiles<tileBudget / gates>(0, taken.count, [&](int64_t at, auto tileRows) {
      constexpr int n = tileRows;
      Tile<n, gates> tile;
      for (int r = 0; r < n; ++r) {
        const float* start = withInput ? bias + offset : input.of(at + r, taken[at + r]);
        for (int v = 0; v < gates; ++v) tile.sum[r][v] = load(start + v * Vec::width);
        if constexpr (!plain) askForMasks(a, (step.t * a.B + taken[at + r]) * a.H + block * Vec::width);
      }
      if constexpr (withInput) {
        multiply(tile, RowPointers<n>(a.x + step.t * a.B * a.I, a.I, taken, at), plainDepth(a.I),
                 kernel + offset * a.I, blockLanes);
      }
      multiply(tile, RowPointers<n>(left, a.H, taken, at), plainDepth(a.H), recurrent + offset * a.H,
               blockLanes);
      for (int r = 0; r < n; ++r) {
        const int64_t row = taken[at + r];
        activate<plain>(a, step, row, block, tile.sum[r], saved(step, row, offset));
      }
    });
  }
};

template <class Arguments>
Outcome forward(const Arguments& a, Workspace& workspace) {
  constexpr int gates = gateCount<Arguments>;
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  if (isReduced(a.precision)) return lstmReduced(a, workspace);
  const Columns columns = gateColumns<gates>(a.H);
  const int64_t gateStride = columns.vectors() * Vec::width;
  const SequenceSplit split(workspace, a.T, a.B, a.I, a.H, gates);
  SequenceRows rows;
  if (!rows.arrange(workspace, a.lengths, a.B, split)) return outOfMemory;
  const int64_t rowsOfPart = rows.all(0).count;  // the first one has the most
  const int64_t chunk = stepsPerChunk(a.T, rowsOfPart, gateStride);

  const float* kernel =
      workspace.panels(a.kernel, role::lstm, a.I, gates * a.H, gateStride * a.I, packLstm<gates>);
  const float* recurrent =
      workspace.panels(a.recurrentKernel, role::lstm, a.H, gates * a.H, gateStride * a.H, packLstm<gates>);
  float* bias = workspace.scratch(scratch::bias, gateStride);
  // A single step has no use for rows of gates but to save them.
  float* gateRows = a.saved;
  DistinctSums distinct;
  RepeatedInputs repeated;
  if (!a.saved && a.T == 1 && a.B > 1 && !split.byUnits) {
    if (!distinct.reserve(workspace, rowsOfPart, gates * Vec::width, split.parts)) return outOfMemory;
  } else if (!a.saved && a.T > 1) {
    gateRows = workspace.scratch(scratch::gates, chunk * a.B * gateStride);
    if (!gateRows) return outOfMemory;
    // Of fewer units the products cost little more than the search for equal inputs; of more rows its memory
    // is much.
    constexpr int64_t fewestUnits = 32, mostRows = 1 << 17;
    if (a.H >= fewestUnits && a.T * rowsOfPart <= mostRows && !split.byUnits)
      repeated.reserve(workspace, a.T, rowsOfPart, chunk * rowsOfPart, gateStride, split.parts);
  }
  if (!kernel || !recurrent || !bias) return outOfMemory;
  packBias(a.bias, columns, bias);

  const Walk walk{a.T, a.reverse != 0};
  copyOrClear(workspace, a.initialH, a.B * a.H, a.h + walk.from(0) * a.B * a.H);
  copyOrClear(workspace, a.initialC, a.B * a.H, a.c + walk.from(0) * a.B * a.H);
  MaskedState masked;
  if (!masked.reserve(workspace, a.recurrentMask, a.B, a.H, split)) return outOfMemory;
  const GateBuffer buffer{gateRows, gateStride, a.B, chunk, a.saved != nullptr, walk};
  StepGate gate(workspace, split);
  withPlain(isPlain(a), [&](auto plain) {
    const LstmForward<plain, Arguments> cell{a,      rows,   kernel,           recurrent, bias,
                                             masked, buffer, workspace.turn(), distinct,  repeated};
    workspace.parallel(split.parts, [&](int part) { cell.run(part, split, gate); });
  });
  return gate.outcome();
}

}  // namespace

Outcome lstm(const contract::LstmArguments& a, Workspace& workspace) { return forward(a, workspace); }

Outcome lstm_coupled(const contract::LstmCoupledArguments& a, Workspace& workspace) {
  return forward(a, workspace);
}

}  // namespace ostinato::OSTINATO_LEVEL
