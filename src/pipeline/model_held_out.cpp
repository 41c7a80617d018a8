// SPDX-License-Identifier: Apache-2.0
#include "pipeline/model_held_out.hpp"

#include "pipeline/archive_parts.hpp"
#include "pipeline/held_part.hpp"

#include <concepts>
#include <string_view>
#include <utility>

namespace bochner::pipeline {
namespace {

constexpr std::string_view kIntervalsPrefix = "intervals.";

}  // namespace

void add_held_out(const Model& model, Archive& archive) {
  if_held(model.held_out,
          [&](const auto& held) { add_part(held.save(), kIntervalsPrefix, archive); });
}

decltype(Model::held_out) held_out_of(const Archive& archive) {
  const Archive part = part_of(archive, kIntervalsPrefix);
  if (is_empty(part)) return {};
  const bool single = part.word("scalar") == "float";
  if (part.word("kind") == "label_sets") {
    if (single) return LabelSets<float>::load(part);
    return LabelSets<double>::load(part);
  }
  if (single) return PredictionIntervals<float>::load(part);
  return PredictionIntervals<double>::load(part);
}

void require_consistent_held_out(const Door& door, const Model& model) {
  const auto require = [&]<template <class> class Held, Scalar T>(const Held<T>& held) {
    if constexpr (std::same_as<Held<T>, LabelSets<T>>) {
      if (held.num_classes() != std::ssize(model.classes)) {
        door.refuse("label sets are not of the model's classes");
      }
      const bool by_probability = held.scored_by() == ClassScore::probability;
      if (by_probability != model.probabilistic()) {
        door.refuse("label sets are scored by what the regression does not give");
      }
    } else if (!model.classes.empty() || held.num_targets() != model.num_outputs()) {
      door.refuse("intervals are not of the model's targets");
    }
    require_same_scalar<T>(door, "intervals", model);
    if (held.map().spec() != model.spec()) door.refuse("intervals are of another map");
  };
  if_held(model.held_out, require);
}

bool Model::has_intervals() const { return held_out.index() > 0; }

Matrix<double> Model::outputs_and_intervals(MatrixView<const double> rows, double level,
                                            const Execution& execution) const {
  constexpr Door kDoor("Model::outputs_and_intervals");
  kDoor.columns("rows", rows, std::ssize(inputs), "the model's inputs").fraction("level", level);
  if (!has_intervals()) {
    kDoor.refuse("the model holds no intervals, expected one that was fitted with them");
  }
  const Index t = num_outputs();
  const Matrix<double> own = outputs(rows, execution);
  Matrix<double> out(rows.rows, (classes.empty() ? 3 : 2) * t);
  for (Index i = 0; i < rows.rows; ++i) {
    for (Index c = 0; c < t; ++c) out(i, c) = own(i, c);
  }
  const auto predict = [&]<template <class> class Held, Scalar T>(const Held<T>& held) {
    Matrix<T> x(rows.rows, rows.cols);
    standardisation.apply<T>(rows, x.view());
    if constexpr (std::same_as<Held<T>, LabelSets<T>>) {
      const MatrixView<double> members = out.view().middle_cols(t, t);
      held.p_values(std::as_const(x).view(), members, execution);
      for (Index i = 0; i < rows.rows; ++i) {
        for (Index c = 0; c < t; ++c) members(i, c) = in_label_set(members(i, c), level) ? 1 : 0;
      }
    } else {
      held.predict(std::as_const(x).view(), level, out.view().middle_cols(t, t),
                   out.view().middle_cols(2 * t, t), execution);
    }
  };
  if_held(held_out, predict);
  return out;
}

}  // namespace bochner::pipeline
