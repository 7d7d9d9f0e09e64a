// The body scan over linear memory: the caller puts the body at `json_place`, calls `json_scan`, copies the block.
#include <cstdlib>

#include "../json/scan.hpp"

using namespace sextant::json;

namespace {
uint8_t* block = nullptr;
size_t blockLength = 0;
}  // namespace

extern "C" {

// Room for a body of `length` bytes; 0 when memory ran out. Given back by `json_scan`.
__attribute__((export_name("json_place"))) void* sextantJsonPlace(size_t length) { return std::malloc(length == 0 ? 1 : length); }

// Scans the body at `body`, frees it, and returns the block (native/json/scan.hpp), which lives until `json_release`;
// 0 when there is no memory even for that.
__attribute__((export_name("json_scan"))) void* sextantJsonScan(uint8_t* body, size_t length, uint32_t depth, uint32_t containers,
                                                               uint32_t scalars) {
  Scan result;
  scan(body, length, {depth, containers, scalars}, result);
  std::free(body);
  blockLength = blockBytes(result);
  block = static_cast<uint8_t*>(std::malloc(blockLength));
  if (block != nullptr) writeBlock(result, block);
  return block;
}

__attribute__((export_name("json_block_bytes"))) size_t sextantJsonBlockBytes() { return blockLength; }

__attribute__((export_name("json_release"))) void sextantJsonRelease() {
  std::free(block);
  block = nullptr;
}

}  // extern "C"
