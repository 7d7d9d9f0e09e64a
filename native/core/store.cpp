#include "store.hpp"

#include <algorithm>
#include <cfloat>

#include "error.hpp"

namespace sextant {

namespace {

constexpr uint32_t codesMagic = 0x43545853;  // "SXTC"
constexpr uint32_t codesVersion = 1;
constexpr size_t sampleRowsMax = 2000;
constexpr size_t sampleValuesMax = size_t(1) << 20;

struct CodesHeader {
  uint32_t magic, version, dim, distance;
  float low, step;
};

// Rows start on cache lines unless that wastes more than a sixteenth.
uint64_t strideFor(uint64_t bytes) noexcept {
  uint64_t padded = (bytes + 63) / 64 * 64;
  return padded - bytes <= bytes / 16 ? padded : bytes;
}

uint32_t componentBytes(Datatype datatype) noexcept {
  return datatype == Datatype::f32 ? 4 : datatype == Datatype::f16 ? 2 : 1;
}

uint8_t saturate(float value) noexcept { return value > 0 ? (value < 255 ? uint8_t(value) : 255) : 0; }

// Qdrant's rule: vectors of no length and those already of length one stay as they are.
void normalise(float* values, uint32_t dim) noexcept {
  float square = kernels().dotF32(values, values, dim);
  if (!(square >= FLT_EPSILON) || std::fabs(square - 1.0f) <= 1e-6f || !(square <= FLT_MAX)) return;
  float length = std::sqrt(square);
  for (uint32_t i = 0; i < dim; i++) values[i] /= length;
}

}  // namespace

Status VectorStore::configure(const IndexOptions& options, Error& error) noexcept {
  dim_ = options.dim;
  distance_ = options.distance;
  datatype_ = options.datatype;
  capacity_ = options.capacity;
  wantsCodes_ = options.codes && options.datatype != Datatype::u8;  // bytes already are codes
  vectorStride_ = strideFor(uint64_t(dim_) * componentBytes(datatype_));
  codeStride_ = strideFor(dim_);
  if (Status status = vectors_.configure(options.path, ".vectors", capacity_ * vectorStride_, true, error); status != Status::ok)
    return status;
  return codes_.configure(options.path, ".codes", headerBytes + capacity_ * codeStride_, true, error);
}

Status VectorStore::openExisting(Error& error) noexcept {
  if (Status status = vectors_.openExisting(error); status != Status::ok) return status;
  if (wantsCodes_) return codes_.openExisting(error);
  codes_.discard();
  return Status::ok;
}

bool VectorStore::adoptCodes(uint32_t count) noexcept {
  CodesHeader header;
  if (!wantsCodes_ || codes_.size() < headerBytes + uint64_t(count) * codeStride_) return false;
  memcpy(&header, codes_.base(), sizeof header);
  CodeRange range{header.low, header.step};
  if (header.magic != codesMagic || header.version != codesVersion || header.dim != dim_ ||
      header.distance != uint32_t(distance_) || !range.valid() || (comparesByDot() && range.centre() != 0))
    return false;
  range_ = range;
  storeShared(&codesReady_, true);
  return true;
}

void VectorStore::publishCodeHeader() noexcept {
  if (!codesReady()) return;
  CodesHeader header{codesMagic, codesVersion, dim_, uint32_t(distance_), range_.low, range_.step};
  if (memcmp(codes_.base(), &header, sizeof header) == 0) return;
  memcpy(codes_.base(), &header, sizeof header);
  codes_.markDirty(0, sizeof header);
}

Status VectorStore::sync(Error& error) noexcept {
  if (Status status = vectors_.sync(error); status != Status::ok) return status;
  if (Status status = codes_.sync(error); status != Status::ok) return status;
  publishCodeHeader();
  return codes_.sync(error);
}

Status VectorStore::ensure(uint32_t count, Error& error) noexcept {
  if (Status status = vectors_.ensure(uint64_t(count) * vectorStride_, error); status != Status::ok) return status;
  // Codes get their room with the vectors, so that a full disk is the writer's error and growth stays on its thread.
  return wantsCodes_ ? codes_.ensure(headerBytes + uint64_t(count) * codeStride_, error) : Status::ok;
}

bool VectorStore::writeRow(uint32_t slot, const float* raw, QueryMemory& memory) noexcept {
  uint8_t* to = vectors_.base() + uint64_t(slot) * vectorStride_;
  if (datatype_ == Datatype::u8) {
    for (uint32_t i = 0; i < dim_; i++) to[i] = saturate(raw[i]);
  } else {
    if (!memory.floats.reserve(dim_)) return false;
    memcpy(memory.floats.data(), raw, size_t(dim_) * 4);
    if (normalises()) normalise(memory.floats.data(), dim_);
    if (datatype_ == Datatype::f32) memcpy(to, memory.floats.data(), size_t(dim_) * 4);
    else kernels().toHalf(memory.floats.data(), reinterpret_cast<uint16_t*>(to), dim_);
  }
  vectors_.markDirty(uint64_t(slot) * vectorStride_, vectorStride_);
  return true;
}

void VectorStore::readRow(uint32_t slot, float* out) const noexcept {
  const uint8_t* from = vectors_.base() + uint64_t(slot) * vectorStride_;
  if (datatype_ == Datatype::f32) memcpy(out, from, size_t(dim_) * 4);
  else if (datatype_ == Datatype::f16) kernels().fromHalf(reinterpret_cast<const uint16_t*>(from), out, dim_);
  else for (uint32_t i = 0; i < dim_; i++) out[i] = from[i];
}

void VectorStore::readSample(const Slots& slots, Buffer<float>& values, size_t* n) const noexcept {
  uint32_t count = slots.count(), alive = slots.linkedAlive() + slots.unlinkedAlive();
  size_t rows = std::min({sampleRowsMax, size_t(alive), std::max<size_t>(1, sampleValuesMax / dim_)});
  *n = 0;
  if (rows == 0 || !values.reserve(rows * dim_)) return;
  // Every (alive / rows)-th alive slot.
  uint64_t seen = 0, taken = 0;
  for (uint32_t slot = 0; slot < count && taken < rows; slot++) {
    if (!slots.alive(slot)) continue;
    if (seen++ * rows < taken * alive) continue;
    readRow(slot, values.data() + taken++ * dim_);
  }
  *n = size_t(taken) * dim_;
}

Status VectorStore::trainCodes(const Slots& slots, float quantile, Error& error) noexcept {
  Buffer<float> values;
  size_t n = 0;
  readSample(slots, values, &n);
  if (n == 0) return fail(error, Status::noMemory, "out of memory");
  range_ = trainRange(values.data(), n, quantile, comparesByDot());
  if (!range_.valid()) return Status::ok;  // another pass will know more
  QueryMemory memory;
  uint32_t count = slots.count();
  for (uint32_t slot = 0; slot < count; slot++) {
    if (slots.routed(slot) && !encodeSlot(slot, memory)) return fail(error, Status::noMemory, "out of memory");
  }
  storeShared(&codesReady_, true);
  return Status::ok;
}

bool VectorStore::encodeSlot(uint32_t slot, QueryMemory& memory) noexcept {
  if (!memory.floats.reserve(dim_)) return false;
  readRow(slot, memory.floats.data());
  encodeRow(range_, memory.floats.data(), codeRow(slot), dim_);
  codes_.markDirty(headerBytes + uint64_t(slot) * codeStride_, codeStride_);
  return true;
}

void VectorStore::originalScorer(Scorer& scorer) const noexcept {
  const Kernels& table = kernels();
  bool dot = comparesByDot();
  scorer.dim = dim_;
  scorer.rows = vectors_.base();
  scorer.stride = vectorStride_;
  scorer.prefetchBytes = uint32_t(std::min<uint64_t>(vectorStride_, 1024));
  scorer.factor = dot ? -1.0f : 1.0f;
  scorer.bias = 0;
  if (datatype_ == Datatype::u8) {
    scorer.kind = distance_ == Distance::cosine ? Scorer::Kind::cosineBytes : Scorer::Kind::bytes;
    scorer.byteKernel = dot ? table.dotU8 : distance_ == Distance::euclid ? table.squaredU8 : table.manhattanU8;
    return;
  }
  bool half = datatype_ == Datatype::f16;
  scorer.kind = Scorer::Kind::floats;
  if (dot) scorer.floatKernel = half ? table.dotF16 : table.dotF32;
  else if (distance_ == Distance::euclid) scorer.floatKernel = half ? table.squaredF16 : table.squaredF32;
  else scorer.floatKernel = half ? table.manhattanF16 : table.manhattanF32;
}

void VectorStore::codeScorer(Scorer& scorer) const noexcept {
  const Kernels& table = kernels();
  scorer.dim = dim_;
  scorer.rows = codes_.base() + headerBytes;
  scorer.stride = codeStride_;
  scorer.prefetchBytes = uint32_t(std::min<uint64_t>(codeStride_, 1024));
  scorer.bias = 0;
  if (distance_ == Distance::euclid || distance_ == Distance::manhattan) {
    scorer.kind = Scorer::Kind::bytes;
    bool squared = distance_ == Distance::euclid;
    scorer.byteKernel = squared ? table.squaredU8 : table.manhattanU8;
    scorer.factor = squared ? range_.step * range_.step : range_.step;
    // Both sides are rounded: a difference d becomes d + e with a variance of step^2 / 6, its square moves by 2 d e + e^2.
    float variance = range_.step * range_.step / 6;
    scorer.codeVariance = float(dim_) * variance * (squared ? 1.4f * variance : 1.0f);
    scorer.codeVariancePerKey = squared ? 4 * variance : 0;
    return;
  }
  scorer.kind = Scorer::Kind::code;
  scorer.codeKernel = table.dotCode;
}

bool VectorStore::prepareFloats(const float* values, bool codes, QueryMemory& memory, Scorer& out) const noexcept {
  if (!codes) {
    originalScorer(out);
    out.floatQuery = values;
    return true;
  }
  if (!memory.bytes.reserve(dim_)) return false;
  codeScorer(out);
  if (out.kind == Scorer::Kind::bytes) {
    encodeRow(range_, values, memory.bytes.data(), dim_);
    out.byteQuery = memory.bytes.data();
    return true;
  }
  auto* query = reinterpret_cast<int8_t*>(memory.bytes.data());
  DotQuery encoded = encodeDotQuery(values, query, dim_);
  float scale = range_.step * encoded.scale;
  out.codeQuery = query;
  out.factor = -scale;
  // sum q e for the row, where e is uniform in a step; the same for the query with the row's length, which is 1 or else taken to
  // be to the row's step what the query's is to its own.
  float length = kernels().dotF32(values, values, dim_), rows = length * range_.step * range_.step;
  out.codeVariance = (rows + (normalises() ? encoded.scale * encoded.scale : rows)) / 12;
  out.bias = -(range_.centre() * encoded.sum - scale * 128 * float(encoded.codeSum));
  return true;
}

bool VectorStore::prepareQuery(const float* raw, bool codes, QueryMemory& memory, Scorer& out) const noexcept {
  if (datatype_ == Datatype::u8) {
    if (!memory.bytes.reserve(dim_)) return false;
    for (uint32_t i = 0; i < dim_; i++) memory.bytes[i] = saturate(raw[i]);
    originalScorer(out);
    out.byteQuery = memory.bytes.data();
    if (out.kind == Scorer::Kind::cosineBytes) out.queryNorm = float(out.byteKernel(out.byteQuery, out.byteQuery, dim_));
    return true;
  }
  if (!memory.floats.reserve(dim_)) return false;
  memcpy(memory.floats.data(), raw, size_t(dim_) * 4);
  if (normalises()) normalise(memory.floats.data(), dim_);
  return prepareFloats(memory.floats.data(), codes, memory, out);
}

bool VectorStore::prepareSlot(uint32_t slot, bool codes, QueryMemory& memory, Scorer& out) const noexcept {
  if (codes) {
    const uint8_t* row = codes_.base() + headerBytes + uint64_t(slot) * codeStride_;
    codeScorer(out);
    if (out.kind == Scorer::Kind::bytes) {
      out.byteQuery = row;
      return true;
    }
    out.kind = Scorer::Kind::codePair;
    out.centredKernel = kernels().dotCentred;
    out.byteQuery = row;
    out.factor = -range_.step * range_.step;
    return true;
  }
  if (datatype_ == Datatype::u8 || datatype_ == Datatype::f32) {
    const uint8_t* row = vectors_.base() + uint64_t(slot) * vectorStride_;
    originalScorer(out);
    out.floatQuery = reinterpret_cast<const float*>(row);
    out.byteQuery = row;
    if (out.kind == Scorer::Kind::cosineBytes) out.queryNorm = float(out.byteKernel(row, row, dim_));
    return true;
  }
  if (!memory.floats.reserve(dim_)) return false;
  readRow(slot, memory.floats.data());
  return prepareFloats(memory.floats.data(), codes, memory, out);
}

}  // namespace sextant
