// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <functional>
#include <span>
#include <string>
#include <tuple>

/// \file
/// Tests of unbiasedness and variance for people who write their own map, with a stated false-alarm
/// rate.

namespace bochner {

/// How a check draws.
struct CheckOptions {
  Index replicates = 1000;    ///< independent draws; at least 2
  Seed seed{};                ///< the draws have the seeds derived from it
  double false_alarm = 1e-6;  ///< probability that a correct map fails; in (0, 1)

  static constexpr auto fields() {
    return std::tuple{Field{"replicates", &CheckOptions::replicates},
                      Field{"seed", &CheckOptions::seed},
                      Field{"false_alarm", &CheckOptions::false_alarm}};
  }
};

/// The verdict, with what it rests on.
struct CheckResult {
  double measured = 0.0;   ///< the mean, or the variance, over the replicates
  double expected = 0.0;   ///< what it should be
  double sigma = 0.0;      ///< standard deviation of `measured` for a correct map
  double threshold = 0.0;  ///< |measured - expected| / sigma that fails, from the false-alarm rate
  std::string sentence;    ///< the verdict in words

  bool passed() const noexcept {
    const double difference = measured - expected;
    return difference <= threshold * sigma && -difference <= threshold * sigma;
  }

  static constexpr auto fields() {
    return std::tuple{
        Field{"measured", &CheckResult::measured}, Field{"expected", &CheckResult::expected},
        Field{"sigma", &CheckResult::sigma}, Field{"threshold", &CheckResult::threshold},
        Field{"sentence", &CheckResult::sentence}};
  }
};

/// One estimate of k(x, y) from the draw that a seed names. Called from several threads at once,
/// unless `Execution` asks for one: then from the caller's, in the order of the replicates.
using SeededEstimate = std::function<double(Seed)>;

/// Whether the mean of `estimate` over independent draws is `expected`, given the variance of one
/// draw (from a closed form: a variance taken from the same sample hides a heavy tail). Throws
/// InvalidArgument when replicates < 2, the rate is not in (0, 1), or the variance is not finite
/// and positive.
BOCHNER_EXPORT CheckResult check_unbiased(const SeededEstimate& estimate, double expected,
                                          double variance, const CheckOptions& options = {},
                                          const Execution& execution = {});

/// Whether the variance of `estimate` over independent draws is `expected`. Its own standard
/// deviation comes from `fourth`, the fourth central moment of one draw; 0 takes the sample's,
/// which is reliable only for light tails (|x + y|^2 up to about 0.8 for positive features). Throws
/// as above.
BOCHNER_EXPORT CheckResult check_variance(const SeededEstimate& estimate, double expected,
                                          double fourth = 0.0, const CheckOptions& options = {},
                                          const Execution& execution = {});

/// The estimates of k(x, y) that redraws of a spec give.
BOCHNER_EXPORT SeededEstimate estimates_of(const FeatureMapSpec& spec, std::span<const double> x,
                                           std::span<const double> y);

/// The library's own maps against the library's own closed forms: mean (bias included) and variance
/// at a pair. Throws as `kernel_moments`.
BOCHNER_EXPORT CheckResult check_unbiased(const FeatureMapSpec& spec, std::span<const double> x,
                                          std::span<const double> y,
                                          const CheckOptions& options = {},
                                          const Execution& execution = {});
BOCHNER_EXPORT CheckResult check_variance(const FeatureMapSpec& spec, std::span<const double> x,
                                          std::span<const double> y,
                                          const CheckOptions& options = {},
                                          const Execution& execution = {});

}  // namespace bochner
