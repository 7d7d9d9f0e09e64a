// A prepared query and the rows it is compared with. Keys are minus similarities: smaller is closer.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "../kernels/kernels.hpp"
#include "buffer.hpp"

namespace sextant {

// Memory of one prepared query.
struct QueryMemory {
  Buffer<float> floats;
  Buffer<uint8_t> bytes;
};

class Scorer {
 public:
  enum class Kind : uint8_t {
    floats,      // factor * kernel
    bytes,       // factor * kernel
    cosineBytes, // minus dot over the root of both squared norms
    code,        // bias + factor * kernel
    codePair,    // factor * kernel
  };

  float key(uint32_t slot) const noexcept {
    float result = 0;
    keys(&slot, 1, &result);
    return result;
  }

  void keys(const uint32_t* slots, uint32_t n, float* out) const noexcept {
    switch (kind) {
      case Kind::floats:
        for (uint32_t i = 0; i < n; i++) out[i] = factor * floatKernel(floatQuery, row(slots[i]), dim);
        break;
      case Kind::bytes:
        for (uint32_t i = 0; i < n; i++) out[i] = factor * float(byteKernel(byteQuery, row(slots[i]), dim));
        break;
      case Kind::cosineBytes:
        for (uint32_t i = 0; i < n; i++) out[i] = cosineBytes(row(slots[i]));
        break;
      case Kind::code:
        for (uint32_t i = 0; i < n; i++) out[i] = bias + factor * float(codeKernel(codeQuery, row(slots[i]), dim));
        break;
      case Kind::codePair:
        for (uint32_t i = 0; i < n; i++) out[i] = factor * float(centredKernel(byteQuery, row(slots[i]), dim));
        break;
    }
  }

  void prefetch(uint32_t slot) const noexcept {
    const uint8_t* at = row(slot);
    for (uint32_t line = 0; line < prefetchBytes; line += 64) __builtin_prefetch(at + line);
  }

  // The same for many rows that are not in the caches.
  void keysFar(const uint32_t* slots, uint32_t n, float* out) const noexcept {
    const uint32_t ahead = prefetchBytes <= 512 ? 8 : 4;
    for (uint32_t i = 0; i < n && i < ahead; i++) prefetch(slots[i]);
    for (uint32_t i = 0; i < n; i++) {
      if (i + ahead < n) prefetch(slots[i + ahead]);
      keys(slots + i, 1, out + i);
    }
  }

  // Standard deviation of the key of a code around that of its original, which is at `key`: rounding is uniform within a step, of
  // the row and of the query. 0 for originals.
  float codeDeviation(float key) const noexcept { return std::sqrt(codeVariance + codeVariancePerKey * std::max(0.0f, key)); }

  const uint8_t* row(uint32_t slot) const noexcept { return rows + uint64_t(slot) * stride; }

  Kind kind = Kind::floats;
  uint32_t dim = 0;
  uint32_t prefetchBytes = 0;
  float factor = 1, bias = 0, queryNorm = 0;
  float codeVariance = 0, codeVariancePerKey = 0;
  const uint8_t* rows = nullptr;
  uint64_t stride = 0;
  FloatKernel floatKernel = nullptr;
  ByteKernel byteKernel = nullptr;
  CodeKernel codeKernel = nullptr;
  CentredKernel centredKernel = nullptr;
  const float* floatQuery = nullptr;
  const uint8_t* byteQuery = nullptr;
  const int8_t* codeQuery = nullptr;

 private:
  float cosineBytes(const uint8_t* at) const noexcept {
    float norm = float(byteKernel(at, at, dim));
    if (norm == 0 || queryNorm == 0) return 0;
    return -float(byteKernel(byteQuery, at, dim)) / std::sqrt(norm * queryNorm);
  }
};

}  // namespace sextant
