// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/variance.hpp"
#include "core/text.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/product_moments.hpp"
#include "estimator/row_law.hpp"
#include "features/stage.hpp"

#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <vector>

namespace bochner {
namespace {

constexpr Index kMostFrequencies = Index{1} << 40;
/// Beyond this many frequencies a map is no approximation worth having.
constexpr Index kHopeless = Index{1} << 24;
/// A mean |x + y|^2 beyond which the variance of exponential features sits in draws and pairs that
/// no sample sees.
constexpr double kInvisibleMass = 4.0;

void check(const ErrorTarget& target) {
  if (!(target.error > 0.0) || !std::isfinite(target.error)) {
    throw InvalidArgument("ErrorTarget: error is " + text::number(target.error) +
                          ", expected a positive, finite number");
  }
  if (!(target.confidence > 0.0 && target.confidence < 1.0)) {
    throw InvalidArgument("ErrorTarget: confidence is " + text::number(target.confidence) +
                          ", expected a number between 0 and 1");
  }
}

std::string short_number(double value) {
  std::string out(32, '\0');
  out.resize(static_cast<std::size_t>(std::snprintf(out.data(), out.size(), "%.4g", value)));
  return out;
}

std::string percent(double fraction) { return short_number(100.0 * fraction) + " %"; }

bool is_exponential(const FeatureMapSpec& spec) {
  return row_law(spec.features).argument == RowLaw::Argument::sum;
}

/// Mean square error against the number of frequencies, in units of the squared kernel value.
struct ErrorCurve {
  BlockLaw block;
  double row_variance = 0.0;    ///< of one frequency
  double pair_variance = 0.0;   ///< of the mean of an opposite pair, times two
  double block_variance = 0.0;  ///< of the mean of a whole block, times its size
  double bias = 0.0;            ///< its absolute value

