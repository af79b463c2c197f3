#include "threads.h"

#include <cstdio>
#include <cstdlib>
#include <new>
#ifdef __linux__
#include <sched.h>
#else
#include <thread>
#endif

#include "float_mode.h"

namespace ostinato {

namespace {

constexpr int maximumThreads = 256;

#ifdef __linux__
/** True for the first hardware thread of a core; a second one adds nothing to code that keeps the multipliers
 * busy. */
bool IsFirstOfCore(int cpu) {
  char path[96];
  std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) return true;
  int first = cpu;
  const bool read = std::fscanf(file, "%d", &first) == 1;
  std::fclose(file);
  return !read || first == cpu;
}

/** What a container may use, in whole cores; maximumThreads where nothing limits it. */
int Quota() {
  std::FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r");
  if (file == nullptr) return maximumThreads;
  long long quota = 0;
  long long period = 0;
  const bool limited = std::fscanf(file, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0;
  std::fclose(file);
  if (!limited) return maximumThreads;
  const long long cores = (quota + period - 1) / period;
  return cores < maximumThreads ? static_cast<int>(cores) : maximumThreads;
}

int AvailableCores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  int hardwareThreads = 0;
  int cores = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    ++hardwareThreads;
    if (IsFirstOfCore(cpu)) ++cores;
  }
  if (cores == 0) cores = hardwareThreads;
  const int quota = Quota();
  return cores < quota ? cores : quota;
}
#else
int AvailableCores() { return static_cast<int>(std::thread::hardware_concurrency()); }
#endif

int ChooseThreads() {
  const char* wanted = std::getenv("OSTINATO_THREADS");
  const long number = wanted == nullptr ? 0 : std::strtol(wanted, nullptr, 10);
  const long threads = number >= 1 ? number : AvailableCores();
  return static_cast<int>(threads < 1 ? 1 : threads > maximumThreads ? maximumThreads : threads);
}

}  // namespace

ThreadPool& ThreadPool::instance() {
  // Never destroyed: its threads run until the process ends.
  static ThreadPool* pool = new ThreadPool;
  return *pool;
}

ThreadPool::ThreadPool() : threads_(ChooseThreads()) {}

bool ThreadPool::beginRun() {
  const int64_t needed = (runs_.fetch_add(1, std::memory_order_relaxed) + 1) * (threads_ - 1);
  if (workers_.load(std::memory_order_acquire) >= needed || addWorkers(needed)) return true;
  endRun();
  return false;
}

void ThreadPool::endRun() { runs_.fetch_sub(1, std::memory_order_relaxed); }

bool ThreadPool::addWorkers(int64_t needed) {
  std::lock_guard lock(mutex_);
  while (workers_.load(std::memory_order_relaxed) < needed) {
    auto* worker = new (std::nothrow) Worker;
    if (worker == nullptr) return false;
    if (!worker->thread.start(Work, worker)) {
      delete worker;
      return false;
    }
    worker->thread.detach();
    worker->next = idle_;
    idle_ = worker;
    workers_.fetch_add(1, std::memory_order_release);
  }
  return true;
}

void ThreadPool::parallel(int parts, void* body, void (*call)(void*, int)) {
  Worker* first;
  Worker* last = nullptr;
  {
    std::lock_guard lock(mutex_);
    first = idle_;
    for (int part = 1; part < parts; ++part) {
      last = last == nullptr ? first : last->next;
      last->part = part;
    }
    if (last == nullptr) {
      first = nullptr;
    } else {
      idle_ = last->next;
      last->next = nullptr;
    }
  }
  for (Worker* worker = first; worker != nullptr; worker = worker->next) {
    worker->body = body;
    worker->call = call;
    worker->posted.fetch_add(1, std::memory_order_release);
    worker->posted.notify_one();
  }
  call(body, 0);
  for (Worker* worker = first; worker != nullptr; worker = worker->next) {
    const uint32_t ticket = worker->posted.load(std::memory_order_relaxed);
    if (worker->begin(ticket)) {
      call(body, worker->part);
      continue;
    }
    for (uint32_t done; (done = worker->finished.load(std::memory_order_acquire)) != ticket;) {
      AwaitChange(worker->finished, done);
    }
  }
  if (last == nullptr) return;
  std::lock_guard lock(mutex_);
  last->next = idle_;
  idle_ = first;
}

void ThreadPool::Work(void* argument) {
  auto* worker = static_cast<Worker*>(argument);
  const FlushDenormals flush;
  for (uint32_t seen = 0;;) {
    AwaitChange(worker->posted, seen, spinsForNext);
    seen = worker->posted.load(std::memory_order_acquire);
    // Body and part stand still from here on only where this part is ours.
    if (!worker->begin(seen)) continue;
    worker->call(worker->body, worker->part);
    worker->finished.store(seen, std::memory_order_release);
    worker->finished.notify_one();
  }
}

}  // namespace ostinato
