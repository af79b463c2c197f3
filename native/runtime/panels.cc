#include "panels.h"

#include <new>

namespace ostinato {

PanelCache::~PanelCache() {
  while (entries_ != nullptr) delete std::exchange(entries_, entries_->next);
}

PanelCache::Entry* PanelCache::entryOf(const Key& key) {
  std::lock_guard lock(mutex_);
  Entry* entry = entries_;
  while (entry != nullptr && !(entry->key == key)) entry = entry->next;
  if (entry != nullptr) return entry;
  entry = new (std::nothrow) Entry(key, entries_);
  if (entry != nullptr) entries_ = entry;
  return entry;
}

const float* PanelCache::find(const Key& key, uint64_t version, const float* weights) {
  Entry* entry = entryOf(key);
  if (entry == nullptr) return nullptr;
  std::lock_guard lock(entry->mutex);
  if (entry->version == version) return entry->panels.as<float>();
  const uint64_t bytes = static_cast<uint64_t>(key.elements) * sizeof(float);
  if (entry->panels.data() == nullptr && !entry->panels.allocate(bytes)) return nullptr;
  key.pack(weights, key.rows, key.columns, entry->panels.as<float>());
  entry->version = version;
  return entry->panels.as<float>();
}

}  // namespace ostinato
