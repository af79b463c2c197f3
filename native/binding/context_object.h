// The class of run contexts in JavaScript.
#pragma once
#include <napi.h>

#include <memory>

#include "../runtime/context.h"
#include "../runtime/dispatcher.h"

namespace ostinato {

class ContextObject;
class Environment;

/** One asynchronous run. */
struct Job {
  ContextObject* object;
  Environment* environment;
  Napi::Promise::Deferred deferred;
  uint32_t segments;
  Verdict verdict;
};

class ContextObject : public Napi::ObjectWrap<ContextObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value New(Napi::Env env, std::unique_ptr<RunContext> context);
  explicit ContextObject(const Napi::CallbackInfo& info);
  ~ContextObject();

  void requestAbort();
  /** Waits for the job under way; there will be none after it. */
  void stop() { dispatcher_.reset(); }
  /** In the environment, after a job. */
  void completed(Napi::Env env, const Job& job);

  /** In the list of the environment. */
  ContextObject* next = nullptr;

 private:
  /**
   * windows(): typed arrays on the memory of the context: { dimensions, scalars, status, inputs, outputs,
   * states, statistics, gradients }; the last three may be absent. The memory lives as long as any of them.
   */
  Napi::Value windows(const Napi::CallbackInfo& info);
  /** run(segments): a promise of the status; segments has a bit for each SegmentKind. */
  Napi::Value run(const Napi::CallbackInfo& info);
  /** runSync(segments): the status */
  Napi::Value runSync(const Napi::CallbackInfo& info);
  /** work(): multiply-adds of a run of all segments; infinite where the dimensions do not fit. */
  Napi::Value work(const Napi::CallbackInfo& info);
  Napi::Value requestAbort(const Napi::CallbackInfo& info);
  /** Waits for the run under way to stop. */
  Napi::Value dispose(const Napi::CallbackInfo& info);

  /** False, and an error is thrown, where the context is gone or runs. */
  bool isFree(Napi::Env env);
  /** False, and an error is thrown, where no run can begin. */
  bool begin(const Napi::CallbackInfo& info, uint32_t& segments);
  void release(Napi::Env env);

  std::unique_ptr<RunContext> context_;
  /** After the context: it ends first. */
  std::unique_ptr<Dispatcher> dispatcher_;
  bool busy_ = false;
};

}  // namespace ostinato
