// The addon's exports: instructionSet(), setThreads(n), returnFreedMemory(), scanBody(...), class Index.
#if defined(__linux__) || defined(__APPLE__)
#include <dlfcn.h>
#endif

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "call.hpp"
#include "index.hpp"
#include "jobs.hpp"
#include "scan.hpp"

namespace sextant::addon {
namespace {

napi_value instructionSetName(const Call& call) {
  napi_value name;
  check(call.env(), napi_create_string_utf8(call.env(), instructionSet(), NAPI_AUTO_LENGTH, &name));
  return name;
}

napi_value setPoolThreads(const Call& call) {
  setThreads(call.unsignedInteger(0, 1, 256));
  return nullptr;
}

// For a process that is a server: request bodies are large and short-lived. By default glibc raises its mmap threshold
// with each of them and then keeps what was freed; fixed thresholds give it back to the system.
napi_value returnFreedMemory(const Call&) {
#if defined(__GLIBC__)
  constexpr int mmapFrom = 256 << 10, trimFrom = 128 << 10;
  mallopt(M_MMAP_THRESHOLD, mmapFrom);
  mallopt(M_TRIM_THRESHOLD, trimFrom);
#endif
  return nullptr;
}

// Node unloads an addon with the last worker that used it, but the pool's threads still run its code.
void stayLoaded() {
#if defined(__linux__) || defined(__APPLE__)
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&stayLoaded), &info) != 0) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
#endif
}

void set(napi_env env, napi_value object, const char* name, napi_callback function) {
  napi_value value;
  check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value));
  check(env, napi_set_named_property(env, object, name, value));
}

napi_value initialise(napi_env env, napi_value exports) noexcept {
  try {
    stayLoaded();
    Jobs::attach(env);
    set(env, exports, "instructionSet", entry<instructionSetName>);
    set(env, exports, "setThreads", entry<setPoolThreads>);
    set(env, exports, "returnFreedMemory", entry<returnFreedMemory>);
    set(env, exports, "scanBody", entry<scanBody>);
    check(env, napi_set_named_property(env, exports, "Index", defineIndex(env)));
    return exports;
  } catch (const Refusal& refusal) {
    throwError(env, refusal.code, refusal.message.c_str());
  } catch (...) {
    throwError(env, "SEXTANT_INTERNAL", "the addon could not be initialised");
  }
  return nullptr;
}

}  // namespace
}  // namespace sextant::addon

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) { return sextant::addon::initialise(env, exports); }
