// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/variance.hpp"
#include "core/door.hpp"
#include "estimator/error_curve.hpp"

#include <limits>
#include <memory>

/// \file
/// What is known of a spec's estimate at one pair, whichever law its map has.

namespace bochner::estimator {

/// Two contiguous rows, which a refusal calls row `row` of x and of y.
struct InputPair {
  const double* x;
  const double* y;
  Index row = 0;
};

/// The parts of the error at a pair, in units of the kernel or of one.
struct ErrorParts {
  LogVariances log_variances;
  double bias = 0.0;  ///< its absolute value
  /// log of the largest |f - k| of one frequency; infinite where none is known.
  double log_range = std::numeric_limits<double>::infinity();
};

/// All members throw InvalidArgument for rows that are too long for double.
class Moments {
 public:
  Moments() = default;
  Moments(const Moments&) = delete;
  Moments& operator=(const Moments&) = delete;
  virtual ~Moments() = default;

  /// Of the estimate with the spec's number of frequencies.
  virtual KernelMoments at(const Door& door, const InputPair& pair) const = 0;

  /// By which the error depends on the number of frequencies: see `ErrorCurve`.
  virtual ErrorParts parts(const Door& door, const InputPair& pair, ErrorUnit unit) const = 0;

  /// E f^order, order 1 to 4, of what one frequency contributes. Throws InvalidArgument where
  /// frequencies are not draws of one law.
  virtual double row_moment(const Door& door, const InputPair& pair, int order) const = 0;
};

/// Throws InvalidArgument when the spec is not valid or has no closed form.
std::unique_ptr<const Moments> moments_of(const Door& door, const FeatureMapSpec& spec);

}  // namespace bochner::estimator