  double variance(Index m) const {
    const Index random = m - block.exact;
    if (random < 1) return std::numeric_limits<double>::infinity();
    return block.shares(random).mix(row_variance, pair_variance, block_variance) /
           static_cast<double>(random);
  }
  /// Frequencies that go together; more of them are better only by that many.
  Index step() const {
    return block.exact > 0 || block.pairing == BlockLaw::Pairing::sketch ? 1 : block.size;
  }
  double mean_square(Index m) const { return variance(m) + bias * bias; }
  bool paired() const { return block.pairing == BlockLaw::Pairing::opposite && block.size > 2; }
  /// A lower bound of m Var(m), over that of whole blocks.
  double least_share() const {
    const double least = std::min(row_variance, paired() ? pair_variance : row_variance);
    return least < block_variance ? least / block_variance : 1.0;
  }
};

struct Found {
  Index smallest = 0;
  Index whole_blocks = 0;
};

/// The smallest m that is good, given that whole blocks stay good once they are (of sketches, which
/// grow unevenly between powers of two, a small one, and the next power of two). m Var(m) is a mean
/// of those of rows, pairs and whole blocks: where blocks have the least, nothing before the last
/// failing whole block is good; where coupling harms, nothing much before it.
template <class Good>
Found find_smallest(const ErrorCurve& curve, const Good& good) {
  const Index b = curve.step();
  Index failing = 0;
  Index passing = 1;
  while (!good(passing * b)) {
    if (passing * b >= kMostFrequencies) return {};
    failing = passing;
    passing *= 2;
  }
  while (passing - failing > 1) {
    const Index middle = failing + (passing - failing) / 2;
    (good(middle * b) ? passing : failing) = middle;
  }
  Found found{.smallest = passing * b, .whole_blocks = passing * b};
  if (curve.block.pairing == BlockLaw::Pairing::sketch) {
    found.whole_blocks =
        static_cast<Index>(std::bit_ceil(static_cast<std::uint64_t>(found.smallest)));
    return found;
  }
  const Index before = failing * b;
  const auto first = static_cast<Index>(curve.least_share() * static_cast<double>(before));
  for (Index m = first + 1; m < found.whole_blocks; ++m) {
    if (good(m)) {
      found.smallest = m;
      break;
    }
  }
  return found;
}

/// P(|N(bias, variance)| > error)
double exceedance(double bias, double variance, double error) {
  if (!std::isfinite(variance)) return 1.0;
  if (variance == 0.0) return bias > error ? 1.0 : 0.0;
  const boost::math::normal standard;
  const double deviation = std::sqrt(variance);
  return boost::math::cdf(standard, (-error - bias) / deviation) +
         boost::math::cdf(boost::math::complement(standard, (error - bias) / deviation));
}

/// That many frequencies, rounded up to whole blocks; 0 when there are too many to count.
Index round_up(double frequencies, Index block) {
  if (!(frequencies < static_cast<double>(kMostFrequencies))) return 0;
  const double blocks = std::ceil(frequencies / static_cast<double>(block));
  return std::max<Index>(1, static_cast<Index>(blocks)) * block;
}

std::string_view meaning(Basis basis) {
  switch (basis) {
    case Basis::asymptotic:
      return "exact variance and a normal law: an approximation, not a guarantee";
    case Basis::chebyshev:
      return "exact variance and Chebyshev's inequality: a guarantee";
    case Basis::bernstein:
      return "Bernstein's inequality over whole blocks: a guarantee";
    case Basis::median_of_means:
      return "a guarantee for the median of the group means";
  }
  return {};
}

/// What to use instead of a map that cannot reach the target, or hardly.
std::string better_map(const FeatureMapSpec& spec, double bias) {
  if (bias != 0.0) {
    return "constant radii have a bias that no number of frequencies removes; sampled radii have "
           "none";
  }
  if (multiplies(spec.features)) {
    return "smaller inputs (a longer lengthscale), a lower degree or exact terms need fewer; "
           "failing that, use the exact kernel";
  }
  if (is_exponential(spec) && !std::holds_alternative<HyperbolicOprfFeatures>(spec.features)) {
    return "hyperbolic-oprf features with their optimal parameter need fewer, as do centred inputs "
           "and a smaller scale";
  }
  return "centred inputs or a smaller scale need fewer; failing that, use the exact kernel";
}

FrequencyPlan finish(const FeatureMapSpec& spec, const ErrorCurve& curve, const Found& found,
                     const ErrorTarget& target, Basis basis, double unit,
                     const std::string& promise) {
  FrequencyPlan plan;
  plan.num_frequencies = found.smallest;
  plan.whole_blocks = found.whole_blocks;
  plan.basis = basis;
  if (found.smallest == 0) {
    plan.root_mean_square = curve.bias * unit;
    plan.statement =
        "no number of frequencies below 2^40 reaches an error of " + short_number(target.error);
    plan.warning = "out of reach of this map: " + better_map(spec, curve.bias);
    return plan;
  }
  plan.root_mean_square = unit * std::sqrt(curve.mean_square(found.smallest));
  plan.statement = promise + " (" + std::string(meaning(basis)) + ")";
  if (found.smallest > kHopeless) {
    plan.warning = "hopeless for these norms, with more than 2^24 frequencies: " +
                   better_map(spec, curve.bias);
  } else if (found.smallest < curve.step() && basis == Basis::asymptotic) {
    plan.warning =
        "fewer frequencies than one block of " + std::to_string(curve.step()) +
        ": the estimate is far from normal and its error cannot be estimated from one draw";
  }
  return plan;
}

[[noreturn]] void refuse(Basis basis, const std::string& why) {
  throw InvalidArgument("frequencies_needed: basis " +
                        std::string(names_of(basis)[static_cast<std::size_t>(basis)]) + " " + why);
}

double log_squared_ratio(double log_square, double log_unit) {
  return std::exp(log_square - 2.0 * log_unit);
}

struct PairCurve {
  ErrorCurve curve;
  double exact = 0.0;  ///< k(x, y)
};

PairCurve pair_curve(const FeatureMapSpec& spec, std::span<const double> x,
                     std::span<const double> y) {
  FeatureMapSpec sized = spec;
  ErrorCurve curve{.block = block_law(spec)};
  sized.num_frequencies = least_frequencies(spec);
  const KernelMoments row = kernel_moments(sized, x, y);
  if (multiplies(spec.features)) {
    const ProductMoments::Variances at = ProductMoments(sized).relative(x.data(), y.data());
    curve.row_variance = at.row;
    curve.block_variance = at.block;
    return {curve, row.exact};
  }
  curve.row_variance = log_squared_ratio(row.log_variance, row.log_exact);
  sized.num_frequencies = curve.block.size;
  const KernelMoments block = kernel_moments(sized, x, y);
  curve.block_variance = static_cast<double>(curve.block.size) *
                         log_squared_ratio(block.log_variance, block.log_exact);
  if (curve.paired()) {
    sized.num_frequencies = 2;
    const KernelMoments pair = kernel_moments(sized, x, y);
    curve.pair_variance = 2.0 * log_squared_ratio(pair.log_variance, pair.log_exact);
  }
  curve.bias = std::abs(row.bias) / row.exact;
  return {curve, row.exact};
}

}  // namespace

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, std::span<const double> x,
                                 std::span<const double> y, const ErrorTarget& target,
                                 Basis basis) {
  check(target);
  const auto [curve, exact] = pair_curve(spec, x, y);
  const double unit = target.unit == ErrorUnit::relative ? 1.0 : std::abs(exact);
  const double error = target.error / unit;
  const double doubt = 1.0 - target.confidence;
  const double b = static_cast<double>(curve.step());
  const std::string with_confidence =
      (target.unit == ErrorUnit::relative ? "relative error at most " : "error at most ") +
      short_number(target.error) + " at this pair with probability " + percent(target.confidence);

  Found found;
  switch (basis) {
    case Basis::asymptotic:
      found = find_smallest(curve, [&](Index m) {
        return exceedance(curve.bias, curve.variance(m), error) <= doubt;
      });
      break;
    case Basis::chebyshev:
      found = find_smallest(curve, [&](Index m) {
        const double room = error - curve.bias;
        return room > 0.0 && curve.variance(m) <= doubt * room * room;
      });
      break;
    case Basis::bernstein: {
      if (is_exponential(spec) || multiplies(spec.features)) {
        refuse(basis, "needs bounded features (trigonometric, cosine)");
      }
      if (curve.bias != 0.0) refuse(basis, "needs unbiased features; radii are constant");
      // A frequency contributes U h, h in [-1, 1] (a random phase: [-2, 2]), and k / U is
      // `log_ratio`.
      const PairGeometry geometry(spec);
      std::vector<double> u(x.size());
      std::vector<double> v(y.size());
      geometry.place(Side::query, x.data(), u.data());
      geometry.place(Side::key, y.data(), v.data());
      const double s = squared_distance(u.data(), -1.0, v.data(), geometry.dim());
      const double largest = row_law(spec.features).phase_variance > 0.0 ? 2.0 : 1.0;
      const double range = 1.0 + largest * std::exp(-geometry.log_ratio(s));
      const double frequencies =
          (2.0 * curve.block_variance / (error * error) + 2.0 * b * range / (3.0 * error)) *
          std::log(2.0 / doubt);
      found.smallest = found.whole_blocks = round_up(frequencies, curve.block.size);
      break;
    }
    case Basis::median_of_means: {
      if (curve.bias != 0.0) refuse(basis, "needs unbiased features; radii are constant");
      if (curve.step() != curve.block.size) {
        refuse(basis, "needs independent frequencies, and those of these features are one draw");
      }
      const double groups = std::ceil(8.0 * std::log(1.0 / doubt));
      const Index group = round_up(4.0 * curve.block_variance / (error * error), curve.block.size);
      found.smallest = found.whole_blocks =
          group == 0 ? 0 : round_up(groups * static_cast<double>(group), curve.block.size);
      break;
    }
  }
  std::string promise = with_confidence;
  if (basis == Basis::median_of_means) {
    promise += ", in " + short_number(std::ceil(8.0 * std::log(1.0 / doubt))) + " groups";
  }
  return finish(spec, curve, found, target, basis, unit, promise);
}

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, MatrixView<const double> x,
                                 MatrixView<const double> y, const ErrorTarget& target, Basis basis,
                                 const Execution& execution) {
  check(target);
  if (basis == Basis::bernstein || basis == Basis::median_of_means) {
    refuse(basis, "is for pairs; for a matrix use asymptotic or chebyshev");
  }
  FeatureMapSpec sized = spec;
  ErrorCurve curve{.block = block_law(spec)};
  sized.num_frequencies = least_frequencies(spec);
  const GramErrorCurve sums = gram_error_curve<double>(sized, x, y, execution);
  const double log_norm = sums.log_squared_norm;
  curve.row_variance = std::exp(sums.log_row_variance - log_norm);
  curve.pair_variance = std::exp(sums.log_pair_variance - log_norm);
  curve.block_variance = std::exp(sums.log_block_variance - log_norm);
  curve.bias = std::exp(0.5 * (sums.log_squared_bias - log_norm));

  const double unit = target.unit == ErrorUnit::relative ? 1.0 : std::exp(0.5 * log_norm);
  const double error = target.error / unit;
  const double wanted = error * error * (basis == Basis::chebyshev ? 1.0 - target.confidence : 1.0);
  const Found found = find_smallest(curve, [&](Index m) { return curve.mean_square(m) <= wanted; });
  const std::string what =
      target.unit == ErrorUnit::relative ? "relative Frobenius error " : "Frobenius error ";
  FrequencyPlan plan =
      finish(spec, curve, found, target, basis, unit,
             basis == Basis::chebyshev
                 ? what + "at most " + short_number(target.error) + " with probability " +
                       percent(target.confidence)
                 : "root mean square " + what + "at most " + short_number(target.error));
  if (found.smallest != 0) {
    plan.statement =
        plan.statement.substr(0, plan.statement.rfind(" (")) +
        (basis == Basis::chebyshev ? " (exact expectation and Markov's inequality: a guarantee)"
                                   : " (exact expectation)");
  }
  return plan;
}

