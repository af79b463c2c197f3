#include "dispatcher.h"

namespace ostinato {

Dispatcher::~Dispatcher() {
  if (!running_) return;
  state_.fetch_or(ending, std::memory_order_release);
  state_.notify_one();
  thread_.join();
}

bool Dispatcher::ready() {
  if (!running_) running_ = thread_.start(Work, this);
  return running_;
}

void Dispatcher::start(void (*job)(void*), void* argument) {
  job_ = job;
  argument_ = argument;
  state_.fetch_or(posted, std::memory_order_release);
  state_.notify_one();
}

void Dispatcher::Work(void* argument) {
  auto* dispatcher = static_cast<Dispatcher*>(argument);
  for (;;) {
    AwaitChange(dispatcher->state_, 0);
    const auto job = dispatcher->job_;
    const auto jobArgument = dispatcher->argument_;
    // A job that was posted is run, even where the end is near.
    if ((dispatcher->state_.fetch_and(~posted, std::memory_order_acq_rel) & posted) == 0) return;
    job(jobArgument);
  }
}

}  // namespace ostinato
