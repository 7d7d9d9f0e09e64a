// Fills the fixed text of an Error and passes the status on.
#pragma once
#include <cstdarg>
#include <cstdio>

#include "vector_index.hpp"

namespace sextant {

__attribute__((format(printf, 3, 4))) inline Status fail(Error& error, Status status, const char* format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error.text, sizeof(error.text), format, arguments);
  va_end(arguments);
  return status;
}

}  // namespace sextant
