#include "sequence.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/**
 * Units of all rows are cut into blocks that a thread walks alone through all steps, so that nobody waits for
 * anybody and the state of a block stays in the first-level cache while a and b stream by.
 */
constexpr int64_t block = 2048;

/** body(begin, end) for blocks of the units [0, B · H) of a step. */
template <typename Body>
void forBlocks(Workspace& workspace, int64_t T, int64_t units, Body&& body) {
  const int parts = partsFor(workspace, T * units, elementsPerPart);
  workspace.parallel(parts, [&](int part) {
    const Range own = share(units, parts, part, 16);
    for (int64_t begin = own.begin; begin < own.end; begin += block)
      body(begin, std::min(begin + block, own.end));
  });
}

/** Calls valid(begin, end) and masked(begin, end) for the stretches of units [begin, end) of step t. */
template <typename Valid, typename Masked>
void forStretches(const int32_t* lengths, int64_t t, int64_t H, int64_t begin, int64_t end, Valid&& valid,
                  Masked&& masked) {
  if (!lengths) return valid(begin, end);
  for (int64_t from = begin; from < end;) {
    // Neighbouring rows of one kind are one stretch.
    const bool isOver = isMasked(lengths, from / H, t);
    int64_t row = from / H + 1;
    while (row * H < end && isMasked(lengths, row, t) == isOver) ++row;
    const int64_t to = std::min(row * H, end);
    if (isOver)
      masked(from, to);
    else
      valid(from, to);
    from = to;
  }
}

/** body(i, lanes) for the vectors of [begin, end). */
template <typename Body>
void forVectors(int64_t begin, int64_t end, Body&& body) {
  for (int64_t i = begin; i < end; i += Vec::width) body(i, end - i);
}

template <bool convex>
void forward(const contract::LinearRecurrenceArguments& a, int64_t begin, int64_t end, Workspace& workspace) {
  const Walk walk{a.T, a.reverse != 0};
  const int64_t units = a.B * a.H;
  const Vec one = broadcast(1.0f);
  for (int64_t s = 0; s < a.T && !workspace.aborted(); ++s) {
    const int64_t t = walk.time(s);
    const float *at = a.a + t * units, *bt = a.b + t * units, *previous = a.h + walk.from(s) * units;
    float* next = a.h + walk.to(s) * units;
    forStretches(
        a.lengths, t, a.H, begin, end,
        [&](int64_t from, int64_t to) {
          forVectors(from, to, [&](int64_t i, int64_t lanes) {
            const Vec rate = load(at + i, lanes), b = load(bt + i, lanes);
            const Vec added = convex ? (one - rate) * b : b;
            store(next + i, fma(rate, load(previous + i, lanes), added), lanes);
          });
        },
        [&](int64_t from, int64_t to) {
          std::memcpy(next + from, previous + from, sizeof(float) * (to - from));
        });
  }
}

template <bool convex>
void backward(const contract::LinearRecurrenceBackwardArguments& a, int64_t begin, int64_t end, float* dh,
              Workspace& workspace) {
  const Walk walk{a.T, a.reverse != 0};
  const int64_t units = a.B * a.H;
  const Vec one = broadcast(1.0f);
  const auto entering = [&](const float* dy, int64_t i, int64_t lanes) {
    const Vec arrived = load(dh + i, lanes);
    return dy ? arrived + load(dy + i, lanes) : arrived;
  };
  copyOrClear(a.dFinalH ? a.dFinalH + begin : nullptr, end - begin, dh + begin);
  for (int64_t s = a.T - 1; s >= 0 && !workspace.aborted(); --s) {
    const int64_t t = walk.time(s);
    const float *at = a.a + t * units, *bt = a.b + t * units, *previous = a.h + walk.from(s) * units;
    const float* dy = a.dy ? a.dy + t * units : nullptr;
    float *da = a.da ? a.da + t * units : nullptr, *db = a.db ? a.db + t * units : nullptr;
    forStretches(
        a.lengths, t, a.H, begin, end,
        [&](int64_t from, int64_t to) {
          forVectors(from, to, [&](int64_t i, int64_t lanes) {
            const Vec d = entering(dy, i, lanes), rate = load(at + i, lanes), h = load(previous + i, lanes);
            if (da) store(da + i, d * (convex ? h - load(bt + i, lanes) : h), lanes);
            if (db) store(db + i, convex ? d * (one - rate) : d, lanes);
            store(dh + i, d * rate, lanes);
          });
        },
        [&](int64_t from, int64_t to) {
          if (dy)
            forVectors(from, to,
                       [&](int64_t i, int64_t lanes) { store(dh + i, entering(dy, i, lanes), lanes); });
          if (da) std::memset(da + from, 0, sizeof(float) * (to - from));
          if (db) std::memset(db + from, 0, sizeof(float) * (to - from));
        });
  }
  if (a.dInitialH) std::memcpy(a.dInitialH + begin, dh + begin, sizeof(float) * (end - begin));
}

}  // namespace

Outcome linear_recurrence(const contract::LinearRecurrenceArguments& a, Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  copyOrClear(workspace, a.initialH, a.B * a.H, a.h + Walk{a.T, a.reverse != 0}.from(0) * a.B * a.H);
  forBlocks(workspace, a.T, a.B * a.H, [&](int64_t begin, int64_t end) {
    if (a.convex)
      forward<true>(a, begin, end, workspace);
    else
      forward<false>(a, begin, end, workspace);
  });
  return {};
}

Outcome linear_recurrence_backward(const contract::LinearRecurrenceBackwardArguments& a,
                                   Workspace& workspace) {
  const Outcome checked = checkLengths(a.lengths, a.B, a.T);
  if (!isOk(checked)) return checked;
  float* dh = workspace.scratch(scratch::carry, a.B * a.H);
  if (!dh) return outOfMemory;
  forBlocks(workspace, a.T, a.B * a.H, [&](int64_t begin, int64_t end) {
    if (a.convex)
      backward<true>(a, begin, end, dh, workspace);
    else
      backward<false>(a, begin, end, dh, workspace);
  });
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
