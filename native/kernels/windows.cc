// Windows along one axis: unfolding them for a product, folding their gradients back, and pooling.
#include "../simd/vector.h"
#include "shared.h"

namespace ostinato::OSTINATO_LEVEL {

namespace {

/** The entries of one window that are no padding: k from first to last, entry n = start + k · dilation. */
struct Window {
  int64_t m;
  int64_t start;
  int64_t first;
  int64_t last;  // exclusive
  int64_t count() const { return last - first; }
};

/** Calls body(o, i, window) for every window of every row, in order, after zeroing the row of `target` where
 * there is one; rows are shared among the threads. */
template <typename Arguments, typename Body>
Outcome forWindows(const Arguments& a, int64_t size, float* target, Workspace& workspace, Body&& body) {
  const Outcome checked = checkLengths(a.lengths, a.I, a.N);
  if (!isOk(checked)) return checked;
  forShares(workspace, a.O * a.I, (a.N + a.M * size) * a.C, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t o = row / a.I, i = row % a.I, n = a.lengths ? a.lengths[i] : a.N;
      const int64_t stride = a.stride, dilation = a.dilation;
      const int64_t covered = ((n + stride - 1) / stride - 1) * stride + (size - 1) * dilation + 1;
      const int64_t padding = a.padding >= 0 ? a.padding : std::max<int64_t>(covered - n, 0) / 2;
      for (int64_t n = 0; target && n < a.N; ++n)
        std::memset(target + ((o * a.N + n) * a.I + i) * a.C, 0, a.C * sizeof(float));
      for (int64_t m = 0; m < a.M; ++m) {
        const int64_t start = m * stride - padding;
        const int64_t first = start < 0 ? (-start + dilation - 1) / dilation : 0;
        const int64_t last = n > start ? (n - start + dilation - 1) / dilation : 0;
        body(o, i, Window{m, start, std::min(first, size), std::clamp(last, std::min(first, size), size)});
      }
    }
  });
  return {};
}

/** Where entry k of a window begins, of the C elements at [o, n, i]. */
template <typename Arguments>
int64_t entryAt(const Arguments& a, int64_t o, int64_t i, const Window& window, int64_t k) {
  return ((o * a.N + window.start + k * a.dilation) * a.I + i) * a.C;
}

template <typename Arguments>
int64_t resultAt(const Arguments& a, int64_t o, int64_t i, const Window& window) {
  return ((o * a.M + window.m) * a.I + i) * a.C;
}

/** How many entries of a window lie side by side, in x as in y. */
template <typename Arguments>
int64_t runOf(const Arguments& a, const Window& window) {
  return a.dilation == 1 && a.I == 1 ? window.count() : 1;
}

void addTo(float* target, const float* source, int64_t count) {
  map(target, source, target, count, [](Vec sum, Vec v) { return sum + v; });
}

/** NaN is the largest. */
bool isLarger(float v, float than) { return v > than || (v != v && than == than); }

}  // namespace

Outcome unfold(const contract::UnfoldArguments& a, Workspace& workspace) {
  return forWindows(a, a.K, nullptr, workspace, [&](int64_t o, int64_t i, const Window& window) {
    float* y = a.y + resultAt(a, o, i, window) * a.K;
    std::memset(y, 0, window.first * a.C * sizeof(float));
    const int64_t run = runOf(a, window);
    for (int64_t k = window.first; k < window.last; k += run)
      std::memcpy(y + k * a.C, a.x + entryAt(a, o, i, window, k), run * a.C * sizeof(float));
    std::memset(y + window.last * a.C, 0, (a.K - window.last) * a.C * sizeof(float));
  });
}

Outcome fold(const contract::FoldArguments& a, Workspace& workspace) {
  return forWindows(a, a.K, a.x, workspace, [&](int64_t o, int64_t i, const Window& window) {
    const float* y = a.y + resultAt(a, o, i, window) * a.K;
    const int64_t run = runOf(a, window);
    for (int64_t k = window.first; k < window.last; k += run)
      addTo(a.x + entryAt(a, o, i, window, k), y + k * a.C, run * a.C);
  });
}

Outcome max_pool(const contract::MaxPoolArguments& a, Workspace& workspace) {
  return forWindows(a, a.size, nullptr, workspace, [&](int64_t o, int64_t i, const Window& window) {
    float* y = a.y + resultAt(a, o, i, window);
    if (window.count() == 0) {
      std::memset(y, 0, a.C * sizeof(float));
      return;
    }
    std::memcpy(y, a.x + entryAt(a, o, i, window, window.first), a.C * sizeof(float));
    for (int64_t k = window.first + 1; k < window.last; ++k) {
      const float* x = a.x + entryAt(a, o, i, window, k);
      for (int64_t c = 0; c < a.C; ++c) y[c] = isLarger(x[c], y[c]) ? x[c] : y[c];
    }
  });
}

Outcome max_pool_backward(const contract::MaxPoolBackwardArguments& a, Workspace& workspace) {
  return forWindows(a, a.size, a.dx, workspace, [&](int64_t o, int64_t i, const Window& window) {
    if (window.count() == 0) return;
    const float* dy = a.dy + resultAt(a, o, i, window);
    for (int64_t c = 0; c < a.C; ++c) {
      int64_t best = entryAt(a, o, i, window, window.first) + c;
      for (int64_t k = window.first + 1; k < window.last; ++k) {
        const int64_t at = entryAt(a, o, i, window, k) + c;
        if (isLarger(a.x[at], a.x[best])) best = at;
      }
      a.dx[best] += dy[c];
    }
  });
}

Outcome average_pool(const contract::AveragePoolArguments& a, Workspace& workspace) {
  return forWindows(a, a.size, nullptr, workspace, [&](int64_t o, int64_t i, const Window& window) {
    float* y = a.y + resultAt(a, o, i, window);
    std::memset(y, 0, a.C * sizeof(float));
    if (window.count() == 0) return;
    for (int64_t k = window.first; k < window.last; ++k) addTo(y, a.x + entryAt(a, o, i, window, k), a.C);
    const Vec share = broadcast(1.0f / static_cast<float>(window.count()));
    map(y, y, a.C, [=](Vec sum) { return sum * share; });
  });
}

Outcome average_pool_backward(const contract::AveragePoolBackwardArguments& a, Workspace& workspace) {
  return forWindows(a, a.size, a.dx, workspace, [&](int64_t o, int64_t i, const Window& window) {
    if (window.count() == 0) return;
    const float* dy = a.dy + resultAt(a, o, i, window);
    const Vec share = broadcast(1.0f / static_cast<float>(window.count()));
    for (int64_t k = window.first; k < window.last; ++k) {
      float* dx = a.dx + entryAt(a, o, i, window, k);
      map(dx, dy, dx, a.C, [=](Vec sum, Vec v) { return sum + v * share; });
    }
  });
}

}  // namespace ostinato::OSTINATO_LEVEL
