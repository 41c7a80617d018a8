// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/variance.hpp"

#include "core/parallel.hpp"
#include "estimator/direct_moments.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/pair_moments.hpp"
#include "estimator/product_moments.hpp"
#include "features/stage.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace bochner {
namespace {

/// The moments at pair `index`, (x, y).
using MomentsAt = std::function<KernelMoments(Index index, const double* x, const double* y)>;

MomentsAt moments_at(const char* function, const FeatureMapSpec& spec) {
  validate(spec);
  if (multiplies(spec.features)) {
    return [moments = ProductMoments(spec)](Index, const double* x, const double* y) {
      return moments.at(x, y);
    };
  }
  if (has_direct_moments(spec)) {
    return [spec](Index, const double* x, const double* y) { return direct_moments(spec, x, y); };
  }
  return [function, moments = PairMoments(spec)](Index index, const double* x, const double* y) {
    return moments.at(moments.place(function, index, x, y));
  };
}

MatrixView<const double> as_row(std::span<const double> x) {
  return {x.data(), 1, static_cast<Index>(x.size())};
}

void check_pair(const char* function, std::span<const double> x, std::span<const double> y,
                Index dim) {
  check_columns(function, "x", 1, static_cast<Index>(x.size()), dim);
  check_columns(function, "y", 1, static_cast<Index>(y.size()), dim);
  check_finite(function, "x", as_row(x));
  check_finite(function, "y", as_row(y));
}

}  // namespace

KernelMoments kernel_moments(const FeatureMapSpec& spec, std::span<const double> x,
                             std::span<const double> y) {
  constexpr const char* kFunction = "kernel_moments";
  const MomentsAt moments = moments_at(kFunction, spec);
  check_pair(kFunction, x, y, spec.input_dim);
  return moments(0, x.data(), y.data());
}

std::vector<KernelMoments> kernel_moments(const FeatureMapSpec& spec, MatrixView<const double> x,
                                          MatrixView<const double> y, const Execution& execution) {
  constexpr const char* kFunction = "kernel_moments";
  const MomentsAt moments = moments_at(kFunction, spec);
  check_columns(kFunction, "x", x.rows, x.cols, spec.input_dim);
  check_columns(kFunction, "y", y.rows, y.cols, spec.input_dim);
  if (x.rows != y.rows) {
    throw InvalidArgument(std::string(kFunction) + ": y has " + std::to_string(y.rows) +
                          " rows, expected " + std::to_string(x.rows) + " (one for each of x)");
  }
  check_finite(kFunction, "x", x);
  check_finite(kFunction, "y", y);
  std::vector<KernelMoments> out(static_cast<std::size_t>(x.rows));
  constexpr Index kPairs = 64;
  const Index blocks = (x.rows + kPairs - 1) / kPairs;
  parallel_for_blocks(blocks, execution, [&](Index block, int) {
    std::vector<double> query(static_cast<std::size_t>(x.cols));
    std::vector<double> key(query.size());
    for (Index i = block * kPairs; i < std::min(x.rows, (block + 1) * kPairs); ++i) {
      for (Index k = 0; k < x.cols; ++k) {
        query[static_cast<std::size_t>(k)] = x(i, k);
        key[static_cast<std::size_t>(k)] = y(i, k);
      }
      out[static_cast<std::size_t>(i)] = moments(i, query.data(), key.data());
    }
  });
  return out;
}

double row_moment(const FeatureMapSpec& spec, int order, std::span<const double> x,
                  std::span<const double> y) {
  constexpr const char* kFunction = "row_moment";
  if (order < 1 || order > 4) {
    throw InvalidArgument(std::string(kFunction) + ": order is " + std::to_string(order) +
                          ", expected 1 to 4");
  }
  validate(spec);
  if (multiplies(spec.features)) {
    check_pair(kFunction, x, y, spec.input_dim);
    return product_row_moment(spec, order, x.data(), y.data());
  }
  if (has_direct_moments(spec)) {
    check_pair(kFunction, x, y, spec.input_dim);
    return direct_row_moment(spec, order, x.data(), y.data());
  }
  const PairMoments moments(spec);
  check_pair(kFunction, x, y, spec.input_dim);
  return moments.raw(order, moments.place(kFunction, 0, x.data(), y.data()));
}

}  // namespace bochner
