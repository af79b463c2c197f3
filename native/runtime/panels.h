// Packed copies of the weights of one store, shared by all programs that run on it.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>

#include "memory.h"

namespace ostinato {

/** One of `count` threads that share a piece of work. */
struct Share {
  int index;
  int count;
};

/** Lays its share of a row-major weight matrix [rows, columns] out for a kernel. */
using PackFunction = void (*)(const float* weights, int64_t rows, int64_t columns, float* panels,
                              Share share);

class PanelCache {
 public:
  /** Which packing of which weights; `offset` is in elements of the parameter buffer. */
  struct Key {
    int64_t offset;
    int64_t rows;
    int64_t columns;
    int64_t elements;
    PackFunction pack;
    int role;
    bool operator==(const Key&) const = default;
  };

  PanelCache() = default;
  PanelCache(const PanelCache&) = delete;
  PanelCache& operator=(const PanelCache&) = delete;
  ~PanelCache();

  /**
   * The panels of `key`, filled again by fill(panels) where they were made from another version of the
   * parameters. The caller holds the store for reading, so that the version stands still meanwhile. Different
   * panels may be packed at the same time; who wants the same ones waits for them. Null: out of memory.
   */
  template <typename Fill>
  const float* find(const Key& key, uint64_t version, Fill&& fill) {
    Entry* entry = entryOf(key);
    if (entry == nullptr) return nullptr;
    std::lock_guard lock(entry->mutex);
    if (entry->version == version) return entry->panels.as<float>();
    const uint64_t bytes = static_cast<uint64_t>(key.elements) * sizeof(float);
    if (entry->panels.data() == nullptr && !entry->panels.allocate(bytes)) return nullptr;
    fill(entry->panels.as<float>());
    entry->version = version;
    return entry->panels.as<float>();
  }

 private:
  struct Entry {
    Entry(const Key& its, Entry* before) : key(its), next(before) {}
    const Key key;
    Entry* const next;
    /** Held while packing. */
    std::mutex mutex;
    /** 0: not packed yet. */
    uint64_t version = 0;
    Memory panels;
  };
  Entry* entryOf(const Key& key);

  /** Of the list, not of what its entries hold. */
  std::mutex mutex_;
  Entry* entries_ = nullptr;
};

}  // namespace ostinato
