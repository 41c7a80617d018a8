// SPDX-License-Identifier: Apache-2.0
#include "client/regression/checks.hpp"

#include "client/regression/gathered_rows.hpp"
#include "core/text.hpp"

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace bochner::regression {
namespace {

constexpr const char* kOnePerRow = "one per row of x";
constexpr const char* kUpToLargest = "a number from 0 to 1e100";

/// What labelled rows and rows with targets share.
template <Scalar T>
void require_inputs(const Door& door, MatrixView<const T> x, std::span<const T> weights,
                    Index input_dim) {
  door.columns("x", x, input_dim, "the map's input_dim").finite("x", x);
  if (weights.empty()) return;
  door.entries("weights", static_cast<Index>(weights.size()), x.rows, kOnePerRow);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto weight = static_cast<double>(weights[i]);
    if (weight >= 0.0 && weight <= kLargestNumber) continue;
    door.refuse("weights: row " + std::to_string(i), text::number(weight), kUpToLargest);
  }
}

}  // namespace

template <Scalar T>
void require_rows(const Door& door, const TrainingRows<T>& rows, Index input_dim,
                  Index num_targets) {
  door.at_least("the number of columns of targets", num_targets, 1);
  require_inputs(door, rows.x, rows.weights, input_dim);
  const TargetView& targets = rows.targets;
  if (targets.rows != rows.x.rows || targets.cols != num_targets) {
    door.refuse("targets", std::to_string(targets.rows) + " x " + std::to_string(targets.cols),
                std::to_string(rows.x.rows) + " x " + std::to_string(num_targets) +
                    " (rows of x, num_targets)");
  }
  for (Index i = 0; i < targets.rows; ++i) {
    for (Index c = 0; c < targets.cols; ++c) {
      if (std::isfinite(targets(i, c))) continue;
      door.refuse("targets: row " + std::to_string(i) + ", column " + std::to_string(c),
                  text::number(targets(i, c)), "a finite number");
    }
  }
}

template <Scalar T>
void require_labelled_rows(const Door& door, const LabelledRows<T>& rows, Index input_dim,
                           Index classes) {
  require_inputs(door, rows.x, rows.weights, input_dim);
  door.entries("labels", static_cast<Index>(rows.labels.size()), rows.x.rows, kOnePerRow);
  require_labels(door, rows.labels, classes);
  Index first = -1;
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    if (!rows.weights.empty() && !(rows.weights[i] > T{0})) continue;
    if (first < 0) first = rows.labels[i];
    if (rows.labels[i] != first) return;
  }
  door.refuse("labels: fewer than two classes have a row of positive weight");
}

void require_labels(const Door& door, std::span<const Index> labels, Index classes) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < classes) continue;
    door.refuse("labels: row " + std::to_string(i), std::to_string(labels[i]),
                "one of " + std::to_string(classes) + " classes from 0");
  }
}

void require_weight(const Door& door, double sum) {
  if (!(sum > 0.0)) door.refuse("there is no row of positive weight");
}

void require_folds(const Door& door, const Folds& folds, Index rows) {
  door.entries("folds.fold", static_cast<Index>(folds.fold.size()), rows, kOnePerRow)
      .entries("folds.unit", static_cast<Index>(folds.unit.size()), rows, kOnePerRow)
      .at_least("folds.count", folds.count, 2)
      .between("folds.num_units", folds.num_units, 2, rows);
  constexpr Index kNone = -1;
  std::vector<Index> fold_of(static_cast<std::size_t>(folds.num_units), kNone);
  for (std::size_t i = 0; i < folds.fold.size(); ++i) {
    const Index fold = folds.fold[i];
    const Index unit = folds.unit[i];
    if (fold < 0 || fold >= folds.count || unit < 0 || unit >= folds.num_units) {
      door.refuse("folds leave their range at row " + std::to_string(i));
    }
    Index& its = fold_of[static_cast<std::size_t>(unit)];
    if (its == kNone) its = fold;
    if (its != fold) {
      door.refuse("folds divide unit " + std::to_string(unit) + " (row " + std::to_string(i) +
                  "), expected all rows of a unit in one fold");
    }
  }
}

template <Scalar T>
void require_distances(const Door& door, const TrainingRows<T>& rows,
                       std::span<const double> offset) {
  for (Index i = 0; i < rows.x.rows; ++i) {
    const double root = std::sqrt(weight_of(rows, i));
    for (Index c = 0; c < rows.targets.cols; ++c) {
      const double from = offset.empty() ? 0.0 : offset[static_cast<std::size_t>(c)];
      if (std::abs(root * (rows.targets(i, c) - from)) <= kLargestTarget) continue;
      door.refuse("targets: row " + std::to_string(i) + ", column " + std::to_string(c),
                  text::number(rows.targets(i, c)),
                  "a number within 1e152 of target_offset (over the root of its weight), whose "
                  "square is in range; divide the targets");
    }
  }
}

template <Scalar T>
void require_classes_outside_folds(const Door& door, const LabelledRows<T>& rows,
                                   const Folds& folds) {
  for (Index fold = 0; fold < folds.count; ++fold) {
    std::set<Index> classes;
    for (std::size_t i = 0; i < folds.fold.size() && classes.size() < 2; ++i) {
      const bool counts = weight_of(rows, static_cast<Index>(i)) > 0.0;
      if (counts && folds.fold[i] != fold) classes.insert(rows.labels[i]);
    }
    if (classes.size() >= 2) continue;
    door.refuse("the rows outside fold " + std::to_string(fold) +
                " hold fewer than two classes; give folds that divide every class");
  }
}

void require_ridge(const Door& door, double ridge) {
  door.between("ridge", ridge, 0.0, kLargestNumber, kUpToLargest);
}

void require_ridges(const Door& door, std::span<const double> ridges) {
  if (ridges.empty()) door.refuse("there are no ridges, expected at least one");
  for (const double ridge : ridges) require_ridge(door, ridge);
}

template void require_labelled_rows(const Door&, const LabelledRows<float>&, Index, Index);
template void require_labelled_rows(const Door&, const LabelledRows<double>&, Index, Index);
template void require_classes_outside_folds(const Door&, const LabelledRows<float>&, const Folds&);
template void require_classes_outside_folds(const Door&, const LabelledRows<double>&, const Folds&);
template void require_distances(const Door&, const TrainingRows<float>&, std::span<const double>);
template void require_distances(const Door&, const TrainingRows<double>&, std::span<const double>);
template void require_rows(const Door&, const TrainingRows<float>&, Index, Index);
template void require_rows(const Door&, const TrainingRows<double>&, Index, Index);

}  // namespace bochner::regression
