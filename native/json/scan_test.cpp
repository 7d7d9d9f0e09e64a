// Replays the corpus, whole and cut at every byte, and changes every byte of it: `make test`. Files are arguments.
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz_check.hpp"

namespace {

using namespace sextant::json;

std::vector<uint8_t> readFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  SEXTANT_MUST(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

ScanStatus statusOf(const std::vector<uint8_t>& body) {
  Scan result;
  scan(body.data(), body.size(), {}, result);
  return result.status;
}

void replay(const char* path) {
  std::vector<uint8_t> body = readFile(path);
  bool valid = std::strstr(path, "valid-") != nullptr;
  SEXTANT_MUST((statusOf(body) == ScanStatus::ok) == valid);
  checkScan(body.data(), body.size(), {});
  checkScan(body.data(), body.size(), {4, 8, 16});
  for (size_t cut = 0; cut < body.size(); cut++) checkScan(body.data(), cut, {});
  for (size_t at = 0; at < body.size(); at++) {
    uint8_t before = body[at];
    for (uint8_t other : {0x00, 0x22, 0x5b, 0x5d, 0x7b, 0x7d, 0x2c, 0x5c, 0x39, 0x65, 0xff}) {
      body[at] = other;
      checkScan(body.data(), body.size(), {});
    }
    body[at] = before;
  }
}

}  // namespace

int main(int count, char** arguments) {
  SEXTANT_MUST(count > 1);
  for (int i = 1; i < count; i++) replay(arguments[i]);
  std::printf("%d files of the corpus\n", count - 1);
  return 0;
}
