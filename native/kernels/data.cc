// Moving, joining and reducing tensors.
#include "../simd/vector.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

constexpr int64_t wordBytes = 4;

template <typename Word>
void move(Word* target, const Word* source, int64_t count) {
  static_assert(sizeof(Word) == wordBytes);
  std::memcpy(target, source, count * wordBytes);
}

}  // namespace

Outcome fill(const contract::FillArguments& a, Workspace& workspace) {
  forShares(workspace, a.N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) a.y[i] = a.value;
  });
  return {};
}

Outcome copy(const contract::CopyArguments& a, Workspace& workspace) {
  forShares(workspace, a.N, 1,
            [&](int64_t begin, int64_t end) { move(a.y + begin, a.x + begin, end - begin); });
  return {};
}

Outcome transpose(const contract::TransposeArguments& a, Workspace& workspace) {
  // Rows of y in turn; where N is 1, words of x a row apart, taken a few rows of y at a time so that lines
  // are used up.
  constexpr int64_t block = 16;
  forShares(workspace, a.B, a.A * a.N, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += block) {
      const int64_t last = std::min(first + block, end);
      for (int64_t i = 0; i < a.A; ++i) {
        for (int64_t b = first; b < last; ++b) {
          if (a.N == 1)
            a.y[b * a.A + i] = a.x[i * a.B + b];
          else
            move(a.y + (b * a.A + i) * a.N, a.x + (i * a.B + b) * a.N, a.N);
        }
      }
    }
  });
  return {};
}

Outcome slice(const contract::SliceArguments& a, Workspace& workspace) {
  forShares(workspace, a.O, a.M * a.I, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      move(a.y + o * a.M * a.I, a.x + (o * a.N + a.start) * a.I, a.M * a.I);
    }
  });
  return {};
}

Outcome slice_backward(const contract::SliceBackwardArguments& a, Workspace& workspace) {
  forShares(workspace, a.O, a.N * a.I, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      float* row = a.dx + o * a.N * a.I;
      std::memset(row, 0, a.start * a.I * wordBytes);
      move(row + a.start * a.I, a.dy + o * a.M * a.I, a.M * a.I);
      std::memset(row + (a.start + a.M) * a.I, 0, (a.N - a.start - a.M) * a.I * wordBytes);
    }
  });
  return {};
}

Outcome concat(const contract::ConcatArguments& a, Workspace& workspace) {
  forShares(workspace, a.O, (a.M + a.N) * a.I, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      float* row = a.y + o * (a.M + a.N) * a.I;
      move(row, a.a + o * a.M * a.I, a.M * a.I);
      move(row + a.M * a.I, a.b + o * a.N * a.I, a.N * a.I);
    }
  });
  return {};
}

Outcome reverse_time(const contract::ReverseTimeArguments& a, Workspace& workspace) {
  forShares(workspace, a.T, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) move(a.y + t * a.N, a.x + (a.T - 1 - t) * a.N, a.N);
  });
  return {};
}

Outcome state_load(const contract::StateLoadArguments& a, Workspace& workspace) {
  const Outcome checked = checkIndices(a.rows, a.B, -1, a.S - 1);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.B, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      if (a.rows[b] < 0)
        std::memset(a.y + b * a.N, 0, a.N * wordBytes);
      else
        move(a.y + b * a.N, a.slab + a.rows[b] * a.N, a.N);
    }
  });
  return {};
}

Outcome state_store(const contract::StateStoreArguments& a, Workspace& workspace) {
  const Outcome checked = checkIndices(a.rows, a.B, -1, a.S - 1);
  if (!isOk(checked)) return checked;
  // Cut by columns, in whole lines: of rows that go to the same place the last one stays.
  constexpr int64_t line = 16;
  forShares(workspace, (a.N + line - 1) / line, a.B * line, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * line, count = std::min(end * line, a.N) - first;
    for (int64_t b = 0; b < a.B; ++b) {
      if (a.rows[b] >= 0) move(a.slab + a.rows[b] * a.N + first, a.x + b * a.N + first, count);
    }
  });
  return {};
}

Outcome reduce_sum(const contract::ReduceSumArguments& a, Workspace& workspace) {
  // A few columns at a time, their sums side by side in float64; several sums each where there is one column.
  constexpr int64_t width = 16;
  const int64_t pieces = (a.I + width - 1) / width;
  forShares(workspace, a.O * pieces, a.N * std::min(a.I, width), [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t o = piece / pieces, first = piece % pieces * width, count = std::min(width, a.I - first);
      const float* x = a.x + o * a.N * a.I + first;
      double sums[width] = {};
      if (a.I == 1) {
        for (int64_t n = 0; n < a.N; ++n) sums[n % width] += x[n];
        for (int64_t i = 1; i < width; ++i) sums[0] += sums[i];
      } else if (count == width) {
        for (int64_t n = 0; n < a.N; ++n) {
          for (int64_t i = 0; i < width; ++i) sums[i] += x[n * a.I + i];
        }
      } else {
        for (int64_t n = 0; n < a.N; ++n) {
          for (int64_t i = 0; i < count; ++i) sums[i] += x[n * a.I + i];
        }
      }
      for (int64_t i = 0; i < count; ++i) a.y[o * a.I + first + i] = static_cast<float>(sums[i]);
    }
  });
  return {};
}

Outcome broadcast(const contract::BroadcastArguments& a, Workspace& workspace) {
  forShares(workspace, a.O, a.N * a.I, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      for (int64_t n = 0; n < a.N; ++n) move(a.y + (o * a.N + n) * a.I, a.x + o * a.I, a.I);
    }
  });
  return {};
}

Outcome select(const contract::SelectArguments& a, Workspace& workspace) {
  forShares(workspace, a.B, a.N, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const float* source = a.condition[b] != 0 ? a.a : a.b;
      if (source == nullptr)
        std::memset(a.y + b * a.N, 0, a.N * wordBytes);
      else if (source != a.y)
        move(a.y + b * a.N, source + b * a.N, a.N);
    }
  });
  return {};
}

Outcome sequence_mask(const contract::SequenceMaskArguments& a, Workspace&) {
  const Outcome checked = checkIndices(a.lengths, a.B, 0, a.T);
  if (!isOk(checked)) return checked;
  for (int64_t t = 0; t < a.T; ++t) {
    for (int64_t b = 0; b < a.B; ++b) a.y[t * a.B + b] = t < a.lengths[b] ? 1 : 0;
  }
  return {};
}

}  // namespace ostinato::OSTINATO_LEVEL
