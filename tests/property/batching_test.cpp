// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

// Tier B of docs/reproducibility.md: the same bits for any split of the rows and any thread count.

using namespace bochner;

namespace {

constexpr Index kRows = 150;  // more than two blocks
constexpr Index kFrequencies = 37;

/// Features of x taken `batch` rows at a time.
template <Scalar T>
property::Features<T> in_batches(const FeatureMap<T>& map, const Matrix<T>& x, Index batch) {
  property::Features<T> out{Matrix<T>(x.rows(), map.num_features()),
                            std::vector<std::int32_t>(static_cast<std::size_t>(x.rows()))};
  for (Index first = 0; first < x.rows(); first += batch) {
    const Index count = std::min(batch, x.rows() - first);
    map.apply(Side::query, x.view().middle_rows(first, count),
              {out.phi.view().middle_rows(first, count),
               std::span(out.exponent)
                   .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count))},
              {1});
  }
  return out;
}

template <Scalar T>
Matrix<T> gradient(const FeatureMap<T>& map, MatrixView<const T> x, MatrixView<const T> dphi,
                   int threads) {
  Matrix<T> dx(x.rows, x.cols);
  map.pullback(Side::query, x, dphi, dx, {threads});
  return dx;
}

template <class T>
bool same(const Matrix<T>& a, const Matrix<T>& b) {
  return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}

}  // namespace

TEMPLATE_TEST_CASE("any split of the rows has the same bits", "[property][bits]", float, double) {
  for (const Index dim : {5, 20}) {
    const Matrix<TestType> x = property::rows<TestType>(kRows, dim);
    for (const FeatureMapSpec& spec : property::specs(dim, kFrequencies)) {
      INFO(to_text(spec));
      const FeatureMap<TestType> map(spec);
      const auto whole = property::apply<TestType>(map, x);
      for (const Index batch : {1, 7, 63, 64, 65, 149}) {
        CHECK(in_batches(map, x, batch) == whole);
      }
    }
  }
}

TEMPLATE_TEST_CASE("any number of threads has the same bits", "[property][bits]", float, double) {
  const Index dim = 20;
  const Matrix<TestType> x = property::rows<TestType>(kRows, dim);
  for (const FeatureMapSpec& spec : property::specs(dim, kFrequencies)) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    const Matrix<TestType> dphi = property::rows<TestType>(kRows, map.num_features(), 1.0, 1);
    const auto serial = property::apply<TestType>(map, x);
    const Matrix<TestType> serial_gradient = gradient<TestType>(map, x, dphi, 1);
    for (const int threads : {2, 3, 7}) {
      CHECK(property::apply<TestType>(map, x, Side::query, {threads}) == serial);
      CHECK(same(gradient<TestType>(map, x, dphi, threads), serial_gradient));
    }
  }
}

TEMPLATE_TEST_CASE("a row's gradient does not depend on its neighbours", "[property][bits]", float,
                   double) {
  const Index dim = 5;
  const Matrix<TestType> x = property::rows<TestType>(kRows, dim);
  for (const FeatureMapSpec& spec : property::specs(dim, kFrequencies)) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    const Matrix<TestType> dphi = property::rows<TestType>(kRows, map.num_features(), 1.0, 1);
    const Matrix<TestType> whole = gradient<TestType>(map, x, dphi, 1);
    for (const Index row : {0, 63, 64, 149}) {
      const Matrix<TestType> alone =
          gradient<TestType>(map, x.view().middle_rows(row, 1), dphi.view().middle_rows(row, 1), 1);
      CHECK(std::equal(alone.row(0), alone.row(0) + dim, whole.row(row)));
    }
  }
}
