// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/certificate.hpp"

#include "client/gram/checks.hpp"
#include "client/gram/feature_source.hpp"
#include "client/gram/tile_walk.hpp"
#include "linalg/lanczos.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace bochner {

using namespace gram;

namespace {

void require_equal_sizes(const Door& door, Index approximation, Index exact) {
  require_size(door, "the exact matrix", exact, approximation, "those of the approximation");
}

struct Mean {
  double mean = 0.0;
  double standard_error = 0.0;
};

Mean mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  const double largest = *std::max_element(values.begin(), values.end());
  const double unit = std::isnormal(largest) ? std::ldexp(1.0, std::ilogb(largest)) : 1.0;
  double squares = 0.0;
  for (const double value : values) {
    const double deviation =
        (value - mean) / unit;  // fourth powers could leave the range of double
    squares += deviation * deviation;
  }
  return {mean, unit * std::sqrt(squares / (n - 1.0) / n)};
}

/// out = (K^ - K) b
template <Scalar T>
void multiply_difference(const GramApproximation<T>& approximation, const ExactGram& exact,
                         MatrixView<const double> b, MatrixView<double> out,
                         const Execution& execution) {
  Matrix<double> minus(b.rows, b.cols);
  exact.multiply(b, minus, execution);
  approximation.multiply(b, out, execution);
  for (Index i = 0; i < b.rows; ++i) {
    for (Index c = 0; c < b.cols; ++c) out(i, c) -= minus(i, c);
  }
}

/// The ends of a symmetric operator's spectrum, from a random start.
linalg::SpectrumEnds ends_of(const Door& door, const linalg::LinearOperator& op, Index n,
                             const LanczosErrorOptions& options) {
  door.positive("tolerance", options.tolerance).at_least("max_steps", options.max_steps, 1);
  std::vector<double> start(static_cast<std::size_t>(n));
  Stream(options.seed, Purpose::study).normals(0, start);
  return linalg::lanczos_ends(op, start,
                              {.tolerance = options.tolerance, .max_steps = options.max_steps});
}

}  // namespace

Interval SampledGramError::interval(double level) const {
  Door("SampledGramError::interval").fraction("level", level).at_least("samples", samples, 2);
  const boost::math::students_t law(static_cast<double>(samples - 1));
  const double reach =
      standard_error * boost::math::quantile(boost::math::complement(law, (1.0 - level) / 2.0));
  return {std::sqrt(std::max(squared_error - reach, least)), std::sqrt(squared_error + reach)};
}

GramNorm squared_norm(const ExactGram& gram, const Execution& execution) {
  const Index n = gram.size();
  Matrix<double> rows(std::min(n, simd::kBlockRows), n);
  std::vector<Index> which(static_cast<std::size_t>(n));
  std::iota(which.begin(), which.end(), Index{0});
  GramNorm norm;
  double largest = 0.0;
  for (Index first = 0; first < n; first += simd::kBlockRows) {
    const Index count = std::min(simd::kBlockRows, n - first);
    gram.rows(
        std::span(which).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
        rows.view().middle_rows(0, count), execution);
    for (Index r = 0; r < count; ++r) {
      double squares = 0.0;
      for (Index j = 0; j < n; ++j) {
        squares += rows(r, j) * rows(r, j);
        largest = std::max(largest, std::abs(rows(r, j)));
      }
      norm.squared += squares;
      norm.squared_off_diagonal += squares - rows(r, first + r) * rows(r, first + r);
    }
  }
  require_sum_of_squares(Door("squared_norm"), "the entries", norm.squared, largest);
  return norm;
}

std::optional<Interval> relative_interval(const SampledGramError& estimate, const GramNorm& norm,
                                          double level) {
  const Interval absolute = estimate.interval(level);
  if (!(norm.squared_off_diagonal >= 0.5 * norm.squared && norm.squared > 0.0)) return std::nullopt;
  return Interval{absolute.low / std::sqrt(norm.squared), absolute.high / std::sqrt(norm.squared)};
}

template <Scalar T>
SampledGramError sampled_error(const GramApproximation<T>& approximation, const ExactGram& exact,
                               const SampledErrorOptions& options, const Execution& execution) {
  constexpr Door kDoor("sampled_error");
  const Index n = exact.size();
  require_equal_sizes(kDoor, approximation.size(), n);
  kDoor.at_least("rows", n, 2).at_least("samples", options.samples, 2);
  SampledGramError estimate;
  estimate.samples = options.samples;
  const std::vector<double> found = approximation.diagonal(execution);
  const std::vector<double> right = exact.diagonal();
  double largest = 0.0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    largest = std::max(largest, std::abs(found[i] - right[i]));
    estimate.least += (found[i] - right[i]) * (found[i] - right[i]);
  }

  constexpr Index kPairs = simd::kBlockRows / 2;  // two rows each
  const Stream stream(options.seed, Purpose::study);
  const auto position = [&](Index k, Index below) {
    return std::min(static_cast<Index>(stream.uniform(static_cast<std::uint64_t>(k)) *
                                       static_cast<double>(below)),
                    below - 1);
  };
  std::vector<double> errors(static_cast<std::size_t>(options.samples));
  const FeatureSource<T>& features = approximation.features();
  const Index blocks = (options.samples + kPairs - 1) / kPairs;
  auto workspaces = features.workspaces(blocks, execution);
  parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
    const Index first = block * kPairs;
    const Index count = std::min(kPairs, options.samples - first);
    std::vector<Index> which;
    for (Index k = first; k < first + count; ++k) {
      const Index i = position(2 * k, n);
      const Index j = position(2 * k + 1, n - 1);
      which.push_back(i);
      which.push_back(j < i ? j : j + 1);
    }
    const auto rows = features.gather(which, workspaces[static_cast<std::size_t>(worker)]);
    for (Index k = 0; k < count; ++k) {
      const Index i = which[static_cast<std::size_t>(2 * k)];
      const Index j = which[static_cast<std::size_t>(2 * k + 1)];
      const T* const phi = rows.phi + 2 * k * features.ld();
      errors[static_cast<std::size_t>(first + k)] =
          finite_entry(kDoor, inner_product(phi, phi + features.ld(), features.num_features()),
                       std::int64_t{rows.exponent[2 * k]} + rows.exponent[2 * k + 1], i, j) -
          exact.entry(i, j);
    }
  });
  for (double& error : errors) {
    largest = std::max(largest, std::abs(error));
    error *= error;
  }
  const Mean off_diagonal = mean_of(errors);
  const double pairs = static_cast<double>(n) * static_cast<double>(n - 1);
  estimate.squared_error = estimate.least + pairs * off_diagonal.mean;
  estimate.standard_error = pairs * off_diagonal.standard_error;
  require_sum_of_squares(kDoor, "the errors", estimate.squared_error, largest);
  return estimate;
}

