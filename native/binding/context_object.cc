#include "context_object.h"

#include "environment.h"
#include "errors.h"

namespace ostinato {

namespace {

/** A typed array on memory of the borders, which it keeps. */
template <typename TypedArray, typename Element>
Napi::Value Window(Napi::Env env, const std::shared_ptr<Borders>& borders, Element* data, int64_t count) {
  const auto length = static_cast<size_t>(count);
  if (length == 0) return TypedArray::New(env, 0);
  if (length * sizeof(Element) > UINT32_MAX) {
    Throw(env, "OUT_OF_MEMORY", "JavaScript cannot see a buffer of more than 4 GiB");
    return {};
  }
  using Keeper = std::shared_ptr<Borders>;
  auto* keeper = new Keeper(borders);
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(
      env, data, length * sizeof(Element), [](Napi::Env, void*, Keeper* kept) { delete kept; }, keeper);
  if (env.IsExceptionPending()) return {};
  return TypedArray::New(env, length, buffer, 0);
}

Napi::Value BufferWindow(Napi::Env env, const std::shared_ptr<Borders>& borders, const BufferEntry& entry,
                         int32_t index) {
  const Memory& memory = borders->buffers[static_cast<size_t>(index)];
  switch (entry.type) {
    case contract::ValueType::i32:
      return Window<Napi::Int32Array>(env, borders, memory.as<int32_t>(), entry.elements);
    case contract::ValueType::f64:
      return Window<Napi::Float64Array>(env, borders, memory.as<double>(), entry.elements);
    case contract::ValueType::f32:
      break;
  }
  return Window<Napi::Float32Array>(env, borders, memory.as<float>(), entry.elements);
}

}  // namespace

Napi::Function ContextObject::Define(Napi::Env env) {
  return DefineClass(env, "RunContext",
                     {
                         InstanceMethod<&ContextObject::windows>("windows"),
                         InstanceMethod<&ContextObject::run>("run"),
                         InstanceMethod<&ContextObject::runSync>("runSync"),
                         InstanceMethod<&ContextObject::work>("work"),
                         InstanceMethod<&ContextObject::requestAbort>("requestAbort"),
                         InstanceMethod<&ContextObject::dispose>("dispose"),
                     });
}

Napi::Value ContextObject::New(Napi::Env env, std::unique_ptr<RunContext> context) {
  return Environment::Of(env).contextClass.New(
      {Napi::External<std::unique_ptr<RunContext>>::New(env, &context)});
}

ContextObject::ContextObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (!info[0].IsExternal()) {
    Throw(info.Env(), "TYPE_MISMATCH", "a run context is made by createContext");
    return;
  }
  context_ = std::move(*info[0].As<Napi::External<std::unique_ptr<RunContext>>>().Data());
  Environment::Of(info.Env()).add(this);
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), context_->bytes());
}

ContextObject::~ContextObject() { release(Env()); }

void ContextObject::requestAbort() {
  if (context_ != nullptr) context_->requestAbort();
}

void ContextObject::release(Napi::Env env) {
  if (context_ == nullptr) return;
  context_->requestAbort();
  stop();
  Environment::Of(env).remove(this);
  Napi::MemoryManagement::AdjustExternalMemory(env, -context_->bytes());
  context_.reset();
}

Napi::Value ContextObject::windows(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  if (context_ == nullptr) {
    Throw(env, "DISPOSED", "used after dispose()");
    return result;
  }
  const Program& program = context_->program();
  const std::shared_ptr<Borders>& borders = context_->borders();
  const auto set = [&](const char* name, Napi::Value window) {
    if (!env.IsExceptionPending()) result.Set(name, window);
  };
  const Array<int32_t>& dimensions = borders->dimensions;
  set("dimensions", Window<Napi::Int32Array>(env, borders, dimensions.begin(), dimensions.count()));
  set("scalars",
      Window<Napi::Float64Array>(env, borders, borders->scalars.begin(), borders->scalars.count()));
  set("status", Window<Napi::Int32Array>(env, borders, borders->status.begin(), borders->status.count()));
  Napi::Array inputs = Napi::Array::New(env);
  Napi::Array outputs = Napi::Array::New(env);
  for (int32_t i = 0; i < program.buffers.count && !env.IsExceptionPending(); ++i) {
    const BufferEntry& entry = program.buffers[i];
    const auto window = [&] { return BufferWindow(env, borders, entry, i); };
    const auto push = [&](Napi::Array& list) {
      Napi::Value value = window();
      if (!env.IsExceptionPending()) list.Set(list.Length(), value);
    };
    switch (entry.kind) {
      case contract::BufferKind::input:
        push(inputs);
        break;
      case contract::BufferKind::output:
        push(outputs);
        break;
      case contract::BufferKind::states:
        set("states", window());
        break;
      case contract::BufferKind::statistics:
        set("statistics", window());
        break;
      case contract::BufferKind::gradients:
        set("gradients", window());
        break;
      default:
        break;
    }
  }
  set("inputs", inputs);
  set("outputs", outputs);
  return result;
}

bool ContextObject::isFree(Napi::Env env) {
  if (context_ == nullptr) {
    Throw(env, "DISPOSED", "used after dispose()");
    return false;
  }
  if (busy_) Throw(env, "MODEL_BUSY", "another run of this context is under way");
  return !busy_;
}

bool ContextObject::begin(const Napi::CallbackInfo& info, uint32_t& segments) {
  const Napi::Env env = info.Env();
  if (!isFree(env)) return false;
  if (!info[0].IsNumber()) {
    Throw(env, "TYPE_MISMATCH", "expected the segments to run, as bits");
    return false;
  }
  segments = info[0].As<Napi::Number>().Uint32Value();
  if (context_->claim(segments)) return true;
  Throw(env, "MODEL_BUSY", "another run uses the weights");
  return false;
}

Napi::Value ContextObject::work(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return isFree(env) ? Napi::Number::New(env, context_->work()) : env.Undefined();
}

Napi::Value ContextObject::runSync(const Napi::CallbackInfo& info) {
  uint32_t segments;
  if (!begin(info, segments)) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<int32_t>(context_->run(segments).status));
}

Napi::Value ContextObject::run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (dispatcher_ == nullptr && context_ != nullptr) dispatcher_ = std::make_unique<Dispatcher>();
  if (context_ != nullptr && !dispatcher_->ready()) {
    Throw(env, "OUT_OF_MEMORY", "the system gives no more threads");
    return env.Undefined();
  }
  uint32_t segments;
  if (!begin(info, segments)) return env.Undefined();
  Environment& environment = Environment::Of(env);
  auto* job = new Job{this, &environment, Napi::Promise::Deferred::New(env), segments, {}};
  busy_ = true;
  Ref();
  environment.jobStarted(env);
  const Napi::Promise promise = job->deferred.Promise();
  dispatcher_->start(
      [](void* argument) {
        auto* job = static_cast<Job*>(argument);
        job->verdict = job->object->context_->run(job->segments);
        job->environment->complete(job);
      },
      job);
  return promise;
}

void ContextObject::completed(Napi::Env env, const Job& job) {
  busy_ = false;
  job.deferred.Resolve(Napi::Number::New(env, static_cast<int32_t>(job.verdict.status)));
  Unref();
}

Napi::Value ContextObject::requestAbort(const Napi::CallbackInfo& info) {
  requestAbort();
  return info.Env().Undefined();
}

Napi::Value ContextObject::dispose(const Napi::CallbackInfo& info) {
  release(info.Env());
  return info.Env().Undefined();
}

}  // namespace ostinato
