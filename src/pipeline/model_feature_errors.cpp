// SPDX-License-Identifier: Apache-2.0
#include "pipeline/model_feature_errors.hpp"

#include "pipeline/archive_parts.hpp"
#include "pipeline/held_part.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace bochner::pipeline {
namespace {

constexpr std::string_view kErrorsPrefix = "feature_errors.";

}  // namespace

void add_feature_errors(const Model& model, Archive& archive) {
  if_held(model.feature_errors,
          [&](const auto& errors) { add_part(errors.save(), kErrorsPrefix, archive); });
}

decltype(Model::feature_errors) feature_errors_of(const Archive& archive) {
  const Archive part = part_of(archive, kErrorsPrefix);
  if (is_empty(part)) return {};
  if (part.word("scalar") == "float") return RidgeFeatureErrors<float>::load(part);
  return RidgeFeatureErrors<double>::load(part);
}

void require_consistent_feature_errors(const Door& door, const Model& model) {
  if_held(model.feature_errors, [&]<Scalar T>(const RidgeFeatureErrors<T>& errors) {
    require_same_scalar<T>(door, "feature errors", model);
    if (!model.classes.empty() || errors.num_targets() != model.num_outputs()) {
      door.refuse("feature errors are not of the model's targets");
    }
    if (errors.map().spec() != model.spec()) door.refuse("feature errors are of another map");
  });
}

bool Model::has_feature_errors() const { return feature_errors.index() > 0; }

Matrix<double> Model::outputs_and_feature_errors(MatrixView<const double> rows,
                                                 const Execution& execution) const {
  constexpr Door kDoor("Model::outputs_and_feature_errors");
  kDoor.columns("rows", rows, std::ssize(inputs), "the model's inputs");
  if (!has_feature_errors()) {
    kDoor.refuse("the model holds no feature errors, expected one that was fitted with them");
  }
  const Index t = num_outputs();
  Matrix<double> out(rows.rows, 2 * t);
  if_held(feature_errors, [&]<Scalar T>(const RidgeFeatureErrors<T>& errors) {
    Matrix<T> x(rows.rows, rows.cols);
    standardisation.apply<T>(rows, x.view());
    errors.predict(std::as_const(x).view(), out.view().middle_cols(0, t),
                   out.view().middle_cols(t, t), execution);
  });
  // The model's own, to the last bit.
  const Matrix<double> own = outputs(rows, execution);
  for (Index i = 0; i < rows.rows; ++i) std::copy_n(own.row(i), t, out.row(i));
  return out;
}

}  // namespace bochner::pipeline
