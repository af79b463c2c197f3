// A thread that runs one job at a time, so that long runs stay off the event loop and off libuv's four
// threads.
#pragma once
#include <atomic>
#include <cstdint>

#include "thread.h"

namespace ostinato {

class Dispatcher {
 public:
  Dispatcher() = default;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  /** Waits for the job under way. */
  ~Dispatcher();

  /** Starts the thread where it does not run yet. False: the system gives no more threads. */
  bool ready();

  /** Runs job(argument) on the thread, which must be ready. The job before must be over. */
  void start(void (*job)(void*), void* argument);

 private:
  static constexpr uint32_t posted = 1;
  static constexpr uint32_t ending = 2;
  static void Work(void* dispatcher);

  Thread thread_;
  bool running_ = false;
  void (*job_)(void*) = nullptr;
  void* argument_ = nullptr;
  std::atomic<uint32_t> state_{0};
};

}  // namespace ostinato