FrequencyPlan frequencies_needed_uniformly(const FeatureMapSpec& spec, double radius,
                                           const ErrorTarget& target) {
  check(target);
  FeatureMapSpec sized = spec;
  sized.num_frequencies = 1;
  validate(sized);
  if (!(radius > 0.0) || !std::isfinite(radius)) {
    throw InvalidArgument("frequencies_needed_uniformly: radius is " + text::number(radius) +
                          ", expected a positive, finite number");
  }
  FrequencyPlan plan;
  const auto d = static_cast<double>(spec.input_dim);
  if (std::holds_alternative<SoftmaxKernel>(spec.kernel)) {
    plan.statement =
        "no constants are known for the softmax kernel; orthogonal positive features need a number "
        "of frequencies of the order of (d / error^2) log(4 d^(3/4) radius / error), d = " +
        std::to_string(spec.input_dim);
    plan.warning = "a rate, not a number: plan for pairs or for a Gram matrix instead";
    return plan;
  }
  const bool paired = std::holds_alternative<TrigonometricFeatures>(spec.features);
  const bool phase = std::holds_alternative<CosineFeatures>(spec.features);
  if (!std::holds_alternative<GaussianKernel>(spec.kernel) || !(paired || phase) ||
      !std::holds_alternative<IidProjection>(spec.projection)) {
    throw InvalidArgument(
        "frequencies_needed_uniformly: the bound holds for the gaussian kernel with iid "
        "trigonometric or cosine features, got " +
        to_text(spec.kernel) + ", " + to_text(spec.projection) + ", " + to_text(spec.features));
  }
  if (target.unit != ErrorUnit::absolute) {
    throw InvalidArgument(
        "frequencies_needed_uniformly: the bound is for the absolute error; set the target's unit");
  }
  // [Sutherland15, prop. 1]: P(sup > e) <= beta (sigma l / e)^p exp(-D e^2 / (8 (d + 2) alpha))
  // with D = 2 m, sigma^2 = E |w|^2 = d, l the diameter, p = 2 / (1 + 2 / d), alpha = min(1, 1/2 +
  // e / 3). Prop. 2 for random phases: D = m, p = 2 / (1 + 1 / d), exp(-D e^2 / (32 (d + 1)
  // alpha')); alpha' is at most 1.
  const double e = target.error;
  const double h = paired ? 0.5 * d : d;  // where the two propositions' exponents differ
  const double power = 2.0 * h / (h + 1.0);
  const double beta = paired ? (std::pow(h, -h / (h + 1.0)) + std::pow(h, 1.0 / (h + 1.0))) *
                                   std::exp2((6.0 * d + 2.0) / (d + 2.0))
                             : (std::pow(d, -d / (d + 1.0)) + std::pow(d, 1.0 / (d + 1.0))) *
                                   std::exp2((5.0 * d + 1.0) / (d + 1.0)) *
                                   std::pow(3.0, d / (d + 1.0));
  const double log_cover = std::log(beta) + power * std::log(std::sqrt(d) * 2.0 * radius / e) -
                           std::log(1.0 - target.confidence);
  const double rate =
      paired ? 2.0 / (8.0 * (d + 2.0) * std::min(1.0, 0.5 + e / 3.0)) : 1.0 / (32.0 * (d + 1.0));
  plan.num_frequencies = plan.whole_blocks = round_up(std::max(log_cover, 0.0) / (rate * e * e), 1);
  plan.basis = Basis::bernstein;
  if (plan.num_frequencies == 0) {
    plan.statement = "no number of frequencies below 2^40 is guaranteed to reach the target";
    plan.warning = "out of reach of the bound; plan for pairs or for a Gram matrix instead";
    return plan;
  }
  plan.root_mean_square =
      std::sqrt((paired ? 0.5 : 1.0) / static_cast<double>(plan.num_frequencies));
  plan.statement = "absolute error at most " + short_number(e) +
                   " over all pairs of the ball at once with probability " +
                   percent(target.confidence) + " (" +
                   (paired ? "Sutherland and Schneider, proposition 1"
                           : "Sutherland and Schneider, proposition 2") +
                   ": a guarantee, usually several times too large)";
  return plan;
}

