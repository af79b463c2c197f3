// Times the parts of the recurrent kernels alone, without JavaScript: forward, reversed loop, and the
// products over all steps. Rates are GFLOP/s; the share is of the multiply-add rate measured in the same run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "runtime/blas.h"
#include "runtime/float_mode.h"
#include "runtime/store.h"
#include "runtime/threads.h"
#include "runtime/workspace.h"
#include "simd/vector.h"

namespace ostinato::bench {

namespace {

struct Case {
  const char* name;
  int64_t B, T, I, H;
};

constexpr Case cases[] = {
    {"char-small", 50, 50, 128, 128}, {"mid", 32, 100, 256, 256},        {"ptb-medium", 20, 35, 650, 650},
    {"seq2seq", 64, 30, 512, 512},    {"sutskever", 128, 30, 1000, 1000}, {"tiny-batch", 4, 100, 128, 128},
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/** The least and the median time of a call, in seconds. */
struct Timing {
  double least, median;
};

Timing Measure(const std::function<void()>& call, double seconds) {
  call();
  std::vector<double> times;
  for (const double start = Now(); times.size() < 5 || Now() - start < seconds;) {
    const double begin = Now();
    call();
    times.push_back(Now() - begin);
  }
  std::sort(times.begin(), times.end());
  return {times.front(), times[times.size() / 2]};
}

/** Multiply-adds of independent vectors, as fast as they go: GFLOP/s of one thread. */
double MultiplyAddRate() {
  using namespace ostinato::LEVEL;
  constexpr int chains = 12;
  constexpr int64_t rounds = 2000000;
  double best = 0;
  for (int trial = 0; trial < 9; ++trial) {
    Vec sums[chains];
    for (int i = 0; i < chains; ++i) sums[i] = broadcast(0.001f * static_cast<float>(i));
    const Vec x = broadcast(0.9999f), y = broadcast(0.00001f);
    const double start = Now();
    for (int64_t k = 0; k < rounds; ++k) {
      for (Vec& sum : sums) sum = fma(sum, x, y);
    }
    const double seconds = Now() - start;
    Vec total = sums[0];
    for (int i = 1; i < chains; ++i) total = total + sums[i];
    volatile float kept = sum(total);
    static_cast<void>(kept);
    best = std::max(best, static_cast<double>(rounds * chains * 2 * Vec::width) / seconds * 1e-9);
  }
  return best;
}

struct Numbers {
  std::vector<float> values;
  explicit Numbers(int64_t count, float scale = 1.0f) : values(static_cast<size_t>(count)) {
    uint32_t state = 12345;
    for (float& value : values) {
      state = state * 1664525u + 1013904223u;
      value = scale * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
    }
  }
  float* data() { return values.data(); }
};

template <typename Forward, typename Backward>
class Layer {
 public:
  Layer(const Case& shape, int gates, bool ragged)
      : shape_(shape),
        gates_(gates),
        store_(WeightStore::create(gates * shape.H * (shape.I + shape.H + 2), 0)),
        workspace_(*store_, FindBlas().blas, ThreadPool::instance(), abort_),
        x_(shape.T * shape.B * shape.I),
        dy_(shape.T * shape.B * shape.H),
        dx_(shape.T * shape.B * shape.I),
        h_((shape.T + 1) * shape.B * shape.H),
        c_((shape.T + 1) * shape.B * shape.H),
        saved_(shape.T * shape.B * 4 * ((shape.H + 15) / 16 * 16)),
        gradient_(store_->parameters.count()) {
    Numbers weights(store_->parameters.count(), 1.0f / std::max<float>(10.0f, static_cast<float>(shape.H) / 16));
    std::copy(weights.values.begin(), weights.values.end(), store_->parameters.begin());
    for (int64_t b = 0; b < shape.B; ++b) {
      lengths_.push_back(static_cast<int32_t>(shape.T - b * (shape.T - shape.T / 4) / std::max<int64_t>(shape.B - 1, 1)));
      valid_ += ragged ? lengths_.back() : shape.T;
    }
    lengthsOrNull_ = ragged ? lengths_.data() : nullptr;
    const int64_t H = shape.H, I = shape.I;
    float* weight = store_->parameters.begin();
    float* gradient = gradient_.data();
    forward_.T = backward_.T = shape.T;
    forward_.B = backward_.B = shape.B;
    forward_.I = backward_.I = I;
    forward_.H = backward_.H = H;
    forward_.x = backward_.x = x_.data();
    forward_.kernel = backward_.kernel = weight;
    forward_.recurrentKernel = backward_.recurrentKernel = weight + gates * H * I;
    forward_.bias = weight + gates * H * (I + H);
    forward_.initialH = nullptr;
    forward_.lengths = backward_.lengths = lengthsOrNull_;
    forward_.h = h_.data();
    backward_.h = h_.data();
    forward_.reverse = backward_.reverse = 0;
    backward_.dy = dy_.data();
    backward_.dFinalH = nullptr;
    backward_.dInitialH = backward_.dStates = nullptr;
    dKernel_ = gradient;
    dRecurrent_ = gradient + gates * H * I;
    dBias_ = gradient + gates * H * (I + H);
    Specialize();
  }

  double forwardFlop() const { return 2.0 * static_cast<double>(valid_ * gates_ * shape_.H * (shape_.I + shape_.H)); }
  double loopFlop() const { return 2.0 * static_cast<double>(valid_ * gates_ * shape_.H * shape_.H); }

  void forward() { Check(Run(forward_)); }
  void backward(bool dx, bool weights) {
    backward_.dx = dx ? dx_.data() : nullptr;
    backward_.dKernel = weights ? dKernel_ : nullptr;
    backward_.dRecurrentKernel = weights ? dRecurrent_ : nullptr;
    backward_.dBias = weights ? dBias_ : nullptr;
    // The gates are overwritten by their gradients: their size plays no part, as long as it is not denormal.
    Check(Run(backward_));
  }
  void changed() { store_->parametersChanged(); }
  void restore() { std::fill(saved_.values.begin(), saved_.values.end(), 0.5f); }

 private:
  void Specialize();
  Outcome Run(const Forward& a);
  Outcome Run(const Backward& a);
  static void Check(const Outcome& outcome) {
    if (outcome.status != contract::Status::ok) std::abort();
  }

 public:
  const Case shape_;
  const int gates_;
  std::shared_ptr<WeightStore> store_;
  Abort abort_;
  Workspace workspace_;
  Numbers x_, dy_, dx_, h_, c_, saved_, gradient_;
  std::vector<int32_t> lengths_;
  const int32_t* lengthsOrNull_ = nullptr;
  int64_t valid_ = 0;
  Forward forward_{};
  Backward backward_{};
  float *dKernel_ = nullptr, *dRecurrent_ = nullptr, *dBias_ = nullptr;
};

using Lstm = Layer<contract::LstmArguments, contract::LstmBackwardArguments>;
using Gru = Layer<contract::GruArguments, contract::GruBackwardArguments>;
using Rnn = Layer<contract::RnnArguments, contract::RnnBackwardArguments>;

template <>
void Lstm::Specialize() {
  forward_.c = c_.data();
  backward_.c = c_.data();
  forward_.saved = backward_.saved = saved_.data();
}
template <>
Outcome Lstm::Run(const contract::LstmArguments& a) {
  return LEVEL::lstm(a, workspace_);
}
template <>
Outcome Lstm::Run(const contract::LstmBackwardArguments& a) {
  return LEVEL::lstm_backward(a, workspace_);
}
template <>
void Gru::Specialize() {
  forward_.saved = backward_.saved = saved_.data();
  forward_.resetAfter = backward_.resetAfter = 1;
  forward_.recurrentBias = forward_.bias;
}
template <>
Outcome Gru::Run(const contract::GruArguments& a) {
  return LEVEL::gru(a, workspace_);
}
template <>
Outcome Gru::Run(const contract::GruBackwardArguments& a) {
  return LEVEL::gru_backward(a, workspace_);
}
template <>
void Rnn::Specialize() {
  backward_.dGates = saved_.data();
}
template <>
Outcome Rnn::Run(const contract::RnnArguments& a) {
  return LEVEL::rnn(a, workspace_);
}
template <>
Outcome Rnn::Run(const contract::RnnBackwardArguments& a) {
  return LEVEL::rnn_backward(a, workspace_);
}

template <typename AnyLayer>
void Report(const char* cell, const Case& shape, int gates, bool ragged, double peak, double seconds) {
  AnyLayer layer(shape, gates, ragged);
  const auto timed = [&](const std::function<void()>& call) { return Measure(call, seconds); };
  const auto forward = [&] { layer.forward(); };
  const Timing whole = timed([&] {
    layer.changed();
    layer.forward();
    layer.backward(true, true);
  });
  const Timing f = timed(forward);
  const Timing loop = timed([&] { layer.backward(false, false); });
  const Timing dx = timed([&] { layer.backward(true, false); });
  const Timing all = timed([&] { layer.backward(true, true); });
  const double F = layer.forwardFlop() * 1e-9, L = layer.loopFlop() * 1e-9;
  std::printf("%-11s %-7s train %8.2f ms (least %8.2f) %6.1f GFLOP/s %4.1f%% | forward %6.1f loop %6.1f dX %6.1f dW,dR %6.1f\n", shape.name, cell,
              whole.median * 1e3, whole.least * 1e3, 3 * F / whole.least, 300 * F / whole.least / peak, F / f.least,
              L / loop.least, (F - L) / std::max(dx.least - loop.least, 1e-9), F / std::max(all.least - dx.least, 1e-9));
}

}  // namespace

int Main(int count, char** arguments) {
  const std::string wantedCase = count > 1 ? arguments[1] : "", wantedCell = count > 2 ? arguments[2] : "";
  const double seconds = count > 3 ? std::atof(arguments[3]) : 0.5;
  const int64_t time = count > 4 ? std::atoll(arguments[4]) : 0;
  const FlushDenormals flush;
  ThreadPool& pool = ThreadPool::instance();
  if (!pool.beginRun()) return 1;
  const double one = MultiplyAddRate(), peak = one * pool.threads();
  std::printf("multiply-add rate %.1f GFLOP/s a thread, %d threads\n", one, pool.threads());
  for (Case shape : cases) {
    if (!wantedCase.empty() && wantedCase != shape.name) continue;
    if (time > 0) shape.T = time;
    for (const bool ragged : {false, true}) {
      const auto is = [&](const char* cell) {
        const std::string name = std::string(cell) + (ragged ? "-ragged" : "");
        return wantedCell.empty() ? !ragged : name == wantedCell;
      };
      if (is("lstm")) Report<Lstm>(ragged ? "lstm-r" : "lstm", shape, 4, ragged, peak, seconds);
      if (is("gru")) Report<Gru>(ragged ? "gru-r" : "gru", shape, 3, ragged, peak, seconds);
      if (is("rnn")) Report<Rnn>("rnn", shape, 1, ragged, peak, seconds);
    }
  }
  pool.endRun();
  return 0;
}

}  // namespace ostinato::bench

int main(int count, char** arguments) { return ostinato::bench::Main(count, arguments); }
