// The parameters and optimizer slots of one model, shared by all contexts that run its programs, on any
// thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "memory.h"
#include "panels.h"

namespace ostinato {

class WeightStore {
 public:
  /** Zeros; null: out of memory. */
  static std::shared_ptr<WeightStore> create(int64_t parameterElements, int64_t slotElements);

  Array<float> parameters;
  Array<float> slots;
  PanelCache panels;

  /** Rises with every change of the parameters; packed copies of an older one are stale. */
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  void parametersChanged() { version_.fetch_add(1, std::memory_order_acq_rel); }

  /** Any number of readers, or one writer. Nobody waits: false means that somebody else is in the way. */
  bool tryRead();
  bool tryWrite();
  void endRead() { users_.fetch_sub(1, std::memory_order_release); }
  void endWrite() { users_.store(0, std::memory_order_release); }

 private:
  static constexpr int32_t writing = -1;
  std::atomic<uint64_t> version_{1};
  std::atomic<int32_t> users_{0};
};

}  // namespace ostinato
