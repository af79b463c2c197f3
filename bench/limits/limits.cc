// What this machine can do at most: float32 multiply-adds, and reading from each level of memory.
// Compiled once per CPU level, with the flags that the kernels of that level have; the width of a vector
// follows from them.
//
//   limits THREADS     one line of JSON each
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int lanes = 16;
constexpr int accumulators = 24;
#elif defined(__AVX2__)
constexpr int lanes = 8;
constexpr int accumulators = 12;
#elif defined(__aarch64__)
constexpr int lanes = 4;
constexpr int accumulators = 24;
#else
// Multiplication and addition are two instructions here.
constexpr int lanes = 4;
constexpr int accumulators = 12;
#endif

using Vector = float __attribute__((vector_size(4 * lanes)));
using Clock = std::chrono::steady_clock;

/** Threads meet here again and again; nobody sleeps, so that all start together. */
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}
  void wait() {
    const int round = round_.load();
    if (waiting_.fetch_add(1) + 1 == threads_) {
      waiting_.store(0);
      round_.fetch_add(1);
    } else {
      while (round_.load() == round) {
      }
    }
  }

 private:
  const int threads_;
  std::atomic<int> waiting_{0};
  std::atomic<int> round_{0};
};

/** Keeps a result alive without storing it anywhere. */
void Keep(const Vector& value) { asm volatile("" : : "m"(value) : "memory"); }

/** Runs body(thread, times) on all threads at once and returns the best seconds of several windows. */
template <typename Body>
double BestSeconds(int threads, int64_t times, const Body& body) {
  constexpr int windows = 20;
  Barrier barrier(threads);
  double best = 1e9;
  const auto work = [&](int thread) {
    for (int window = 0; window < windows; ++window) {
      barrier.wait();
      const auto start = Clock::now();
      body(thread, times);
      barrier.wait();
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      if (thread == 0) best = std::min(best, seconds);
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  work(0);
  for (std::thread& other : others) other.join();
  return best;
}

/** As many times as fill about `seconds` in one window. */
template <typename Body>
int64_t Calibrate(double seconds, const Body& body) {
  int64_t times = 1;
  for (;;) {
    const auto start = Clock::now();
    body(0, times);
    const double taken = std::chrono::duration<double>(Clock::now() - start).count();
    if (taken > seconds / 4) return std::max<int64_t>(1, static_cast<int64_t>(times * seconds / taken));
    times *= 2;
  }
}

/** Independent chains of a = a · x + y, enough of them to hide the latency. */
void MultiplyAdd(int, int64_t times) {
  Vector a[accumulators];
  for (int k = 0; k < accumulators; ++k) a[k] = Vector{} + static_cast<float>(k);
  Vector x = Vector{} + 0.999f;
  Vector y = Vector{} + 0.001f;
  asm volatile("" : "+m"(x), "+m"(y));
  for (int64_t i = 0; i < times; ++i) {
#pragma GCC unroll 24
    for (int k = 0; k < accumulators; ++k) a[k] = a[k] * x + y;
  }
  Vector sum{};
  for (const Vector& chain : a) sum += chain;
  Keep(sum);
}

/**
 * Sums a buffer over and over, in four places at once, as kernels with several operands do; the address is
 * made opaque so that no pass is left out.
 */
void Read(const float* buffer, int64_t bytes, int64_t times) {
  constexpr int streams = 4;
  constexpr int chains = 2;
  const int64_t vectors = bytes / static_cast<int64_t>(streams * sizeof(Vector));
  Vector sum[streams][chains] = {};
  for (int64_t i = 0; i < times; ++i) {
    const auto* p = reinterpret_cast<const Vector*>(buffer);
    asm volatile("" : "+r"(p));
    for (const Vector* end = p + vectors; p != end; p += chains) {
#pragma GCC unroll 4
      for (int s = 0; s < streams; ++s) {
#pragma GCC unroll 2
        for (int k = 0; k < chains; ++k) sum[s][k] += p[s * vectors + k];
      }
    }
  }
  // Not the chains themselves: what is kept has an address, and would be stored at every step.
  Vector total{};
  for (const auto& stream : sum) {
    for (const Vector& chain : stream) total += chain;
  }
  Keep(total);
}

/** Bytes of the data cache of a level as Linux tells it; elsewhere, and where it does not, what is usual. */
int64_t CacheSize(int level, int64_t usual) {
  for (int index = 0; index < 8; ++index) {
    const auto read = [&](const char* what, const char* format, auto* value) {
      char path[96];
      std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, what);
      std::FILE* file = std::fopen(path, "r");
      if (file == nullptr) return false;
      const bool found = std::fscanf(file, format, value) == 1;
      std::fclose(file);
      return found;
    };
    int at = 0;
    long kilobytes = 0;
    char type[16] = "";
    if (!read("level", "%d", &at) || at != level || !read("type", "%15s", type) || type[0] == 'I') continue;
    if (read("size", "%ldK", &kilobytes)) return int64_t{1024} * kilobytes;
  }
  return usual;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  if (threads < 1) return 2;

  const int64_t rounds = Calibrate(0.01, MultiplyAdd);
  const double seconds = BestSeconds(threads, rounds, MultiplyAdd);
  const double operations = 2.0 * lanes * accumulators * static_cast<double>(rounds) * threads;
  std::printf("{\"name\":\"fma\",\"gflops\":%.2f}\n", 1e-9 * operations / seconds);

  const int64_t l1 = CacheSize(1, 32 << 10);
  const int64_t l2 = CacheSize(2, 512 << 10);
  const int64_t l3 = CacheSize(3, 8 << 20);
  struct Place {
    const char* name;
    int64_t bytes;
  };
  // The last cache is shared by the threads; memory is what lies far beyond it.
  const Place places[] = {{"read-L1", l1 / 2},
                          {"read-L2", l2 / 2},
                          {"read-L3", std::max(l3 / 4 / threads, l2 * 2)},
                          {"read-memory", std::max<int64_t>(l3 * 4, 256 << 20) / threads}};
  for (const auto& [name, wanted] : places) {
    const int64_t bytes = wanted / 4096 * 4096;
    std::vector<float*> buffers(threads);
    for (float*& buffer : buffers) {
      buffer = static_cast<float*>(std::aligned_alloc(4096, bytes));
      if (buffer == nullptr) return 3;
      std::fill_n(buffer, bytes / 4, 0.0f);
    }
    const auto body = [&](int thread, int64_t times) { Read(buffers[thread], bytes, times); };
    const int64_t times = Calibrate(0.01, body);
    const double taken = BestSeconds(threads, times, body);
    const double read = static_cast<double>(bytes) * static_cast<double>(times) * threads;
    std::printf("{\"name\":\"%s\",\"workingSet\":%lld,\"gigabytes\":%.2f}\n", name,
                static_cast<long long>(bytes), 1e-9 * read / taken);
    for (float* buffer : buffers) std::free(buffer);
  }
}
