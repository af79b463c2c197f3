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

}  // namespace ostinato
