// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/ridge_path.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/ridge_spectrum.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace bochner {

template <Scalar T>
RidgePath ridge_path(const NormalEquations<T>& equations, std::span<const double> ridges,
                     Intercept intercept, const Execution& execution) {
  constexpr Door kDoor("ridge_path");
  regression::require_ridges(kDoor, ridges);
  const regression::RidgeSpectrum family(
      regression::ridge_system(kDoor, equations, intercept, execution), execution);
  RidgePath path;
  const std::size_t count = ridges.size();
  path.ridge.assign(ridges.begin(), ridges.end());
  path.residuals = Matrix<double>(static_cast<Index>(count), equations.num_targets());
  path.degrees_of_freedom.resize(count);
  path.gcv.resize(count);
  path.log_evidence.resize(count);
  parallel_for_blocks(static_cast<Index>(count), execution, [&](Index index, int) {
    const auto i = static_cast<std::size_t>(index);
    const auto criteria = family.criteria(ridges[i], equations.log_weights());
    if (!criteria) {
      constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
      std::fill_n(path.residuals.row(index), path.residuals.cols(), kNaN);
      path.degrees_of_freedom[i] = kNaN;
      path.gcv[i] = std::numeric_limits<double>::infinity();
      path.log_evidence[i] = -std::numeric_limits<double>::infinity();
      return;
    }
    std::copy(criteria->residual.begin(), criteria->residual.end(), path.residuals.row(index));
    path.degrees_of_freedom[i] = criteria->degrees_of_freedom;
    path.gcv[i] = criteria->gcv;
    path.log_evidence[i] = criteria->log_evidence;
  });
  return path;
}

std::vector<double> logarithmic_ridges(double smallest, double largest, Index count) {
  if (!(smallest > 0.0) || !(largest >= smallest) || !std::isfinite(largest / smallest) ||
      count < 2) {
    Door("logarithmic_ridges")
        .refuse(std::to_string(count) + " ridges from " + text::number(smallest) + " to " +
                text::number(largest) +
                ", expected at least 2, from a positive number to a larger one whose ratio is "
                "finite");
  }
  std::vector<double> ridges;
  const double step = std::log(largest / smallest) / static_cast<double>(count - 1);
  for (Index i = 0; i < count; ++i) {
    ridges.push_back(smallest * std::exp(step * static_cast<double>(i)));
  }
  return ridges;
}

template RidgePath ridge_path(const NormalEquations<float>&, std::span<const double>, Intercept,
                              const Execution&);
template RidgePath ridge_path(const NormalEquations<double>&, std::span<const double>, Intercept,
                              const Execution&);

}  // namespace bochner
