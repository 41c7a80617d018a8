// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <array>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include <pthread.h>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

namespace {

/// Holds a table's update of `features` columns against the plain one. The matrix ends with its
/// last element, padding included or not, and what lies beyond the columns must not change.
template <class T>
void check_update(const Kernels<T>& table, const Block<T>& phi, Index ldc) {
  const Index n = phi.cols();
  const Index size = n == 0 ? 0 : (n - 1) * ldc + n;
  GuardedArray<double> c(size);
  GuardedArray<double> reference(size);
  for (Index i = 0; i < size; ++i) reference[i] = c[i] = static_cast<double>(i % 7) - 3.0;
  table.rank_update(phi.data(), phi.ld(), phi.rows(), n, c.data(), ldc);
  scalar_kernels<T>().rank_update(phi.data(), phi.ld(), phi.rows(), n, reference.data(), ldc);
  const double tolerance = std::numeric_limits<T>::epsilon() * 40.0 *
                           static_cast<double>(phi.rows() * std::min(phi.rows(), kFoldRows));
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j <= i; ++j) {
      const double error = std::abs(c[i * ldc + j] - reference[i * ldc + j]);
      if (!(error <= (fused(table) ? 0.0 : tolerance))) {
        FAIL_CHECK(table.name << ": " << phi.rows() << " x " << n << " at " << i << ", " << j);
      }
    }
    for (Index j = n; i + 1 < n && j < ldc; ++j) {
      if (c[i * ldc + j] != reference[i * ldc + j]) {
        FAIL_CHECK(table.name << " wrote beyond the columns");
      }
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("rank_update agrees with the plain kernel", "[simd]", float, double) {
  using T = TestType;
  Normals normal(11);
  for (const auto* table : vector_tables<T>()) {
    for (Index features = 0; features <= 40; ++features) {
      for (const Index rows : {0, 1, 2, 5, 64}) {
        const Block<T> phi(rows, features, features % 2, std::ref(normal));
        check_update(*table, phi, features);
        check_update(*table, phi, features + 3);
      }
    }
    for (const auto& [rows, features] :
         {std::pair<Index, Index>{256, 300}, {257, 130}, {600, 97}, {31, 577}}) {
      const Block<T> phi(rows, features, 1, std::ref(normal));
      check_update(*table, phi, padded<T>(features));
    }
  }
}

TEMPLATE_TEST_CASE("cross_update agrees with the plain kernel and with rank_update", "[simd]",
                   float, double) {
  using T = TestType;
  Normals normal(14);
  for (const auto* table : vector_tables<T>()) {
    for (const auto& [rows, a_cols, b_cols] : {std::array<Index, 3>{0, 3, 4},
                                               {1, 1, 1},
                                               {5, 40, 17},
                                               {64, 7, 61},
                                               {256, 96, 128},
                                               {257, 50, 33},
                                               {530, 49, 300},
                                               {33, 300, 40},
                                               {20, 0, 9},
                                               {20, 9, 0}}) {
      const Block<T> a(rows, a_cols, 1, std::ref(normal));
      const Block<T> b(rows, b_cols, 0, std::ref(normal));
      const Index ldc = b_cols + 3;
      const Index size = a_cols == 0 ? 0 : (a_cols - 1) * ldc + b_cols;
      GuardedArray<double> c(size);
      GuardedArray<double> reference(size);
      for (Index i = 0; i < size; ++i) reference[i] = c[i] = static_cast<double>(i % 7) - 3.0;
      table->cross_update(a.data(), a.ld(), a_cols, b.data(), b.ld(), b_cols, rows, c.data(), ldc);
      scalar_kernels<T>().cross_update(a.data(), a.ld(), a_cols, b.data(), b.ld(), b_cols, rows,
                                       reference.data(), ldc);
      const double tolerance = std::numeric_limits<T>::epsilon() * 40.0 *
                               static_cast<double>(rows * std::min(rows, kFoldRows));
      for (Index i = 0; i < size; ++i) {
        const bool beyond = i % ldc >= b_cols;
        const double error = std::abs(c[i] - reference[i]);
        if (!(error <= (fused(*table) || beyond ? 0.0 : tolerance))) {
          FAIL_CHECK(table->name << ": " << rows << " x " << a_cols << " x " << b_cols << ", "
                                 << i);
        }
      }
    }
    const Block<T> phi(300, 60, 0, std::ref(normal));
    std::vector<double> whole(60 * 60, 0.0);
    std::vector<double> corner(60 * 60, 0.0);
    table->rank_update(phi.data(), phi.ld(), 300, 60, whole.data(), 60);
    table->cross_update(phi.data() + 32, phi.ld(), 28, phi.data(), phi.ld(), 32, 300,
                        corner.data() + 32 * 60, 60);
    for (std::size_t i = 32; i < 60; ++i) {
      for (std::size_t j = 0; j < 32; ++j) CHECK(whole[i * 60 + j] == corner[i * 60 + j]);
    }
  }
}

TEMPLATE_TEST_CASE("rank_update folds every 256 rows into double", "[simd]", float, double) {
  using T = TestType;
  Normals normal(12);
  const Index rows = 2 * kFoldRows + 5;
  const Index n = 19;
  const Block<T> phi(rows, n, 0, std::ref(normal));
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    std::vector<double> once(static_cast<std::size_t>(n * n), 0.0);
    std::vector<double> pieces = once;
    table->rank_update(phi.data(), phi.ld(), rows, n, once.data(), n);
    for (Index first = 0; first < rows; first += kFoldRows) {
      table->rank_update(&phi(first, 0), phi.ld(), std::min(kFoldRows, rows - first), n,
                         pieces.data(), n);
    }
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j <= i; ++j) {
        const auto at = static_cast<std::size_t>(i * n + j);
        CHECK(once[at] == pieces[at]);
      }
    }
  }
}

TEMPLATE_TEST_CASE("rank_update of small integers is exact everywhere", "[simd]", float, double) {
  using T = TestType;
  SmallIntegers integer(13);
  const Index rows = 300;
  const Index n = 66;
  const Block<T> phi(rows, n, 0, std::ref(integer));
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    std::vector<double> c(static_cast<std::size_t>(n * n), 0.0);
    table->rank_update(phi.data(), phi.ld(), rows, n, c.data(), n);
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j <= i; ++j) {
        long exact = 0;
        for (Index r = 0; r < rows; ++r) exact += std::lround(phi(r, i)) * std::lround(phi(r, j));
        REQUIRE(c[static_cast<std::size_t>(i * n + j)] == static_cast<double>(exact));
      }
    }
  }
}

TEMPLATE_TEST_CASE("rank_update and cross_update run on a small stack", "[simd]", float, double) {
  using T = TestType;
  const auto run = [](void*) -> void* {
    for (const auto* table : available_kernels<T>()) {
      Block<T> phi(300, 600, 0, [] { return 1.0; });
      std::vector<double> c(600 * 600);
      table->rank_update(phi.data(), phi.ld(), 300, 600, c.data(), 600);
      table->cross_update(phi.data(), phi.ld(), 600, phi.data(), phi.ld(), 600, 300, c.data(), 600);
    }
    return nullptr;
  };
  // What musl gives a thread, and as much again for the test itself.
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  pthread_t thread;
  REQUIRE(pthread_create(&thread, &attributes, run, nullptr) == 0);
  CHECK(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
}
