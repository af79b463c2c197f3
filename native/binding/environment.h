// What one JavaScript environment (the main thread, or a worker) has of the addon.
#pragma once
#include <napi.h>

namespace ostinato {

class ContextObject;
struct Job;

class Environment {
 public:
  /** Called in the environment when a job is over; `env` is null where the environment has ended before. */
  static void Complete(Napi::Env env, Napi::Function, Environment* environment, Job* job);
  using Completion = Napi::TypedThreadSafeFunction<Environment, Job, Complete>;

  /** Makes the classes of this environment and sees to its end. */
  static void Install(Napi::Env env, Napi::Object exports);
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  void add(ContextObject* context);
  void remove(ContextObject* context);

  /** While a job is under way, it keeps the event loop alive. */
  void jobStarted(Napi::Env env);
  void jobEnded(Napi::Env env);
  /** From any thread. */
  void complete(Job* job) { completion_.NonBlockingCall(job); }

  Napi::FunctionReference contextClass;

 private:
  /** Stops all jobs before the thread-safe function goes away. */
  static void End(Environment* environment);

  Completion completion_;
  int jobs_ = 0;
  ContextObject* contexts_ = nullptr;
};

}  // namespace ostinato
