#include "store_object.h"

#include <cmath>

#include "context_object.h"
#include "environment.h"
#include "errors.h"

namespace ostinato {

namespace {

/** True for whole numbers from 0 to `maximum`. */
bool IsCount(const Napi::Value& value, double maximum) {
  if (!value.IsNumber()) return false;
  const double number = value.As<Napi::Number>().DoubleValue();
  return number >= 0 && number <= maximum && std::floor(number) == number;
}

template <typename Element>
void CopyElements(Element* outside, float* inside, size_t count, bool write) {
  if (write) {
    for (size_t i = 0; i < count; ++i) inside[i] = static_cast<float>(outside[i]);
  } else {
    for (size_t i = 0; i < count; ++i) outside[i] = inside[i];
  }
}

}  // namespace

Napi::Function StoreObject::Define(Napi::Env env) {
  return DefineClass(env, "WeightStore",
                     {
                         InstanceMethod<&StoreObject::readParameters>("readParameters"),
                         InstanceMethod<&StoreObject::writeParameters>("writeParameters"),
                         InstanceMethod<&StoreObject::readSlots>("readSlots"),
                         InstanceMethod<&StoreObject::writeSlots>("writeSlots"),
                         InstanceMethod<&StoreObject::createContext>("createContext"),
                         InstanceMethod<&StoreObject::dispose>("dispose"),
                     });
}

StoreObject::StoreObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (!IsCount(info[0], contract::maximumElements) || !IsCount(info[1], contract::maximumElements)) {
    Throw(info.Env(), "INVALID_OPTION",
          "expected the numbers of parameters and of slot elements, whole numbers up to " +
              std::to_string(contract::maximumElements));
    return;
  }
  store_ =
      WeightStore::create(info[0].As<Napi::Number>().Int64Value(), info[1].As<Napi::Number>().Int64Value());
  if (store_ == nullptr) Throw(info.Env(), "OUT_OF_MEMORY", "no memory for the weights");
}

bool StoreObject::usable(Napi::Env env) const {
  if (store_ == nullptr) Throw(env, "DISPOSED", "used after dispose()");
  return store_ != nullptr;
}

void StoreObject::copy(const Napi::CallbackInfo& info, Array<float> WeightStore::*buffer, bool write) {
  const Napi::Env env = info.Env();
  if (!usable(env)) return;
  const auto type =
      info[0].IsTypedArray() ? info[0].As<Napi::TypedArray>().TypedArrayType() : napi_int8_array;
  if (type != napi_float32_array && type != napi_float64_array) {
    return Throw(env, "TYPE_MISMATCH", "expected a Float32Array or Float64Array");
  }
  const size_t count = info[0].As<Napi::TypedArray>().ElementLength();
  const Array<float>& elements = store_.get()->*buffer;
  const auto total = static_cast<double>(elements.count());
  const double offset = info[1].IsNumber() ? info[1].As<Napi::Number>().DoubleValue() : -1;
  if (!IsCount(info[1], total) || offset + static_cast<double>(count) > total) {
    return Throw(env, "INDEX_OUT_OF_RANGE",
                 "expected elements within 0 … " + std::to_string(elements.count()) + ", received " +
                     std::to_string(count) + " from " + std::to_string(offset));
  }
  if (!(write ? store_->tryWrite() : store_->tryRead())) {
    return Throw(env, "MODEL_BUSY", write ? "a run uses the weights" : "a run writes the weights");
  }
  float* inside = elements.begin() + static_cast<int64_t>(offset);
  if (type == napi_float32_array) {
    CopyElements(info[0].As<Napi::Float32Array>().Data(), inside, count, write);
  } else {
    CopyElements(info[0].As<Napi::Float64Array>().Data(), inside, count, write);
  }
  if (write) store_->parametersChanged();
  write ? store_->endWrite() : store_->endRead();
}

Napi::Value StoreObject::readParameters(const Napi::CallbackInfo& info) {
  copy(info, &WeightStore::parameters, false);
  return info.Env().Undefined();
}

Napi::Value StoreObject::writeParameters(const Napi::CallbackInfo& info) {
  copy(info, &WeightStore::parameters, true);
  return info.Env().Undefined();
}

Napi::Value StoreObject::readSlots(const Napi::CallbackInfo& info) {
  copy(info, &WeightStore::slots, false);
  return info.Env().Undefined();
}

Napi::Value StoreObject::writeSlots(const Napi::CallbackInfo& info) {
  copy(info, &WeightStore::slots, true);
  return info.Env().Undefined();
}

Napi::Value StoreObject::createContext(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!usable(env)) return env.Undefined();
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    Throw(env, "TYPE_MISMATCH", "expected a program, an Int32Array");
    return env.Undefined();
  }
  const auto program = info[0].As<Napi::Int32Array>();
  Verdict verdict;
  auto context =
      RunContext::create(store_, program.Data(), static_cast<int64_t>(program.ElementLength()), verdict);
  if (context == nullptr) {
    ThrowVerdict(env, verdict);
    return env.Undefined();
  }
  return ContextObject::New(env, std::move(context));
}

Napi::Value StoreObject::dispose(const Napi::CallbackInfo& info) {
  store_.reset();
  return info.Env().Undefined();
}

}  // namespace ostinato
