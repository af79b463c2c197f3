#include <napi.h>

static Napi::Object Initialize(Napi::Env, Napi::Object exports) { return exports; }

NODE_API_MODULE(ostinato, Initialize)
