// SPDX-License-Identifier: Apache-2.0
#include "linalg/product.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>

using bochner::Index;
using bochner::Matrix;
using bochner::MatrixView;

namespace {

Matrix<double> gaussian(Index rows, Index cols, std::uint64_t item) {
  Matrix<double> g(rows, cols);
  bochner::Stream({1}, bochner::Purpose::study, item)
      .normals(0, {g.data(), static_cast<std::size_t>(g.size())});
  return g;
}

}  // namespace

TEST_CASE("add_product is the plain triple loop, to the bit", "[product]") {
  for (const Index m : {0, 1, 3, 33}) {
    for (const Index depth : {0, 1, 4, 7, 32, 70}) {
      for (const Index n : {0, 1, 5, 64, 130}) {
        const Matrix<double> a = gaussian(depth, m, 1), b = gaussian(depth, n, 2);
        Matrix<double> out = gaussian(m, n, 3), expected = out;
        for (Index i = 0; i < m; ++i) {
          for (Index j = 0; j < n; ++j) {
            for (Index k = 0; k < depth; ++k) expected(i, j) += a(k, i) * b(k, j);
          }
        }
        bochner::linalg::add_product(a.view().transpose(), b, out);
        bool same = true;
        for (Index i = 0; i < out.size(); ++i) same &= out.data()[i] == expected.data()[i];
        CHECK(same);
      }
    }
  }
}
