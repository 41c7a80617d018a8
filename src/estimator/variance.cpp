// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/variance.hpp"

#include "core/parallel.hpp"
#include "estimator/direct_moments.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/product_moments.hpp"
#include "estimator/row_moments.hpp"
#include "features/stage.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

namespace bochner {
namespace {

/// What a pair's moments need, once placed.
struct PlacedPair {
  double s = 0.0;
  double log_exact = 0.0;
  double log_unit = 0.0;  ///< log U
};

class PairMoments {
 public:
  explicit PairMoments(const FeatureMapSpec& spec)
      : geometry_(spec),
        row_(row_law(spec.kernel, spec.features)),
        block_(block_law(spec.projection, spec.input_dim)),
        num_frequencies_(static_cast<double>(spec.num_frequencies)),
        shares_(block_.shares(spec.num_frequencies)) {}

  PlacedPair place(const char* function, Index index, const double* x, const double* y) const {
    const Index d = geometry_.dim();
    std::vector<double> u(static_cast<std::size_t>(d));
    std::vector<double> v(u.size());
    geometry_.place(Side::query, x, u.data());
    geometry_.place(Side::key, y, v.data());
    check_length(function, "x", index, std::inner_product(u.begin(), u.end(), u.begin(), 0.0));
    check_length(function, "y", index, std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
    PlacedPair pair{squared_distance(u.data(), row_.sign(), v.data(), d),
                    geometry_.log_kernel(x, y)};
    // A kernel that is a profile alone has the unit 1, also where it underflows.
    if (!row_.profile) pair.log_unit = pair.log_exact - geometry_.log_ratio(pair.s);
    return pair;
  }

  KernelMoments at(const PlacedPair& pair) const {
    const double log_unit = pair.log_unit;
    const RowMoments h = row_moments(row_, block_, pair.s);
    // All have the same scale.
    const double mean_square = shares_.mix(h.variance.mantissa, h.pair.mantissa, h.block.mantissa);
    const Scaled variance{mean_square / num_frequencies_, h.variance.log_scale + 2.0 * log_unit};

    KernelMoments out;
    out.log_exact = pair.log_exact;
    out.exact = std::exp(pair.log_exact);
    out.bias = shifted(h.bias, log_unit).value();
    out.mean = out.exact + out.bias;
    out.log_variance = variance.log_magnitude();
    out.variance = variance.value();
    const double relative_bias = shifted(h.bias, log_unit - pair.log_exact).value();
    const double relative_sd = std::exp(0.5 * (out.log_variance - 2.0 * pair.log_exact));
    out.relative_error = std::hypot(relative_bias, relative_sd);
    return out;
  }

  double raw(int order, const PlacedPair& pair) const {
    const double log_unit = pair.log_unit;
    return shifted(raw_moment(row_, block_, order, pair.s), order * log_unit).value();
  }

 private:
  PairGeometry geometry_;
  RowLaw row_;
  BlockLaw block_;
  double num_frequencies_;
  BlockLaw::Shares shares_;
};

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
