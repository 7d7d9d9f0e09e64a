#pragma once
#include "call.hpp"

namespace sextant::addon {

// The JavaScript class `Index`, a thin skin over VectorIndex.
napi_value defineIndex(napi_env env);

}  // namespace sextant::addon
