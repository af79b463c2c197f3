// The class WeightStore of JavaScript.
#pragma once
#include <napi.h>

#include <memory>

#include "../runtime/store.h"

namespace ostinato {

class StoreObject : public Napi::ObjectWrap<StoreObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  /** new WeightStore(parameterElements, slotElements) */
  explicit StoreObject(const Napi::CallbackInfo& info);

 private:
  /** copy(target or source, offset): elements [offset, offset + length) */
  Napi::Value readParameters(const Napi::CallbackInfo& info);
  Napi::Value writeParameters(const Napi::CallbackInfo& info);
  Napi::Value readSlots(const Napi::CallbackInfo& info);
  Napi::Value writeSlots(const Napi::CallbackInfo& info);
  /** createContext(program: Int32Array) */
  Napi::Value createContext(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);

  /** False, and an error is thrown, after dispose(). */
  bool usable(Napi::Env env) const;
  void copy(const Napi::CallbackInfo& info, Array<float> WeightStore::*buffer, bool write);

  std::shared_ptr<WeightStore> store_;
};

}  // namespace ostinato
