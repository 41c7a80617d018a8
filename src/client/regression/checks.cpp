// SPDX-License-Identifier: Apache-2.0
#include "client/regression/checks.hpp"

#include "core/finite.hpp"
#include "core/text.hpp"

#include <cmath>
#include <string>

namespace bochner::regression {
namespace {

void require_finite_targets(const char* function, const TargetView& targets) {
  for (Index i = 0; i < targets.rows; ++i) {
    for (Index c = 0; c < targets.cols; ++c) {
      if (std::isfinite(targets(i, c))) continue;
      throw InvalidArgument(std::string(function) + ": targets: row " + std::to_string(i) +
                            ", column " + std::to_string(c) + " is " + text::number(targets(i, c)) +
                            ", expected a finite number");
    }
  }
}

}  // namespace

void check_columns(const char* function, const char* argument, Index cols, Index expected,
                   const char* meaning) {
  if (cols == expected) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " has " + std::to_string(cols) +
                        " columns, expected " + std::to_string(expected) + " (" + meaning + ")");
}

template <Scalar T>
void check_rows(const char* function, const TrainingRows<T>& rows, Index input_dim,
                Index num_targets) {
  check_columns(function, "x", rows.x.cols, input_dim, "the map's input_dim");
  check_columns(function, "targets", rows.targets.cols, num_targets, "num_targets");
  if (rows.targets.rows != rows.x.rows) {
    throw InvalidArgument(std::string(function) + ": targets has " +
                          std::to_string(rows.targets.rows) + " rows, expected " +
                          std::to_string(rows.x.rows) + " (those of x)");
  }
  const auto num_weights = static_cast<Index>(rows.weights.size());
  if (num_weights != 0 && num_weights != rows.x.rows) {
    throw InvalidArgument(std::string(function) + ": weights has " + std::to_string(num_weights) +
                          " entries, expected " + std::to_string(rows.x.rows) +
                          " (one a row of x) or none");
  }
  require_finite(function, "x", rows.x);
  require_finite_targets(function, rows.targets);
  for (Index i = 0; i < num_weights; ++i) {
    const auto weight = static_cast<double>(rows.weights[static_cast<std::size_t>(i)]);
    if (weight >= 0.0 && weight <= kLargestNumber) continue;
    throw InvalidArgument(std::string(function) + ": weights: row " + std::to_string(i) + " is " +
                          text::number(weight) + ", expected a number from 0 to 1e100");
  }
}

template void check_rows<float>(const char*, const TrainingRows<float>&, Index, Index);
template void check_rows<double>(const char*, const TrainingRows<double>&, Index, Index);

}  // namespace bochner::regression
