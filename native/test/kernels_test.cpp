// Every instruction set against the scalar oracle, over all kinds of tails.
#include "../kernels/kernels.hpp"

#include <cmath>
#include <cstring>

#include "../kernels/half.hpp"
#include "check.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

std::vector<uint32_t> dims() {
  std::vector<uint32_t> all = range(1, 140);
  for (uint32_t dim : {191u, 255u, 256u, 257u, 384u, 385u, 767u, 768u, 1000u, 1536u, 4097u, 65536u}) all.push_back(dim);
  return all;
}

bool near(float got, float want, double magnitude) { return std::fabs(double(got) - want) <= 1e-5 * magnitude + 1e-6; }

void checkFloats(const Kernels& table, uint32_t dim, Random& random) {
  // One guard value behind each array: reading it would change the sum.
  std::vector<float> query(dim + 1, 1e30f), row(dim + 1, 1e30f);
  std::vector<uint16_t> half(dim + 1, 0x7bff), again(dim + 1, 0x7bff);
  double magnitude = 0;
  for (uint32_t i = 0; i < dim; i++) {
    query[i] = random.normal();
    row[i] = random.normal();
    half[i] = floatToHalf(row[i]);
    magnitude += 9;
  }
  CHECK(near(table.dotF32(query.data(), row.data(), dim), dotF32_scalar(query.data(), row.data(), dim), magnitude));
  CHECK(near(table.squaredF32(query.data(), row.data(), dim), squaredF32_scalar(query.data(), row.data(), dim), magnitude));
  CHECK(near(table.manhattanF32(query.data(), row.data(), dim), manhattanF32_scalar(query.data(), row.data(), dim), magnitude));
  CHECK(near(table.dotF16(query.data(), half.data(), dim), dotF16_scalar(query.data(), half.data(), dim), magnitude));
  CHECK(near(table.squaredF16(query.data(), half.data(), dim), squaredF16_scalar(query.data(), half.data(), dim), magnitude));
  CHECK(near(table.manhattanF16(query.data(), half.data(), dim), manhattanF16_scalar(query.data(), half.data(), dim), magnitude));
  table.toHalf(row.data(), again.data(), dim);
  CHECK(half == again);
  std::vector<float> wide(dim + 1, 5);
  table.fromHalf(half.data(), wide.data(), dim);
  for (uint32_t i = 0; i < dim; i++) CHECK(wide[i] == halfToFloat(half[i]));
  CHECK(wide[dim] == 5);
}

void checkBytes(const Kernels& table, uint32_t dim, Random& random, bool extreme) {
  std::vector<uint8_t> query(dim + 1, 255), row(dim + 1, 255);
  std::vector<int8_t> code(dim + 1, 127);
  for (uint32_t i = 0; i < dim; i++) {
    query[i] = extreme ? 255 : uint8_t(random.next());
    row[i] = extreme ? (dim % 2 == 0 ? 0 : 255) : uint8_t(random.next());
    code[i] = extreme ? -128 : int8_t(uint8_t(random.next()));
  }
  CHECK(table.dotU8(query.data(), row.data(), dim) == dotU8_scalar(query.data(), row.data(), dim));
  CHECK(table.squaredU8(query.data(), row.data(), dim) == squaredU8_scalar(query.data(), row.data(), dim));
  CHECK(table.manhattanU8(query.data(), row.data(), dim) == manhattanU8_scalar(query.data(), row.data(), dim));
  CHECK(table.dotCode(code.data(), row.data(), dim) == dotCode_scalar(code.data(), row.data(), dim));
  CHECK(table.dotCentred(query.data(), row.data(), dim) == dotCentred_scalar(query.data(), row.data(), dim));
  CHECK(table.dotCode(code.data(), query.data(), dim) == dotCode_scalar(code.data(), query.data(), dim));
}

}  // namespace

TEST(kernelsAgreeWithTheScalarOracle) {
  const Kernels* tables[8];
  size_t n = availableKernels(tables, 8);
  CHECK(n >= 1);
  for (size_t i = 0; i < n; i++) {
    Random random(i + 1);
    for (uint32_t dim : dims()) {
      checkFloats(*tables[i], dim, random);
      checkBytes(*tables[i], dim, random, false);
      checkBytes(*tables[i], dim, random, true);
    }
    printf("     %s\n", tables[i]->name);
  }
}

TEST(scalarKernelsAreRight) {
  const float a[] = {1, 2, -3}, b[] = {4, -5, 6};
  CHECK(dotF32_scalar(a, b, 3) == -24);
  CHECK(squaredF32_scalar(a, b, 3) == 9 + 49 + 81);
  CHECK(manhattanF32_scalar(a, b, 3) == 3 + 7 + 9);
  const uint8_t c[] = {0, 255, 7}, d[] = {255, 0, 9};
  CHECK(dotU8_scalar(c, d, 3) == 63);
  CHECK(squaredU8_scalar(c, d, 3) == 2 * 65025 + 4);
  CHECK(manhattanU8_scalar(c, d, 3) == 512);
}

TEST(halvesRoundToNearestEven) {
  CHECK(floatToHalf(1.0f) == 0x3c00 && floatToHalf(-2.0f) == 0xc000 && floatToHalf(65504.0f) == 0x7bff);
  CHECK(floatToHalf(65520.0f) == 0x7c00 && floatToHalf(65519.0f) == 0x7bff && floatToHalf(1e9f) == 0x7c00);
  CHECK(floatToHalf(1.0f + 0x1p-11f) == 0x3c00);      // a tie goes to even
  CHECK(floatToHalf(1.0f + 3 * 0x1p-11f) == 0x3c02);  // a tie goes to even
  CHECK(floatToHalf(0x1p-24f) == 1 && floatToHalf(0x1p-25f) == 0 && floatToHalf(0x1.8p-24f) == 2);
  for (uint32_t half = 0; half < 65536; half++) {
    float wide = halfToFloat(uint16_t(half));
    if (wide == wide) CHECK(floatToHalf(wide) == half);
  }
  const Kernels* tables[8];
  Random random(3);
  for (size_t i = 0, n = availableKernels(tables, 8); i < n; i++) {
    for (int round = 0; round < 20000; round++) {
      uint32_t bits = uint32_t(random.next());
      float value;
      memcpy(&value, &bits, 4);
      uint16_t got[16], want = floatToHalf(value);
      float values[16];
      for (float& v : values) v = value;
      tables[i]->toHalf(values, got, 16);
      if (value == value) CHECK(got[0] == want && got[15] == want);
    }
  }
}
