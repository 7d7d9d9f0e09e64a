#include "passes.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "jobs.hpp"

namespace sextant::addon {
namespace {

constexpr uint32_t threadsMax = 1024;

// A pass over the index with arguments (max, threads, cell).
class Pass : public Job {
 public:
  Pass(const Call& call, const std::shared_ptr<VectorIndex>& index)
      : index_(index), max_(call.unsignedInteger(0)), threads_(call.unsignedInteger(1, 0, threadsMax)) {
    obey(call.env(), call.cell(2));
    control_.cancel = cancel();
  }

 protected:
  std::shared_ptr<VectorIndex> index_;
  uint32_t max_;
  uint32_t threads_;
  Control control_;
};

class LinkPass : public Pass {
 public:
  using Pass::Pass;
  Status run(Error& error) noexcept override {
    Helpers helpers(threads_);
    return index_->link(max_, helpers.threads(), control_, &linked_, error);
  }
  napi_value result(napi_env env) override {
    napi_value value;
    check(env, napi_create_uint32(env, linked_, &value));
    return value;
  }

 private:
  uint32_t linked_ = 0;
};

class RepairPass : public Pass {
 public:
  RepairPass(const Call& call, const std::shared_ptr<VectorIndex>& index) : Pass(call, index) {
    max_ = std::min(max_, index->counters().tombstones);
    freed_.resize(size_t(max_) + 1);
  }
  Status run(Error& error) noexcept override {
    Helpers helpers(threads_);
    return index_->repair(max_, helpers.threads(), control_, freed_.data(), &freedCount_, error);
  }
  napi_value result(napi_env env) override {
    uint8_t* bytes;
    napi_value buffer = newBuffer(env, size_t(freedCount_) * 4, bytes);
    if (freedCount_ != 0) std::memcpy(bytes, freed_.data(), size_t(freedCount_) * 4);
    return buffer;
  }

 private:
  std::vector<uint32_t> freed_;
  uint32_t freedCount_ = 0;
};

class SyncPass : public Job {
 public:
  explicit SyncPass(const std::shared_ptr<VectorIndex>& index) : index_(index) {}
  Status run(Error& error) noexcept override { return index_->sync(error); }
  napi_value result(napi_env env) override {
    napi_value value;
    check(env, napi_get_undefined(env, &value));
    return value;
  }

 private:
  std::shared_ptr<VectorIndex> index_;
};

}  // namespace

napi_value startLink(const Call& call, const std::shared_ptr<VectorIndex>& index) {
  return Jobs::of(call.env()).start(std::make_unique<LinkPass>(call, index), Place::own);
}

napi_value startRepair(const Call& call, const std::shared_ptr<VectorIndex>& index) {
  return Jobs::of(call.env()).start(std::make_unique<RepairPass>(call, index), Place::own);
}

napi_value startSync(const Call& call, const std::shared_ptr<VectorIndex>& index) {
  return Jobs::of(call.env()).start(std::make_unique<SyncPass>(index), Place::own);
}

}  // namespace sextant::addon
