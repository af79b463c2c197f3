// Aligned memory that says no instead of throwing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ostinato {

/** Of the machine. More is refused: systems promise memory that they do not have, and end the process that
 * uses it. */
uint64_t PhysicalMemory();

/** 64-byte aligned bytes, owned. */
class Memory {
 public:
  Memory() = default;
  Memory(Memory&& other) noexcept
      : allocation_(std::exchange(other.allocation_, nullptr)), data_(std::exchange(other.data_, nullptr)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(allocation_, other.allocation_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~Memory();

  /** Frees what was held and reserves `bytes` zeros; false: out of memory, and nothing is held. */
  bool allocate(uint64_t bytes);

  void* data() const { return data_; }
  template <typename Element>
  Element* as() const {
    return static_cast<Element*>(data_);
  }

 private:
  void* allocation_ = nullptr;
  void* data_ = nullptr;
};

/** A fixed number of elements on the heap, all bits zero. */
template <typename Element>
class Array {
 public:
  bool allocate(int64_t count) {
    if (!memory_.allocate(static_cast<uint64_t>(count) * sizeof(Element))) return false;
    count_ = count;
    return true;
  }
  int64_t count() const { return count_; }
  Element* begin() const { return memory_.as<Element>(); }
  Element* end() const { return begin() + count_; }
  Element& operator[](int64_t index) const { return begin()[index]; }

 private:
  Memory memory_;
  int64_t count_ = 0;
};

}  // namespace ostinato
