// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <cmath>
#include <functional>
#include <random>

#include <catch2/catch.hpp>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

namespace {

template <class T>
void check_close(const Kernels<T>& table, T value, T reference, double tolerance) {
  const double error = std::abs(static_cast<double>(value) - static_cast<double>(reference));
  if (!same(value, reference) && !(!fused(table) && error <= tolerance)) {
    FAIL_CHECK(table.name << ": " << value << " for " << reference);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("column_sums and row_products agree with the plain kernels", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr double kTolerance = 1000.0 * std::numeric_limits<T>::epsilon();
  Normals normal(71);
  std::mt19937_64 engine(72);
  for (Index cols = 0; cols <= 70; ++cols) {
    for (const Index rows : {Index{0}, Index{1}, Index{7}, kBlockRows}) {
      const Block<T> block(rows, cols, cols % 2, std::ref(normal));
      GuardedArray<T> weight(rows);
      GuardedArray<std::int32_t> count(rows);
      for (Index r = 0; r < rows; ++r) {
        weight[r] = static_cast<T>(normal());
        count[r] = std::uniform_int_distribution<std::int32_t>(0, static_cast<int>(cols))(engine);
      }
      GuardedArray<T> x(cols);
      for (Index j = 0; j < cols; ++j) x[j] = static_cast<T>(normal());
      for (const bool option : {false, true}) {
        const T* const w = option ? weight.data() : nullptr;
        const std::int32_t* const n = option ? count.data() : nullptr;
        GuardedArray<T> sums(cols);
        GuardedArray<T> products(rows);
        const Kernels<T>& scalar = scalar_kernels<T>();
        scalar.column_sums(block.data(), block.ld(), rows, cols, w, sums.data());
        scalar.row_products(block.data(), block.ld(), rows, cols, n, x.data(), products.data());
        for (const auto* table : vector_tables<T>()) {
          GuardedArray<T> out(cols);
          table->column_sums(block.data(), block.ld(), rows, cols, w, out.data());
          for (Index j = 0; j < cols; ++j) check_close(*table, out[j], sums[j], kTolerance);
          GuardedArray<T> row_out(rows);
          table->row_products(block.data(), block.ld(), rows, cols, n, x.data(), row_out.data());
          for (Index r = 0; r < rows; ++r) check_close(*table, row_out[r], products[r], kTolerance);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("compensated sums have the same bits everywhere", "[simd]", float, double) {
  using T = TestType;
  std::mt19937_64 engine(73);
  std::normal_distribution<double> normal;
  const Index rows = 3;
  for (Index cols = 0; cols <= 40; ++cols) {
    const auto wild = [&] { return normal(engine) * std::exp2(8.0 * normal(engine)); };
    const Block<T> sum(rows, cols, 0, wild);
    const Block<T> rest(rows, cols, 0, [&] { return wild() * 1e-8; });
    const Block<T> x(rows, cols, 0, wild);
    const T sum_scale[] = {T(1), T(0.25), T(0)};
    const T x_scale[] = {T(0.5), T(8), T(1)};
    Block<T> reference_sum(rows, cols);
    Block<T> reference_rest(rows, cols);
    reference_sum.copy_from(sum);
    reference_rest.copy_from(rest);
    scalar_kernels<T>().add_compensated(reference_sum.data(), reference_rest.data(), x.data(),
                                        x.ld(), rows, cols, sum_scale, x_scale);
    for (const auto* table : vector_tables<T>()) {
      Block<T> s(rows, cols);
      Block<T> q(rows, cols);
      s.copy_from(sum);
      q.copy_from(rest);
      table->add_compensated(s.data(), q.data(), x.data(), x.ld(), rows, cols, sum_scale, x_scale);
      for (Index r = 0; r < rows; ++r) {
        for (Index j = 0; j < cols; ++j) {
          if (!same(s(r, j), reference_sum(r, j)) || !same(q(r, j), reference_rest(r, j))) {
            FAIL_CHECK(table->name << ' ' << r << ' ' << j);
          }
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("compensated sums keep twice the digits", "[simd]", float, double) {
  using T = TestType;
  const T one = 1;
  for (const auto* table : available_kernels<T>()) {
    Block<T> sum(1, 1);
    Block<T> rest(1, 1);
    Block<T> x(1, 1);
    sum(0, 0) = 1;
    rest(0, 0) = 0;
    x(0, 0) = std::numeric_limits<T>::epsilon() / 8;  // lost, one by one, in a plain sum
    for (int i = 0; i < 8000; ++i) {
      table->add_compensated(sum.data(), rest.data(), x.data(), x.ld(), 1, 1, &one, &one);
    }
    INFO(table->name);
    CHECK(sum(0, 0) == T{1} + 1000 * std::numeric_limits<T>::epsilon());
    CHECK(rest(0, 0) == 0);
  }
}
