#include "graph.hpp"

#include <algorithm>
#include <cmath>

#include "../core/error.hpp"

namespace sextant {

namespace {

constexpr uint32_t linksMagic = 0x4c545853;  // "SXTL"
constexpr uint32_t linksVersion = 1;
constexpr uint64_t headerBytes = 4096;

struct LinksHeader {
  uint32_t magic, version, m;
};

// splitmix64's finaliser: levels depend on nothing but the slot, so a rebuilt graph has the same shape.
uint64_t mix(uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

Scratch& threadScratch() noexcept {
  static thread_local Scratch scratch;
  return scratch;
}

Status Graph::configure(const IndexOptions& options, Error& error) noexcept {
  m_ = options.m;
  m0_ = 2 * options.m;
  efConstruct_ = std::min(std::max({options.efConstruct, options.m, 4u}), walkMax);
  if (m_ == 0) return Status::ok;
  // A slot reaches level k with probability m^-k.
  double share = 0x1p64;
  for (uint64_t& bound : levelBounds_) bound = uint64_t(share /= std::max(2u, options.m));
  uint64_t capacity = options.capacity;
  if (Status status = links_.configure(options.path, ".links", headerBytes + capacity * m0_ * 4, true, error); status != Status::ok)
    return status;
  // A slot has 1 / (m - 1) levels above 0 on average; the bound leaves room for bad luck.
  uint64_t upperBytes = headerBytes + capacity * 4 * (m_ > 4 ? 4 : 2 * uint64_t(m_) + 2) + uint64_t(levelMax) * m_ * 4 * 64;
  if (Status status = upper_.configure(options.path, ".upper", upperBytes, true, error); status != Status::ok) return status;
  if (Status status = upperRefs_.configure(nullptr, "", capacity * 4, false, error); status != Status::ok) return status;
  return locks_.configure(nullptr, "", capacity, false, error);
}

Status Graph::openExisting(Error& error) noexcept {
  if (m_ == 0) return Status::ok;
  if (Status status = links_.openExisting(error); status != Status::ok) return status;
  return upper_.openExisting(error);
}

bool Graph::valid(uint32_t count) const noexcept {
  if (m_ == 0 || links_.size() < headerBytes + uint64_t(count) * m0_ * 4) return false;
  LinksHeader header;
  memcpy(&header, links_.base(), sizeof header);
  if (header.magic != linksMagic || header.version != linksVersion || header.m != m_) return false;
  uint64_t words = 0;
  for (uint32_t slot = 0; slot < count; slot++) words += uint64_t(levelOf(slot)) * m_;
  return words == 0 || upper_.size() >= headerBytes + words * 4;
}

Status Graph::restore(uint32_t count, Error& error) noexcept {
  if (Status status = ensure(count, error); status != Status::ok) return status;
  chooseEntry(nullptr);
  return Status::ok;
}

Status Graph::ensure(uint32_t count, Error& error) noexcept {
  if (m_ == 0 || count <= placed_) return Status::ok;
  if (Status status = links_.ensure(headerBytes + uint64_t(count) * m0_ * 4, error); status != Status::ok) return status;
  if (Status status = upperRefs_.ensure(uint64_t(count) * 4, error); status != Status::ok) return status;
  if (Status status = locks_.ensure(count, error); status != Status::ok) return status;
  uint64_t end = upperEnd_;
  for (uint32_t slot = placed_; slot < count; slot++) end += uint64_t(levelOf(slot)) * m_;
  if (end > upperEnd_ || upper_.size() == 0) {
    if (Status status = upper_.ensure(headerBytes + end * 4, error); status != Status::ok) return status;
  }
  // Upper records lie in slot order: their place is a function of the slot alone and needs no table on disk.
  auto* refs = reinterpret_cast<uint32_t*>(upperRefs_.base());
  uint64_t at = upperEnd_;
  for (uint32_t slot = placed_; slot < count; slot++) {
    uint32_t level = levelOf(slot);
    if (level > 0) refs[slot] = uint32_t(at / m_) + 1;
    at += uint64_t(level) * m_;
  }
  upperEnd_ = end;
  LinksHeader header{linksMagic, linksVersion, m_};
  if (placed_ == 0 && memcmp(links_.base(), &header, sizeof header) != 0) {
    memcpy(links_.base(), &header, sizeof header);
    links_.markDirty(0, sizeof header);
  }
  placed_ = count;
  return Status::ok;
}

Status Graph::sync(Error& error) noexcept {
  if (m_ == 0) return Status::ok;
  if (Status status = links_.sync(error); status != Status::ok) return status;
  return upper_.sync(error);
}

uint32_t Graph::levelOf(uint32_t slot) const noexcept {
  uint64_t draw = mix(slot);
  uint32_t level = 0;
  while (level < levelMax && draw < levelBounds_[level]) level++;
  return level;
}

const uint32_t* Graph::row(uint32_t slot, uint32_t level) const noexcept {
  if (level == 0) return reinterpret_cast<const uint32_t*>(links_.base() + headerBytes) + uint64_t(slot) * m0_;
  uint32_t ref = reinterpret_cast<const uint32_t*>(upperRefs_.base())[slot];
  if (ref == 0 || level > levelOf(slot)) return nullptr;
  return reinterpret_cast<const uint32_t*>(upper_.base() + headerBytes) + (uint64_t(ref - 1) + level - 1) * m_;
}

void Graph::markRowDirty(uint32_t slot, uint32_t level) noexcept {
  ArenaMemory& arena = level == 0 ? links_ : upper_;
  auto* at = reinterpret_cast<uint8_t*>(row(slot, level));
  arena.markDirty(uint64_t(at - arena.base()), uint64_t(width(level)) * 4);
}

void Graph::writeRow(uint32_t slot, uint32_t level, const Entry* entries, uint32_t n) noexcept {
  uint32_t* links = row(slot, level);
  if (links == nullptr) return;
  uint32_t room = width(level);
  n = std::min(n, room);
  for (uint32_t i = 0; i < n; i++) storeShared(links + i, entrySlot(entries[i]) + 1);
  for (uint32_t i = n; i < room && links[i] != 0; i++) storeShared(links + i, 0u);
  markRowDirty(slot, level);
}

void Graph::clearRows(uint32_t slot, uint32_t level) noexcept {
  for (uint32_t l = 0; l <= level; l++) {
    uint32_t* links = row(slot, l);
    for (uint32_t i = 0; i < width(l); i++) storeShared(links + i, 0u);
    markRowDirty(slot, l);
  }
}

void Graph::lockSlot(uint32_t slot) noexcept {
  uint8_t* lock = locks_.base() + slot;
  while (__atomic_fetch_or(lock, uint8_t(1), __ATOMIC_ACQUIRE) & 1) cpuRelax();
}
void Graph::unlockSlot(uint32_t slot) noexcept { __atomic_fetch_and(locks_.base() + slot, uint8_t(~1), __ATOMIC_RELEASE); }

void Graph::forget(uint32_t slot) noexcept {
  if (m_ == 0 || slot >= placed_) return;
  while (loadShared(locks_.base() + slot) & 2) cpuRelax();
  if (!slots_.routed(slot)) return;
  slots_.markUnlinked(slot);
  MutexGuard guard(entryMutex_);
  if (uint32_t(loadShared(&entry_)) == slot) chooseEntry(nullptr);
}

// The routed slot of the highest level; ties go to the smallest slot.
void Graph::chooseEntry(const uint32_t* dying) noexcept {
  uint64_t best = noEntry;
  uint32_t bestLevel = 0;
  for (uint32_t slot = 0, count = slots_.count(); slot < count; slot++) {
    if (!slots_.routed(slot) || (dying != nullptr && ((dying[slot >> 5] >> (slot & 31)) & 1))) continue;
    uint32_t level = levelOf(slot);
    if (best != noEntry && level <= bestLevel) continue;
    best = uint64_t(level) << 32 | slot;
    bestLevel = level;
  }
  storeShared(&entry_, best);
}

}  // namespace sextant