template <Scalar T>
SampledGramError hutchinson_error(const GramApproximation<T>& approximation, const ExactGram& exact,
                                  const HutchinsonOptions& options, const Execution& execution) {
  constexpr Door kDoor("hutchinson_error");
  const Index n = exact.size();
  require_equal_sizes(kDoor, approximation.size(), n);
  kDoor.at_least("probes", options.probes, 2);
  Matrix<double> g(n, options.probes);
  Stream(options.seed, Purpose::study).signs(0, {g.data(), static_cast<std::size_t>(g.size())});
  multiply_difference<T>(approximation, exact, g, g.view(), execution);
  std::vector<double> squares(static_cast<std::size_t>(options.probes));
  double largest = 0.0;
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < options.probes; ++c) {
      largest = std::max(largest, std::abs(g(i, c)));
      squares[static_cast<std::size_t>(c)] += g(i, c) * g(i, c);
    }
  }
  const Mean mean = mean_of(squares);
  require_sum_of_squares(kDoor, "the errors", mean.mean, largest);
  return {mean.mean, mean.standard_error, 0.0, options.probes};
}

template <Scalar T>
SpectralError spectral_error(const GramApproximation<T>& approximation, const ExactGram& exact,
                             const LanczosErrorOptions& options, const Execution& execution) {
  constexpr Door kDoor("spectral_error");
  require_equal_sizes(kDoor, approximation.size(), exact.size());
  const linalg::SpectrumEnds ends = ends_of(
      kDoor,
      [&](MatrixView<const double> b, MatrixView<double> out) {
        multiply_difference(approximation, exact, b, out, execution);
      },
      exact.size(), options);
  const bool low = -ends.smallest > ends.largest;
  return {low ? -ends.smallest : ends.largest, low ? ends.smallest_residual : ends.largest_residual,
          ends.steps, ends.converged};
}

template <Scalar T>
DeltaSpectral delta_spectral(const GramApproximation<T>& approximation,
                             const ShiftedGram<T>& shifted, const ExactGram& exact,
                             const LanczosErrorOptions& options, const Execution& execution) {
  constexpr Door kDoor("delta_spectral");
  const Index n = exact.size();
  require_equal_sizes(kDoor, approximation.size(), n);
  require_equal_sizes(kDoor, shifted.size(), n);
  Matrix<double> v(n, 1);
  Matrix<double> difference(n, 1);
  const linalg::SpectrumEnds ends = ends_of(
      kDoor,
      [&](MatrixView<const double> b, MatrixView<double> out) {
        shifted.apply_inverse_root(b, v.view(), execution);
        multiply_difference<T>(approximation, exact, v, difference.view(), execution);
        shifted.apply_inverse_root_transposed(difference, out, execution);
      },
      n, options);
  if (!(ends.largest < 1.0)) {
    kDoor.refuse("lambda is too small beside the rounding errors of K^: Delta has no upper end");
  }
  // The difference here is K^ - K = -(K - K^): nu = -end, -nu / (1 + nu) = end / (1 - end).
  return {ends.smallest / (1.0 - ends.smallest), ends.largest / (1.0 - ends.largest), ends.steps,
          ends.converged};
}

template SampledGramError sampled_error(const GramApproximation<float>&, const ExactGram&,
                                        const SampledErrorOptions&, const Execution&);
template SampledGramError hutchinson_error(const GramApproximation<float>&, const ExactGram&,
                                           const HutchinsonOptions&, const Execution&);
template SpectralError spectral_error(const GramApproximation<float>&, const ExactGram&,
                                      const LanczosErrorOptions&, const Execution&);
template DeltaSpectral delta_spectral(const GramApproximation<float>&, const ShiftedGram<float>&,
                                      const ExactGram&, const LanczosErrorOptions&,
                                      const Execution&);
template SampledGramError sampled_error(const GramApproximation<double>&, const ExactGram&,
                                        const SampledErrorOptions&, const Execution&);
template SampledGramError hutchinson_error(const GramApproximation<double>&, const ExactGram&,
                                           const HutchinsonOptions&, const Execution&);
template SpectralError spectral_error(const GramApproximation<double>&, const ExactGram&,
                                      const LanczosErrorOptions&, const Execution&);
template DeltaSpectral delta_spectral(const GramApproximation<double>&, const ShiftedGram<double>&,
                                      const ExactGram&, const LanczosErrorOptions&,
                                      const Execution&);

}  // namespace bochner
