#include "store.h"

#include <new>

namespace ostinato {

std::shared_ptr<WeightStore> WeightStore::create(int64_t parameterElements, int64_t slotElements) {
  std::shared_ptr<WeightStore> store(new (std::nothrow) WeightStore);
  if (store == nullptr) return nullptr;
  if (!store->parameters.allocate(parameterElements) || !store->slots.allocate(slotElements)) return nullptr;
  return store;
}

bool WeightStore::tryRead() {
  int32_t users = users_.load(std::memory_order_relaxed);
  while (users != writing) {
    if (users_.compare_exchange_weak(users, users + 1, std::memory_order_acquire)) return true;
  }
  return false;
}

bool WeightStore::tryWrite() {
  int32_t nobody = 0;
  return users_.compare_exchange_strong(nobody, writing, std::memory_order_acquire);
}

}  // namespace ostinato
