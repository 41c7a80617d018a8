// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <new>
#include <utility>

using bochner::Index;
using bochner::Matrix;

TEST_CASE("a matrix is zero, aligned and deeply copied", "[matrix]") {
  Matrix<float> a(3, 5);
  CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  for (Index i = 0; i < a.size(); ++i) CHECK(a.data()[i] == 0.0F);
  a(2, 4) = 7.0F;
  Matrix<float> b = a;
  b(2, 4) = 8.0F;
  CHECK(a(2, 4) == 7.0F);
  const Matrix<float> c = std::move(b);
  CHECK(c(2, 4) == 8.0F);
  CHECK(b.rows() == 0);  // NOLINT(bugprone-use-after-move): a moved-from matrix is empty
  a = c;
  CHECK(a.view()(2, 4) == 8.0F);
}

TEST_CASE("absurd extents are refused before anything is allocated", "[matrix]") {
  constexpr Index kHuge = std::numeric_limits<Index>::max();
  CHECK_THROWS_AS(Matrix<double>(-1, 2), bochner::InvalidArgument);
  CHECK_THROWS_AS(Matrix<double>(kHuge, 2), std::bad_alloc);
  CHECK_THROWS_AS(Matrix<double>(kHuge / 4, 1), std::bad_alloc);
  CHECK(Matrix<double>(0, kHuge).size() == 0);
}