ExpectedError error_expected(const FeatureMapSpec& spec, MatrixView<const double> x,
                             MatrixView<const double> y, const Execution& execution) {
  ExpectedError expected;
  expected.root_mean_square = gram_error<double>(spec, x, y, execution).relative_error;

  // Mean |x~ + y~|^2 = mean |x~|^2 + mean |y~|^2 + 2 mean(x~).mean(y~).
  const PairGeometry geometry(spec);
  const auto d = static_cast<std::size_t>(geometry.dim());
  std::vector<double> row(d);
  std::vector<double> placed(d);
  std::vector<double> sums[2] = {std::vector<double>(d, 0.0), std::vector<double>(d, 0.0)};
  for (const Side side : {Side::query, Side::key}) {
    const MatrixView<const double>& rows = side == Side::query ? x : y;
    const auto count = static_cast<double>(rows.rows);
    for (Index i = 0; i < rows.rows; ++i) {
      for (std::size_t k = 0; k < d; ++k) row[k] = rows(i, static_cast<Index>(k));
      geometry.place(side, row.data(), placed.data());
      for (std::size_t k = 0; k < d; ++k) {
        sums[side == Side::query ? 0 : 1][k] += placed[k] / count;
        expected.mean_square_sum += placed[k] * placed[k] / count;
      }
    }
  }
  for (std::size_t k = 0; k < d; ++k) expected.mean_square_sum += 2.0 * sums[0][k] * sums[1][k];

  if (is_exponential(spec) && expected.mean_square_sum > kInvisibleMass) {
    expected.warning = "mean |x + y|^2 is " + short_number(expected.mean_square_sum) +
                       ": the prediction is dominated by mass that no sample sees; " +
                       better_map(spec, 0.0);
  } else if (!(expected.root_mean_square < 1.0)) {
    expected.warning = "the error is as large as the matrix itself: " + better_map(spec, 0.0);
  }
  return expected;
}

}  // namespace bochner
