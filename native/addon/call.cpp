#include "call.hpp"

#include <cmath>

namespace sextant::addon {

void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  const char* text = info != nullptr && info->error_message != nullptr ? info->error_message : "Node-API call failed";
  throw Refusal{"SEXTANT_INTERNAL", text};
}

const char* codeOf(Status status) {
  switch (status) {
    case Status::ok: return "SEXTANT_OK";
    case Status::badArgument: return "SEXTANT_ARGUMENT";
    case Status::noMemory: return "SEXTANT_MEMORY";
    case Status::io: return "SEXTANT_IO";
    case Status::full: return "SEXTANT_FULL";
  }
  return "SEXTANT_INTERNAL";
}

void check(Status status, const Error& error) {
  if (status != Status::ok) throw Refusal{codeOf(status), error.text};
}

void throwError(napi_env env, const char* code, const char* message) noexcept {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) return;
  napi_throw_error(env, code, message);
}

Call::Call(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = argumentsMax;
  // Arguments that were not given read as undefined.
  check(env, napi_get_cb_info(env, info, &count, arguments_, &self_, nullptr));
}

napi_valuetype Call::typeOf(size_t at) const {
  napi_valuetype type;
  check(env_, napi_typeof(env_, arguments_[at], &type));
  return type;
}

double Call::number(size_t at, double low, double high) const {
  double value;
  if (napi_get_value_double(env_, arguments_[at], &value) != napi_ok) refuse("argument " + std::to_string(at) + " must be a number");
  if (!(value >= low && value <= high)) refuse("argument " + std::to_string(at) + " is out of range");
  return value;
}

uint32_t Call::unsignedInteger(size_t at, uint32_t low, uint32_t high) const {
  double value = number(at, low, high);
  if (value != std::floor(value)) refuse("argument " + std::to_string(at) + " must be an integer");
  return uint32_t(value);
}

bool Call::text(size_t at, std::string& out) const {
  napi_valuetype type = typeOf(at);
  if (type == napi_null || type == napi_undefined) return false;
  if (type != napi_string) refuse("argument " + std::to_string(at) + " must be a string");
  size_t length = 0;
  check(env_, napi_get_value_string_utf8(env_, arguments_[at], nullptr, 0, &length));
  out.resize(length + 1);
  check(env_, napi_get_value_string_utf8(env_, arguments_[at], out.data(), out.size(), &length));
  out.resize(length);
  if (out.find('\0') != std::string::npos) refuse("argument " + std::to_string(at) + " contains a zero byte");
  return true;
}

void* Call::typedArray(size_t at, napi_typedarray_type type, bool optional, size_t& length, napi_value& value) const {
  if (optional) {
    napi_valuetype given = typeOf(at);
    if (given == napi_null || given == napi_undefined) return nullptr;
  }
  bool is = false;
  napi_typedarray_type found;
  void* data = nullptr;
  if (napi_is_typedarray(env_, arguments_[at], &is) != napi_ok || !is ||
      napi_get_typedarray_info(env_, arguments_[at], &found, &length, &data, nullptr, nullptr) != napi_ok || found != type) {
    refuse("argument " + std::to_string(at) + " is not a typed array of the right kind");
  }
  value = arguments_[at];
  return data;
}

napi_value newBuffer(napi_env env, size_t length, uint8_t*& data) {
  napi_value buffer;
  void* bytes = nullptr;
  check(env, napi_create_arraybuffer(env, length, &bytes, &buffer));
  data = static_cast<uint8_t*>(bytes);
  return buffer;
}

}  // namespace sextant::addon
