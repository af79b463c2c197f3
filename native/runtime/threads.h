// The threads that kernels run on: one pool for the whole process, whatever number of environments it has.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>

#include "thread.h"

namespace ostinato {

class ThreadPool {
 public:
  static ThreadPool& instance();

  /** How many threads one parallel region may use: OSTINATO_THREADS, or the cores this process may use. */
  int threads() const { return threads_; }

  /**
   * Announces a run. For each announced run threads() − 1 workers exist, so that a region never waits for
   * another one and its parts really run at the same time. False: the system gives no more threads.
   */
  bool beginRun();
  void endRun();

  /**
   * Runs call(body, part) for every part in [0, parts), part 0 on the calling thread, which must be in a run.
   * A part whose worker has not even begun when part 0 is done, because it was parked or its core is taken,
   * is done by the calling thread too. Parts that wait for one another have all begun by then.
   */
  void parallel(int parts, void* body, void (*call)(void*, int));

 private:
  /** Lives as long as the process. */
  struct Worker {
    Thread thread;
    Worker* next = nullptr;
    void* body = nullptr;
    void (*call)(void*, int) = nullptr;
    int part = 0;
    /** Its parts are numbered: the last one given to it, */
    std::atomic<uint32_t> posted{0};
    /** the last one that somebody has begun, the worker or the thread that posted it, */
    std::atomic<uint32_t> begun{0};
    /** and the last one that the worker has done. */
    std::atomic<uint32_t> finished{0};

    /** True for the one who may do this part. */
    bool begin(uint32_t ticket) {
      uint32_t before = ticket - 1;
      return begun.compare_exchange_strong(before, ticket, std::memory_order_acq_rel,
                                           std::memory_order_acquire);
    }
  };

  ThreadPool();
  bool addWorkers(int64_t needed);
  static void Work(void* worker);

  const int threads_;
  std::mutex mutex_;
  Worker* idle_ = nullptr;  // the last one used first: its caches are warm
  std::atomic<int64_t> workers_{0};
  std::atomic<int64_t> runs_{0};
};

}  // namespace ostinato
