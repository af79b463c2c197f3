// JavaScript errors with a code, for src/backends/native.ts to turn into those of the library.
#pragma once
#include <napi.h>

#include <string>

#include "../runtime/verdict.h"

namespace ostinato {

/** Throws in JavaScript; the C++ function still has to return. */
inline void Throw(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  error.ThrowAsJavaScriptException();
}

inline void ThrowVerdict(Napi::Env env, const Verdict& verdict) {
  if (verdict.status == contract::Status::outOfMemory) {
    Throw(env, "OUT_OF_MEMORY", "no memory for a run of this program at full capacity");
    return;
  }
  Napi::Error error = Napi::Error::New(env, "the program is broken");
  error.Set("code", Napi::String::New(env, "INVALID_PROGRAM"));
  error.Set("reason", Napi::Number::New(env, verdict.detail0));
  error.Set("instruction", Napi::Number::New(env, verdict.instruction));
  error.Set("position", Napi::Number::New(env, verdict.detail1));
  error.ThrowAsJavaScriptException();
}

}  // namespace ostinato
