#pragma once
#include "call.hpp"

namespace sextant::addon {

napi_value scanBody(const Call& call);

}  // namespace sextant::addon
