#include "scan.hpp"

#include "../json/scan.hpp"

namespace sextant::addon {

// scanBody(body: Uint8Array, depth, containers, scalars): ArrayBuffer, the block of native/json/scan.hpp.
napi_value scanBody(const Call& call) {
  Span<uint8_t> body = call.bytes(0);
  if (body.length > json::bodyBytesMax) refuse("the body is too long");
  json::Limits limits;
  limits.depth = call.unsignedInteger(1, 1, json::depthMax);
  limits.containers = call.unsignedInteger(2);
  limits.scalars = call.unsignedInteger(3);
  json::Scan result;
  json::scan(body.data, body.length, limits, result);
  uint8_t* bytes;
  napi_value block = newBuffer(call.env(), json::blockBytes(result), bytes);
  json::writeBlock(result, bytes);
  return block;
}

}  // namespace sextant::addon
