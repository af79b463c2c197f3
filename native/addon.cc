#include "binding/module.h"

static Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  return ostinato::InstallModule(env, exports);
}

NODE_API_MODULE(ostinato, Initialize)
