#include "environment.h"

#include "context_object.h"
#include "store_object.h"

namespace ostinato {

void Environment::Install(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment;
  env.SetInstanceData(environment);
  environment->completion_ = Completion::New(env, "ostinato", 0, 1, environment);
  environment->completion_.Unref(env);
  // Hooks run last registered first: this one comes before that of the thread-safe function.
  env.AddCleanupHook(End, environment);
  environment->contextClass = Napi::Persistent(ContextObject::Define(env));
  exports.Set("WeightStore", StoreObject::Define(env));
}

void Environment::End(Environment* environment) {
  for (ContextObject* context = environment->contexts_; context != nullptr; context = context->next) {
    context->requestAbort();
  }
  for (ContextObject* context = environment->contexts_; context != nullptr; context = context->next) {
    context->stop();
  }
}

void Environment::add(ContextObject* context) {
  context->next = contexts_;
  contexts_ = context;
}

void Environment::remove(ContextObject* context) {
  ContextObject** link = &contexts_;
  while (*link != nullptr && *link != context) link = &(*link)->next;
  if (*link != nullptr) *link = context->next;
}

void Environment::jobStarted(Napi::Env env) {
  if (jobs_++ == 0) completion_.Ref(env);
}

void Environment::jobEnded(Napi::Env env) {
  if (--jobs_ == 0) completion_.Unref(env);
}

void Environment::Complete(Napi::Env env, Napi::Function, Environment* environment, Job* job) {
  if (env != nullptr) {
    environment->jobEnded(env);
    job->object->completed(env, *job);
  }
  delete job;
}

}  // namespace ostinato
