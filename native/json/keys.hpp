// Remembers the first distinct keys of a body, so that TypeScript decodes each of them once.
#pragma once
#include <cstdint>
#include <cstring>

namespace sextant::json {

class KeyTable {
 public:
  enum class Found { again, added, full };

  explicit KeyTable(const uint8_t* body) noexcept : body_(body) {}

  // The number of the key, an old one or the next. Long keys and those after the first `keysMax` get none.
  Found find(const uint8_t* key, uint32_t length, uint32_t& number) noexcept {
    if (length > lengthMax) return Found::full;
    uint32_t place = hash(key, length) & (places - 1);
    for (; numbers_[place] != 0; place = (place + 1) & (places - 1)) {
      number = numbers_[place] - 1u;
      if (lengths_[number] == length && std::memcmp(body_ + starts_[number], key, length) == 0) return Found::again;
    }
    if (count_ == keysMax) return Found::full;
    number = count_++;
    numbers_[place] = uint8_t(count_);
    starts_[number] = uint32_t(key - body_);
    lengths_[number] = uint8_t(length);
    return Found::added;
  }

 private:
  static constexpr uint32_t places = 256;
  static constexpr uint32_t keysMax = 128;
  static constexpr uint32_t lengthMax = 64;
  static_assert(keysMax * 2 <= places, "probing needs free places to end");
  static_assert(keysMax <= 255 && lengthMax <= 255, "both are kept in a byte");

  static uint32_t hash(const uint8_t* key, uint32_t length) noexcept {
    uint32_t h = 2166136261u;  // FNV-1a
    for (uint32_t i = 0; i < length; i++) h = (h ^ key[i]) * 16777619u;
    return h ^ h >> 15;
  }

  const uint8_t* body_;
  uint32_t count_ = 0;
  uint8_t numbers_[places] = {};  // key number + 1; 0 = free
  uint32_t starts_[keysMax];
  uint8_t lengths_[keysMax];
};

}  // namespace sextant::json
