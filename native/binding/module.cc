#include "module.h"

#include <dlfcn.h>

#include <string>

#include "../runtime/blas.h"
#include "../runtime/cpu.h"
#include "../runtime/threads.h"
#include "environment.h"
#include "errors.h"

namespace ostinato {

namespace {

/** Node unloads an addon when its last environment ends; the threads of the pool would be left without their
 * code. */
void StayLoaded() {
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(&StayLoaded), &self) == 0) return;
  dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

std::string AvailableLevels() {
  const CpuLevels& levels = FindCpuLevels();
  std::string list;
  for (int i = 0; i < levels.count; ++i)
    list += (i == 0 ? "" : ", ") + std::string(levels.available[i]->level);
  return list;
}

/** { level, availableLevels, blas, threads, compiler }, for people. */
Napi::Value Info(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Blas* blas = FindBlas().blas;
  Napi::Object result = Napi::Object::New(env);
  result.Set("level", Napi::String::New(env, FindCpuLevels().chosen->level));
  result.Set("availableLevels", Napi::String::New(env, AvailableLevels()));
  result.Set("blas",
             Napi::String::New(env, blas == nullptr ? "none" : std::string(blas->name) + ", " + blas->path));
  result.Set("threads", Napi::String::New(env, std::to_string(ThreadPool::instance().threads())));
#ifdef __clang__
  result.Set("compiler", Napi::String::New(env, __VERSION__));
#else
  result.Set("compiler", Napi::String::New(env, "gcc " __VERSION__));
#endif
  return result;
}

}  // namespace

Napi::Object InstallModule(Napi::Env env, Napi::Object exports) {
  StayLoaded();
  const CpuLevels& levels = FindCpuLevels();
  if (levels.chosen == nullptr) {
    Throw(env, "BACKEND_UNAVAILABLE",
          "OSTINATO_CPU_LEVEL asks for \"" + std::string(levels.wanted) + "\", and this machine has " +
              AvailableLevels());
    return exports;
  }
  if (const char* problem = FindBlas().problem; *problem != '\0') {
    Throw(env, "BACKEND_UNAVAILABLE", "OSTINATO_BLAS cannot be used: " + std::string(problem));
    return exports;
  }
  Environment::Install(env, exports);
  exports.Set("info", Napi::Function::New<Info>(env, "info"));
  return exports;
}

}  // namespace ostinato
