// A thread that can fail to start: std::thread would end the process instead.
#pragma once
#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace ostinato {

class Thread {
 public:
  using Function = void (*)(void*);

  /** False where the system gives no thread. */
  bool start(Function function, void* argument) {
    function_ = function;
    argument_ = argument;
    return pthread_create(&handle_, nullptr, Enter, this) == 0;
  }
  void join() { pthread_join(handle_, nullptr); }
  void detach() { pthread_detach(handle_); }

 private:
  static void* Enter(void* thread) {
    auto* self = static_cast<Thread*>(thread);
    self->function_(self->argument_);
    return nullptr;
  }
  pthread_t handle_{};
  Function function_ = nullptr;
  void* argument_ = nullptr;
};

/** Tells the CPU that this thread only waits. */
inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/** How often to look before parking: for the end of a part, and for the next one, which may belong to the
 * next run. On an AMD Zen 3 the second is 0.3 ms, as long as a search takes between two steps. */
inline constexpr int spinsForEnd = 4000, spinsForNext = 12000;

/** Returns when `word` is no longer `old`: spins for a while, then parks. The writer calls notify. */
inline void AwaitChange(std::atomic<uint32_t>& word, uint32_t old, int spins = spinsForEnd) {
  for (int i = 0; i < spins; ++i) {
    if (word.load(std::memory_order_acquire) != old) return;
    Pause();
  }
  while (word.load(std::memory_order_acquire) == old) word.wait(old, std::memory_order_acquire);
}

}  // namespace ostinato
