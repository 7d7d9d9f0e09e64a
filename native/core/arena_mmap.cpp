// Arena memory on a real system: address space is reserved once, then filled in place, from a file whose blocks are
// allocated before they are mapped (a full disk must be an error here, not a SIGBUS later) or from anonymous memory.
#ifndef __wasm__
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.hpp"
#include "error.hpp"

namespace sextant {

namespace {
constexpr uint64_t reservationMax = uint64_t(64) << 30;
constexpr uint64_t stepMax = uint64_t(64) << 20;
constexpr uint64_t stepMin = uint64_t(64) << 10;
constexpr uint64_t hugePage = uint64_t(2) << 20;

uint64_t roundUp(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }
}  // namespace

ArenaMemory::~ArenaMemory() {
  if (base_ != nullptr) munmap(base_, reserved_);
  if (file_ >= 0) ::close(file_);
  std::free(dirty_);
}

Status ArenaMemory::configure(const char* prefix, const char* suffix, uint64_t capacity, bool tracked, Error& error) noexcept {
  capacity_ = capacity;
  tracked_ = tracked;
  if (prefix == nullptr) return Status::ok;
  size_t length = strlen(prefix) + strlen(suffix) + 1;
  if (!path_.reserve(length)) return fail(error, Status::noMemory, "out of memory");
  snprintf(path_.data(), length, "%s%s", prefix, suffix);
  return Status::ok;
}

Status ArenaMemory::openFile(bool create, Error& error) noexcept {
  if (file_ >= 0) return Status::ok;
  file_ = ::open(path_.data(), O_RDWR | O_CLOEXEC);
  if (file_ >= 0 || (!create && errno == ENOENT)) return Status::ok;
  if (errno == ENOENT) {
    file_ = ::open(path_.data(), O_RDWR | O_CLOEXEC | O_CREAT, 0644);
    created_ = file_ >= 0;
    if (created_) return Status::ok;
  }
  return fail(error, Status::io, "cannot open %.180s: %s", path_.data(), strerror(errno));
}

Status ArenaMemory::reserve(Error& error) noexcept {
  if (base_ != nullptr) return Status::ok;
  uint64_t wanted = roundUp(capacity_ < reservationMax ? capacity_ : reservationMax, hugePage);
  if (wanted < hugePage) wanted = hugePage;
  for (; wanted >= hugePage; wanted = roundUp(wanted / 2, hugePage)) {
    void* space = mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space != MAP_FAILED) {
      base_ = static_cast<uint8_t*>(space);
      reserved_ = wanted;
      return Status::ok;
    }
    if (wanted == hugePage) break;
  }
  return fail(error, Status::noMemory, "cannot reserve address space: %s", strerror(errno));
}

Status ArenaMemory::openExisting(Error& error) noexcept {
  if (!fileBacked()) return Status::ok;
  if (Status status = openFile(false, error); status != Status::ok || file_ < 0) return status;
  struct stat info {};
  if (fstat(file_, &info) != 0) return fail(error, Status::io, "cannot stat %.180s: %s", path_.data(), strerror(errno));
  // Only whole pages are mapped: a torn tail is allocated again by the next growth.
  uint64_t bytes = uint64_t(info.st_size) / stepMin * stepMin;
  if (bytes == 0) return Status::ok;
  if (Status status = reserve(error); status != Status::ok) return status;
  if (bytes > reserved_) bytes = reserved_;
  if (Status status = trackDirty(reserved_, error); status != Status::ok) return status;
  void* at = mmap(base_, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_, 0);
  if (at == MAP_FAILED) return fail(error, Status::io, "cannot map %.180s: %s", path_.data(), strerror(errno));
  publishSize(bytes);
  return Status::ok;
}

void ArenaMemory::discard() noexcept {
  if (fileBacked() && base_ == nullptr) unlink(path_.data());
}

Status ArenaMemory::ensure(uint64_t bytes, Error& error) noexcept {
  if (bytes <= size_) return Status::ok;
  if (Status status = reserve(error); status != Status::ok) return status;
  if (bytes > reserved_) return fail(error, Status::full, "beyond the capacity of the index");
  if (Status status = trackDirty(reserved_, error); status != Status::ok) return status;
  uint64_t step = size_ < stepMin ? stepMin : size_ > stepMax ? stepMax : size_;
  uint64_t target = roundUp(size_ + step > bytes ? size_ + step : bytes, stepMin);
  if (target > reserved_) target = reserved_;
  if (!fileBacked()) {
    if (mprotect(base_ + size_, target - size_, PROT_READ | PROT_WRITE) != 0)
      return fail(error, Status::noMemory, "out of memory: %s", strerror(errno));
    if (target > hugePage) madvise(base_, target, MADV_HUGEPAGE);
    publishSize(target);
    return Status::ok;
  }
  if (Status status = openFile(true, error); status != Status::ok) return status;
  if (int code = posix_fallocate(file_, off_t(size_), off_t(target - size_)); code != 0)
    return fail(error, Status::io, "cannot grow %.180s: %s", path_.data(), strerror(code));
  void* at = mmap(base_ + size_, target - size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_, off_t(size_));
  if (at == MAP_FAILED) {
    int code = errno;
    mmap(base_ + size_, target - size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return fail(error, Status::io, "cannot map %.180s: %s", path_.data(), strerror(code));
  }
  publishSize(target);
  return Status::ok;
}

Status ArenaMemory::syncFolder(Error& error) noexcept {
  Buffer<char> folder;
  size_t length = strlen(path_.data()) + 1;
  if (!folder.reserve(length + 2)) return fail(error, Status::noMemory, "out of memory");
  memcpy(folder.data(), path_.data(), length);
  char* slash = strrchr(folder.data(), '/');
  if (slash == nullptr) memcpy(folder.data(), ".", 2);
  else slash[slash == folder.data() ? 1 : 0] = 0;
  int handle = ::open(folder.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool synced = handle >= 0 && fsync(handle) == 0;
  int code = errno;
  if (handle >= 0) ::close(handle);
  if (!synced) return fail(error, Status::io, "cannot sync the folder of %.180s: %s", path_.data(), strerror(code));
  created_ = false;
  return Status::ok;
}

Status ArenaMemory::sync(Error& error) noexcept {
  if (!fileBacked() || size() == 0) return Status::ok;
  if (created_) {
    if (Status status = syncFolder(error); status != Status::ok) return status;
  }
  for (;;) {
    uint64_t offset = 0, length = 0;
    takeDirty(&offset, &length);
    if (length == 0) return Status::ok;
    if (msync(base_ + offset, length, MS_SYNC) != 0) {
      markDirty(offset, length);
      return fail(error, Status::io, "cannot sync %.180s: %s", path_.data(), strerror(errno));
    }
  }
}

}  // namespace sextant
#endif
