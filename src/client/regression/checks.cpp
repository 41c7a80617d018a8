// SPDX-License-Identifier: Apache-2.0
#include "client/regression/checks.hpp"

#include "core/finite.hpp"
#include "core/text.hpp"

#include <cmath>
#include <span>
#include <string>
#include <vector>

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

void check_count(const char* function, const char* argument, Index count, const char* of,
                 Index rows) {
  if (count == rows) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " has " + std::to_string(count) +
                        " " + of + ", expected " + std::to_string(rows) +
                        " (one for each row of x)");
}

/// What labelled rows and rows with targets share.
template <Scalar T>
void check_inputs(const char* function, MatrixView<const T> x, std::span<const T> weights,
                  Index input_dim) {
  check_columns(function, "x", x.cols, input_dim, "the map's input_dim");
  require_finite(function, "x", x);
  if (weights.empty()) return;
  check_count(function, "weights", static_cast<Index>(weights.size()), "entries", x.rows);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto weight = static_cast<double>(weights[i]);
    if (weight >= 0.0 && weight <= kLargestNumber) continue;
    throw InvalidArgument(std::string(function) + ": weights: row " + std::to_string(i) + " is " +
                          text::number(weight) + ", expected a number from 0 to 1e100");
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
  if (num_targets < 1) {
    throw InvalidArgument(std::string(function) + ": targets has 0 columns, expected at least 1");
  }
  check_inputs(function, rows.x, rows.weights, input_dim);
  check_columns(function, "targets", rows.targets.cols, num_targets, "num_targets");
  check_count(function, "targets", rows.targets.rows, "rows", rows.x.rows);
  require_finite_targets(function, rows.targets);
}

template <Scalar T>
void check_labelled_rows(const char* function, const LabelledRows<T>& rows, Index input_dim,
                         Index classes) {
  check_inputs(function, rows.x, rows.weights, input_dim);
  check_count(function, "labels", static_cast<Index>(rows.labels.size()), "entries", rows.x.rows);
  Index first = -1;
  bool several = false;
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    const Index label = rows.labels[i];
    if (label < 0 || label >= classes) {
      throw InvalidArgument(std::string(function) + ": labels: row " + std::to_string(i) + " is " +
                            std::to_string(label) + ", expected one of " + std::to_string(classes) +
                            " classes from 0");
    }
    if (!rows.weights.empty() && !(rows.weights[i] > T{0})) continue;
    if (first < 0) first = label;
    several = several || label != first;
  }
  if (several) return;
  throw InvalidArgument(std::string(function) +
                        ": labels: fewer than two classes have a row of positive weight");
}

void check_folds(const char* function, const Folds& folds, Index rows) {
  const auto refuse = [&](const std::string& what) {
    throw InvalidArgument(std::string(function) + ": folds " + what);
  };
  if (static_cast<Index>(folds.fold.size()) != rows) {
    refuse("are of " + std::to_string(folds.fold.size()) + " rows, expected " +
           std::to_string(rows) + " (those of x)");
  }
  if (folds.unit.size() != folds.fold.size()) {
    refuse("have the units of " + std::to_string(folds.unit.size()) + " rows, expected " +
           std::to_string(rows));
  }
  if (folds.count < 2) refuse("are " + std::to_string(folds.count) + ", expected at least 2");
  if (folds.num_units < 2 || folds.num_units > rows) {
    refuse("have " + std::to_string(folds.num_units) + " units, expected from 2 to the " +
           std::to_string(rows) + " rows of x");
  }
  constexpr Index kNone = -1;
  std::vector<Index> fold_of(static_cast<std::size_t>(folds.num_units), kNone);
  for (std::size_t i = 0; i < folds.fold.size(); ++i) {
    const Index fold = folds.fold[i];
    const Index unit = folds.unit[i];
    if (fold < 0 || fold >= folds.count || unit < 0 || unit >= folds.num_units) {
      refuse("leave their range at row " + std::to_string(i));
    }
    Index& its = fold_of[static_cast<std::size_t>(unit)];
    if (its == kNone) its = fold;
    if (its != fold) {
      refuse("divide unit " + std::to_string(unit) + " (row " + std::to_string(i) +
             "), expected all rows of a unit in one fold");
    }
  }
}

template void check_labelled_rows<float>(const char*, const LabelledRows<float>&, Index, Index);
template void check_labelled_rows<double>(const char*, const LabelledRows<double>&, Index, Index);
template void check_rows<float>(const char*, const TrainingRows<float>&, Index, Index);
template void check_rows<double>(const char*, const TrainingRows<double>&, Index, Index);

}  // namespace bochner::regression
