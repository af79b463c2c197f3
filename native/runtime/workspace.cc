#include "workspace.h"

#include <sched.h>

#include <algorithm>
#include <cstring>

#include "store.h"
#include "threads.h"

namespace ostinato {

namespace {

/** Makes room for `elements`; false: out of memory. */
bool Reserve(Array<float>& block, int64_t elements) {
#ifdef OSTINATO_CHECKED
  // A block of exactly this size, full of NaN: what reads too far or too early is found.
  if (!block.allocate(elements)) return false;
  std::memset(block.begin(), 0xff, static_cast<size_t>(elements) * sizeof(float));
  return true;
#else
  return block.count() >= elements || block.allocate(elements);
#endif
}

}  // namespace

Workspace::Workspace(WeightStore& store, const Blas* blas, ThreadPool& pool, const Abort& abort)
    : store_(store), blas_(blas), pool_(pool), abort_(abort), threads_(pool.threads()) {}

void Workspace::parallelErased(int parts, void* body, void (*call)(void*, int)) {
  if (parts <= 1) {
    parts_ = 1;
    if (parts == 1) call(body, 0);
    return;
  }
  parts_ = parts;
  pool_.parallel(parts, body, call);
}

void Workspace::barrier() {
  if (parts_ == 1) return;
  const uint32_t phase = phase_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parts_) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
    return;
  }
  constexpr int spins = 2000;
  for (int i = 0; phase_.load(std::memory_order_acquire) == phase; ++i) {
    if (i < spins) {
      Pause();
    } else {
      sched_yield();
    }
  }
}

float* Workspace::scratch(int slot, int64_t elements) {
  Array<float>& block = scratch_[slot];
  return Reserve(block, elements) ? block.begin() : nullptr;
}

const float* Workspace::panels(const float* weights, int role, int64_t rows, int64_t columns,
                               int64_t elements, PackFunction pack) {
  // Less is done before another thread has woken up.
  constexpr int64_t elementsPerPart = 1 << 15;
  const int parts = static_cast<int>(std::clamp<int64_t>(elements / elementsPerPart, 1, threads()));
  const auto fill = [&](float* target) {
    parallel(parts, [&](int part) { pack(weights, rows, columns, target, {part, parts}); });
  };
  const Array<float>& parameters = store_.parameters;
  if (weights >= parameters.begin() && weights < parameters.end()) {
    const int64_t offset = weights - parameters.begin();
    return store_.panels.find({offset, rows, columns, elements, pack, role}, store_.version(), fill);
  }
  if (looseTaken_ == loosePanels) return nullptr;
  Array<float>& block = loose_[looseTaken_++];
  if (!Reserve(block, elements)) return nullptr;
  fill(block.begin());
  return block.begin();
}

bool Workspace::aborted() const { return abort_.heard && abort_.requested.load(std::memory_order_relaxed); }

const Blas* Workspace::blas() const { return blas_; }

}  // namespace ostinato
