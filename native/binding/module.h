// What the addon exports: the class WeightStore, and info().
#pragma once
#include <napi.h>

namespace ostinato {

Napi::Object InstallModule(Napi::Env env, Napi::Object exports);

}  // namespace ostinato
