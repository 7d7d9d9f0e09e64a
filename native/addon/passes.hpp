// Work over a whole index that leaves the event loop. Each starts a job and returns its promise.
#pragma once
#include <memory>

#include "call.hpp"

namespace sextant::addon {

// Arguments (max, threads, cell); the promise's value is how many were linked.
napi_value startLink(const Call& call, const std::shared_ptr<VectorIndex>& index);
// Arguments (max, threads, cell); the promise's value is an ArrayBuffer of the freed slots.
napi_value startRepair(const Call& call, const std::shared_ptr<VectorIndex>& index);
// No arguments and no value.
napi_value startSync(const Call& call, const std::shared_ptr<VectorIndex>& index);

}  // namespace sextant::addon
