// SPDX-License-Identifier: Apache-2.0
#include "kernel/standard_form.hpp"

#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/kernel/kernel.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("product kernels multiply over the coordinates", "[kernel]") {
  const std::array x{1.0, -2.0, 0.5};
  const std::array y{0.0, 1.0, 2.0};  // |x - y| = 1, 3, 1.5
  const auto value = [&](const Kernel& kernel) { return evaluate(kernel, x.data(), y.data(), 3); };
  CHECK(value(ProductLaplacianKernel{}) == Approx(std::exp(-5.5)).epsilon(1e-14));
  CHECK(value(ProductLaplacianKernel{Diagonal{{1.0, 3.0, 0.5}}}) ==
        Approx(std::exp(-5.0)).epsilon(1e-14));
  CHECK(value(ProductLaplacianKernel::from_gamma(0.25)) ==
        Approx(std::exp(-5.5 / 4.0)).epsilon(1e-14));
  CHECK(value(ProductCauchyKernel{}) == Approx(1.0 / (2.0 * 10.0 * 3.25)).epsilon(1e-14));
  CHECK(value(ProductCauchyKernel{Isotropic{2.0}}) ==
        Approx(1.0 / (1.25 * 3.25 * 1.5625)).epsilon(1e-14));
  // In one dimension they are the isotropic ones.
  CHECK(evaluate(ProductLaplacianKernel{}, x.data() + 1, y.data() + 1, 1) ==
        Approx(evaluate(LaplacianKernel{}, x.data() + 1, y.data() + 1, 1)));
  CHECK(evaluate(ProductCauchyKernel{}, x.data() + 1, y.data() + 1, 1) ==
        Approx(evaluate(CauchyKernel{}, x.data() + 1, y.data() + 1, 1)));
}

TEST_CASE("values by rows are those of pairs, for every kind of kernel", "[kernel]") {
  const Matrix<double> x = [] {
    Matrix<double> rows(4, 3);
    for (Index i = 0; i < rows.size(); ++i) rows.data()[i] = std::sin(1.7 * static_cast<double>(i));
    return rows;
  }();
  for (const Kernel& kernel : {Kernel(GaussianKernel{}), Kernel(ProductLaplacianKernel{}),
                               Kernel(ArcCosineKernel{}), Kernel(SpectralMixtureKernel{})}) {
    std::array<double, 4> out{};
    row_values(kernel, x.row(1), x.view(), out.data());
    for (Index j = 0; j < 4; ++j) {
      CHECK(out[static_cast<std::size_t>(j)] ==
            Approx(evaluate(kernel, x.row(1), x.row(j), 3)).epsilon(1e-13));
    }
  }
  CHECK(has_product_values(GaussianKernel{}));
  CHECK_FALSE(has_product_values(ProductCauchyKernel{}));
}

TEST_CASE("conventions of other libraries", "[kernel]") {
  const std::array x{0.3, -0.4};
  const std::array y{1.0, 0.5};
  const double square = 0.49 + 0.81;
  const auto value = [&](const Kernel& kernel) { return evaluate(kernel, x.data(), y.data(), 2); };
  CHECK(value(GaussianKernel::from_gamma(0.7)) == Approx(std::exp(-0.7 * square)).epsilon(1e-14));
  CHECK(value(GaussianKernel::from_width(0.7)) == Approx(std::exp(-square / 0.7)).epsilon(1e-14));
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_WITH(GaussianKernel::from_gamma(bad), Contains("from_gamma: gamma is"));
    CHECK_THROWS_WITH(GaussianKernel::from_width(bad), Contains("from_width: width is"));
    CHECK_THROWS_WITH(ProductLaplacianKernel::from_gamma(bad), Contains("from_gamma: gamma is"));
    CHECK_THROWS_WITH(value(ProductLaplacianKernel{Isotropic{bad}}),
                      Contains("product-laplacian: lengthscale is"));
    CHECK_THROWS_WITH(value(ProductCauchyKernel{Isotropic{bad}}),
                      Contains("product-cauchy: lengthscale is"));
  }
}
