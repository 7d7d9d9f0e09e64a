// Searches from JavaScript: arguments to options, results to one block of bytes.
#pragma once
#include <memory>

#include "call.hpp"

namespace sextant::addon {

// search(queries, topK, ef, flags, oversampling, timeoutMs, allowed, slots, cell): Promise<ArrayBuffer>; see searches.cpp.
napi_value search(const Call& call, const std::shared_ptr<VectorIndex>& index, uint32_t dim);
// The same on the calling thread: ArrayBuffer.
napi_value searchSync(const Call& call, const std::shared_ptr<VectorIndex>& index, uint32_t dim);

}  // namespace sextant::addon
