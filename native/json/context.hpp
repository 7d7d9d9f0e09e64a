// What a place in a request body means, from the keys above it: the same rules as src/engine/body-context.ts.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sextant::json {

enum class Context : uint8_t { plain, stored, query, examples, payload, payloads, opaque };

namespace detail {
template <size_t N>
inline bool is(const uint8_t* key, size_t length, const char (&word)[N]) noexcept {
  return length == N - 1 && std::memcmp(key, word, N - 1) == 0;
}
}  // namespace detail

// Keys longer than this have no meaning.
constexpr size_t contextKeyMax = 8;

inline Context contextUnderKey(const uint8_t* key, size_t length, Context outer, uint32_t depth) noexcept {
  using detail::is;
  if (outer == Context::opaque) return Context::opaque;
  if (outer == Context::stored) return is(key, length, "indices") ? Context::opaque : Context::stored;
  if (is(key, length, "vector") || is(key, length, "vectors")) return Context::stored;
  if (is(key, length, "query") || is(key, length, "nearest") || is(key, length, "target")) return Context::query;
  if (is(key, length, "positive") || is(key, length, "negative")) return Context::examples;
  if (outer == Context::query) {
    bool opaque = is(key, length, "indices") || is(key, length, "formula") || is(key, length, "defaults");
    return opaque ? Context::opaque : Context::query;
  }
  if (is(key, length, "payload")) return Context::payload;
  if (is(key, length, "payloads")) return Context::payloads;
  return is(key, length, "metadata") && depth == 1 ? Context::opaque : Context::plain;
}

inline Context contextInArray(Context outer) noexcept {
  switch (outer) {
    case Context::examples: return Context::query;
    case Context::payloads: return Context::payload;
    case Context::payload: return Context::plain;
    default: return outer;
  }
}

inline Context contextInObject(Context outer) noexcept {
  if (outer == Context::examples) return Context::query;
  return outer == Context::payloads || outer == Context::payload ? Context::plain : outer;
}

inline bool holdsVectors(Context context) noexcept { return context == Context::stored || context == Context::query; }

}  // namespace sextant::json
