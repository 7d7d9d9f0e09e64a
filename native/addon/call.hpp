// One call from JavaScript: its arguments, checked on the way out of JavaScript. A bad one throws `Refusal`, which `entry`
// turns into a JavaScript error with a code; no C++ exception gets past it.
#pragma once
#define NAPI_VERSION 8
#include <node_api.h>

#include <cstdint>
#include <new>
#include <string>

#include "../core/vector_index.hpp"

namespace sextant::addon {

struct Refusal {
  const char* code;
  std::string message;
};

[[noreturn]] inline void refuse(std::string message) { throw Refusal{"SEXTANT_ARGUMENT", std::move(message)}; }
// Node-API failed: a JavaScript exception is pending, or Node refused what was asked.
void check(napi_env env, napi_status status);
// Throws unless the core's answer was ok.
void check(Status status, const Error& error);
const char* codeOf(Status status);

template <class T>
struct Span {
  T* data = nullptr;
  size_t length = 0;
  napi_value value = nullptr;  // the typed array it came from; null = absent
};

class Call {
 public:
  static constexpr size_t argumentsMax = 11;

  Call(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  napi_value self() const { return self_; }

  // Integers in low..high; other numbers and types are refused.
  uint32_t unsignedInteger(size_t at, uint32_t low = 0, uint32_t high = UINT32_MAX) const;
  double number(size_t at, double low, double high) const;
  // Typed arrays of exactly this kind. `optional`: null and undefined are an absent span.
  Span<uint32_t> words(size_t at, bool optional = false) const { return typed<uint32_t>(at, napi_uint32_array, optional); }
  Span<float> floats(size_t at) const { return typed<float>(at, napi_float32_array, false); }
  Span<double> doubles(size_t at) const { return typed<double>(at, napi_float64_array, false); }
  Span<int32_t> cell(size_t at) const { return typed<int32_t>(at, napi_int32_array, true); }
  Span<uint8_t> bytes(size_t at) const { return typed<uint8_t>(at, napi_uint8_array, false); }
  // A string, or null where it is absent.
  bool text(size_t at, std::string& out) const;

 private:
  template <class T>
  Span<T> typed(size_t at, napi_typedarray_type type, bool optional) const {
    Span<T> span;
    span.data = static_cast<T*>(typedArray(at, type, optional, span.length, span.value));
    return span;
  }
  void* typedArray(size_t at, napi_typedarray_type type, bool optional, size_t& length, napi_value& value) const;
  napi_valuetype typeOf(size_t at) const;

  napi_env env_;
  napi_value self_ = nullptr;
  napi_value arguments_[argumentsMax];
};

void throwError(napi_env env, const char* code, const char* message) noexcept;

template <napi_value (*function)(const Call&)>
napi_value entry(napi_env env, napi_callback_info info) noexcept {
  try {
    return function(Call(env, info));
  } catch (const Refusal& refusal) {
    throwError(env, refusal.code, refusal.message.c_str());
  } catch (const std::bad_alloc&) {
    throwError(env, "SEXTANT_MEMORY", "out of memory");
  } catch (...) {
    throwError(env, "SEXTANT_INTERNAL", "unexpected failure in the addon");
  }
  return nullptr;
}

// A new ArrayBuffer of `length` bytes; its bytes are in `data`.
napi_value newBuffer(napi_env env, size_t length, uint8_t*& data);

}  // namespace sextant::addon
