// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/kernel_estimate.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/estimator/variance.hpp"
#include "core/parallel.hpp"
#include "estimator/block_spread.hpp"
#include "estimator/checks.hpp"
#include "estimator/row_law.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace bochner {

using namespace estimator;

namespace {

constexpr Index kPairs = 64;

/// Feature columns of frequency j are j, m + j, ...: what each contributes to m phi.psi.
template <class T>
void row_contributions(const T* phi, const T* psi, Index num_features, std::span<double> out) {
  const auto m = static_cast<Index>(out.size());
  for (Index j = 0; j < m; ++j) {
    double sum = 0.0;
    for (Index k = j; k < num_features; k += m) {
      sum += static_cast<double>(phi[k]) * static_cast<double>(psi[k]);
    }
    out[static_cast<std::size_t>(j)] = static_cast<double>(m) * sum;
  }
}

template <class T>
KernelEstimate closed_form(const FeatureMapSpec& spec, MatrixView<const T> x,
                           MatrixView<const T> y) {
  std::vector<double> query(static_cast<std::size_t>(spec.input_dim));
  std::vector<double> key(query.size());
  for (Index k = 0; k < spec.input_dim; ++k) {
    query[static_cast<std::size_t>(k)] = static_cast<double>(x(0, k));
    key[static_cast<std::size_t>(k)] = static_cast<double>(y(0, k));
  }
  KernelEstimate out;
  out.standard_error = std::exp(0.5 * kernel_moments(spec, query, key).log_variance);
  out.degrees_of_freedom = std::numeric_limits<double>::infinity();
  out.source = ErrorSource::closed_form;
  return out;
}

/// Standard errors at pairs from the spread of independent draws.
template <Scalar T>
class ReplicateSpread {
 public:
  static constexpr Index kReplicates = 16;

  explicit ReplicateSpread(const FeatureMapSpec& spec) {
    for (std::uint64_t r = 0; r < kReplicates; ++r) {
      FeatureMapSpec redrawn = spec;
      redrawn.seed = derive_seed(spec.seed, r);
      maps_.emplace_back(redrawn);
    }
  }

  /// Of one draw, at one row of each.
  double standard_error(MatrixView<const T> x, MatrixView<const T> y) const {
    std::vector<double> values;
    for (const FeatureMap<T>& map : maps_) {
      Matrix<T> phi(2, map.num_features());
      std::array<std::int32_t, 2> exponent{};
      const std::span<std::int32_t> exponents(exponent);
      map.apply(Side::query, x, {phi.view().middle_rows(0, 1), exponents.subspan(0, 1)}, {1});
      map.apply(Side::key, y, {phi.view().middle_rows(1, 1), exponents.subspan(1, 1)}, {1});
      double sum = 0.0;
      for (Index j = 0; j < phi.cols(); ++j) {
        sum += static_cast<double>(phi(0, j)) * static_cast<double>(phi(1, j));
      }
      values.push_back(std::ldexp(sum, exponent[0] + exponent[1]));
    }
    constexpr auto kCount = static_cast<double>(kReplicates);
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / kCount;
    double square = 0.0;
    for (const double value : values) square += (value - mean) * (value - mean);
    return std::sqrt(square / (kCount - 1.0));
  }

 private:
  std::vector<FeatureMap<T>> maps_;
};

}  // namespace

Interval KernelEstimate::interval(double level) const {
  Door("KernelEstimate::interval").fraction("level", level);
  const double tail = 0.5 * (1.0 - level);
  const double factor =
      std::isinf(degrees_of_freedom)
          ? boost::math::quantile(boost::math::complement(boost::math::normal(), tail))
          : boost::math::quantile(
                boost::math::complement(boost::math::students_t(degrees_of_freedom), tail));
  return {value - factor * standard_error, value + factor * standard_error};
}

template <Scalar T>
std::vector<KernelEstimate> estimate(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                                     const Execution& execution) {
  const FeatureMapSpec& spec = map.spec();
  require_row_pairs(Door("estimate"), x, y, spec.input_dim);
  const Index block_size = block_law(spec).size;

  std::optional<ReplicateSpread<T>> replicates;
  if (block_law(spec).quasi_random) replicates.emplace(spec);

  std::vector<KernelEstimate> out(static_cast<std::size_t>(x.rows));
  parallel_for_blocks((x.rows + kPairs - 1) / kPairs, execution, [&](Index block, int) {
    const Index first = block * kPairs;
    const Index count = std::min(kPairs, x.rows - first);
    Matrix<T> phi(count, map.num_features());
    Matrix<T> psi(count, map.num_features());
    std::array<std::int32_t, kPairs> phi_exponent;
    std::array<std::int32_t, kPairs> psi_exponent;
    const auto rows = static_cast<std::size_t>(count);
    map.apply(Side::query, x.middle_rows(first, count),
              {phi.view(), std::span(phi_exponent).first(rows)});
    map.apply(Side::key, y.middle_rows(first, count),
              {psi.view(), std::span(psi_exponent).first(rows)});
    std::vector<double> contributions(static_cast<std::size_t>(spec.num_frequencies));
    for (Index i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      row_contributions(phi.row(i), psi.row(i), map.num_features(), std::span(contributions));
      const BlockSpread spread = block_spread(contributions, block_size);
      const int exponent = phi_exponent[at] + psi_exponent[at];
      KernelEstimate& result = out[static_cast<std::size_t>(first + i)];
      if (replicates) {
        result.standard_error =
            replicates->standard_error(x.middle_rows(first + i, 1), y.middle_rows(first + i, 1));
        result.degrees_of_freedom = static_cast<double>(ReplicateSpread<T>::kReplicates - 1);
        result.source = ErrorSource::replicates;
      } else if (std::isnan(spread.variance)) {
        result = closed_form(spec, x.middle_rows(first + i, 1), y.middle_rows(first + i, 1));
      } else {
        result.standard_error = std::ldexp(std::sqrt(spread.variance), exponent);
        result.degrees_of_freedom = spread.degrees_of_freedom;
      }
      result.value = std::ldexp(spread.mean, exponent);
      result.blocks = spread.blocks;
    }
  });
  return out;
}

template <Scalar T>
KernelEstimate estimate(const FeatureMap<T>& map, std::type_identity_t<std::span<const T>> x,
                        std::type_identity_t<std::span<const T>> y) {
  const auto row = [](std::span<const T> v) {
    return MatrixView<const T>(v.data(), 1, static_cast<Index>(v.size()));
  };
  return estimate(map, row(x), row(y), Execution{1}).front();
}

template KernelEstimate estimate<float>(const FeatureMap<float>&, std::span<const float>,
                                        std::span<const float>);
template KernelEstimate estimate<double>(const FeatureMap<double>&, std::span<const double>,
                                         std::span<const double>);
template std::vector<KernelEstimate> estimate<float>(const FeatureMap<float>&,
                                                     MatrixView<const float>,
                                                     MatrixView<const float>, const Execution&);
template std::vector<KernelEstimate> estimate<double>(const FeatureMap<double>&,
                                                      MatrixView<const double>,
                                                      MatrixView<const double>, const Execution&);

}  // namespace bochner
