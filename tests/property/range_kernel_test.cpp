// SPDX-License-Identifier: Apache-2.0
#include "property/range.hpp"
#include "property/specs.hpp"

#include <bochner/kernel/data_scale.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

// Kernels and scales of data anywhere in the range of the numbers: the value of the formula, or a
// refusal where there is no such double.

using namespace bochner;

namespace {

constexpr Index kDim = 3;

/// A kernel whose lengthscale is that of the data.
Kernel at_scale(const Kernel& kernel, double scale) {
  return std::visit(
      [&]<class K>(K k) -> Kernel {
        if constexpr (requires { k.metric; } && !requires { k.dot_scale(); }) {
          if (auto* isotropic = std::get_if<Isotropic>(&k.metric)) isotropic->lengthscale *= scale;
          if (auto* diagonal = std::get_if<Diagonal>(&k.metric)) {
            for (double& l : diagonal->lengthscales) l *= scale;
          }
          if (auto* full = std::get_if<Full>(&k.metric)) {
            for (double& a : full->matrix) a /= scale;
          }
        }
        return k;
      },
      kernel);
}

bool is_shift_invariant(const Kernel& kernel) {
  return property::is_centrable(kernel) && !std::holds_alternative<SoftmaxKernel>(kernel);
}

}  // namespace

TEST_CASE("a kernel's value is right wherever its arguments are", "[property][range]") {
  property::for_each_range([&](double offset, double scale) {
    const Matrix<double> x = *property::ranged_rows<double>(6, kDim, offset, scale);
    for (const Kernel& given : property::kernels(kDim)) {
      for (const Kernel& kernel : {given, at_scale(given, scale)}) {
        int answers = 0;
        for (Index i = 0; i < x.rows(); ++i) {
          const testing::ExactValue exact = property::exact_value<double>(kernel, x, 0, i);
          const auto value =
              property::answer([&] { return evaluate(kernel, x.row(0), x.row(i), kDim); });
          if (!value) continue;
          ++answers;
          INFO(kernel.index() << ", offset " << offset << ", scale " << scale << ", row " << i);
          REQUIRE(std::isfinite(*value));
          // Values of a size that the tolerance would lose are values all the same.
          CHECK(std::abs(*value - static_cast<double>(exact.value)) <=
                1e-12 * static_cast<double>(exact.sensitivity) + 1e-300);
        }
        // Differences do not overflow here; products do, and powers of them.
        if (is_shift_invariant(kernel)) CHECK(answers == x.rows());
        if (scale * offset <= 1.0 && scale <= 1.0) CHECK(answers > 0);
      }
    }
  });
}

TEMPLATE_TEST_CASE("the median rule holds at any size and place", "[property][range]", float,
                   double) {
  property::for_each_range([&](double offset, double scale) {
    const auto x = property::ranged_rows<TestType>(41, kDim, offset, scale);
    if (!x) return;
    INFO("offset " << offset << ", scale " << scale);
    std::vector<long double> distances;
    for (Index i = 0; i < x->rows(); ++i) {
      for (Index j = 0; j < i; ++j) {
        long double sum = 0.0L;
        for (Index k = 0; k < kDim; ++k) {
          const auto a = static_cast<long double>((*x)(i, k));
          const auto b = static_cast<long double>((*x)(j, k));
          sum += (a - b) * (a - b);
        }
        distances.push_back(std::sqrt(sum));
      }
    }
    std::sort(distances.begin(), distances.end());
    const long double exact = distances[distances.size() / 2];
    const auto found =
        property::answer([&] { return median_lengthscale(MatrixView<const TestType>(*x)); });
    // A distance of a few neighbouring numbers may be called none, and is refused.
    const double grain = std::numeric_limits<TestType>::epsilon() * offset * scale;
    if (!found) {
      CHECK(exact <= 4.0L * static_cast<long double>(grain));
    } else {
      CHECK(std::abs(*found - static_cast<double>(exact)) <=
            1e-14 * static_cast<double>(exact) + 2.0 * grain);
    }
  });
}

TEST_CASE("the mean square of sums holds at any size and place", "[property][range]") {
  property::for_each_range([&](double offset, double scale) {
    const Matrix<double> x = *property::ranged_rows<double>(9, kDim, offset, scale, 1);
    for (const double sign : {1.0, -1.0}) {
      INFO("offset " << offset << ", scale " << scale << ", sign " << sign);
      const Matrix<double> y = *property::ranged_rows<double>(7, kDim, sign * offset, scale, 2);
      long double sum = 0.0L;
      for (Index i = 0; i < x.rows(); ++i) {
        for (Index j = 0; j < y.rows(); ++j) {
          for (Index k = 0; k < kDim; ++k) {
            const long double s =
                static_cast<long double>(x(i, k)) + static_cast<long double>(y(j, k));
            sum += s * s;
          }
        }
      }
      const auto exact = static_cast<double>(sum / static_cast<long double>(x.rows() * y.rows()));
      CHECK(mean_square_sum(x.view(), y.view()) == Approx(exact).epsilon(1e-13));
      CHECK(softmax_scale_for(x.view(), y.view(), 0.5) == Approx(0.5 / exact).epsilon(1e-13));
    }
  });
}
