// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/label_sets.hpp"

#include "bochner/client/regression/classes.hpp"
#include "client/regression/checks.hpp"
#include "client/regression/held_out_models.hpp"
#include "client/regression/logistic_objective.hpp"
#include "core/archive_entries.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace bochner {
namespace {

constexpr Door kLabelSets("LabelSets");
constexpr std::string_view kLabelSetsKind = "label_sets";
constexpr std::string_view kScoredBy = "scored_by";

/// Outputs of `models` classifiers become what classes are judged by: the larger the score, the
/// less a class looks like the row's.
void to_scores(ClassScore scored_by, Index models, Index classes, double* outputs) {
  if (scored_by == ClassScore::probability) {
    for (Index k = 0; k < models; ++k) regression::softmax(outputs + k * classes, classes);
  }
  for (Index j = 0; j < models * classes; ++j) outputs[j] = -outputs[j];
}

template <Scalar T>
std::shared_ptr<const regression::HeldOutModels<T>> with_class_scores(const FeatureMap<T>& map,
                                                                      std::span<const Index> labels,
                                                                      ClassScore scored_by,
                                                                      regression::HeldOutFit fit) {
  Matrix<double> scores(fit.outputs.rows(), 1);
  for (Index i = 0; i < scores.rows(); ++i) {
    to_scores(scored_by, 1, fit.outputs.cols(), fit.outputs.row(i));
    const Index row = fit.row[static_cast<std::size_t>(i)];
    scores(i, 0) = fit.outputs(i, labels[static_cast<std::size_t>(row)]);
  }
  return std::make_shared<const regression::HeldOutModels<T>>(kLabelSets, map, std::move(fit),
                                                              std::move(scores));
}

template <Scalar T>
regression::HeldOutFit least_squares_without_folds(const FeatureMap<T>& map,
                                                   const LabelledRows<T>& rows, Index num_classes,
                                                   const Folds& folds, const RidgeOptions& options,
                                                   const Execution& execution) {
  regression::require_labelled_rows(kLabelSets, rows, map.input_dim(), num_classes);
  const Matrix<T> targets = class_targets<T>(rows.labels, num_classes);
  return regression::ridge_without_folds<T>(kLabelSets, map, {rows.x, targets.view(), rows.weights},
                                            folds, options, execution);
}

}  // namespace

template <Scalar T>
LabelSets<T>::LabelSets(const FeatureMap<T>& map, const LabelledRows<T>& rows, Index num_classes,
                        const Folds& folds, const LogisticOptions& options,
                        const Execution& execution)
    : held_out_(
          with_class_scores(map, rows.labels, ClassScore::probability,
                            regression::logistic_without_folds(kLabelSets, map, rows, num_classes,
                                                               folds, options, execution))),
      scored_by_(ClassScore::probability) {}

template <Scalar T>
LabelSets<T>::LabelSets(const FeatureMap<T>& map, const LabelledRows<T>& rows, Index num_classes,
                        const Folds& folds, const RidgeOptions& options, const Execution& execution)
    : held_out_(with_class_scores(
          map, rows.labels, ClassScore::output,
          least_squares_without_folds(map, rows, num_classes, folds, options, execution))),
      scored_by_(ClassScore::output) {}

template <Scalar T>
LabelSets<T>::LabelSets(std::shared_ptr<const regression::HeldOutModels<T>> held_out,
                        ClassScore scored_by)
    : held_out_(std::move(held_out)), scored_by_(scored_by) {}

template <Scalar T>
const FeatureMap<T>& LabelSets<T>::map() const noexcept {
  return held_out_->map();
}

template <Scalar T>
Index LabelSets<T>::num_classes() const noexcept {
  return held_out_->num_outputs();
}

template <Scalar T>
Index LabelSets<T>::num_rows() const noexcept {
  return held_out_->num_rows();
}

template <Scalar T>
Index LabelSets<T>::num_models() const noexcept {
  return held_out_->num_models();
}

template <Scalar T>
void LabelSets<T>::p_values(MatrixView<const T> x, MatrixView<double> out,
                            const Execution& execution) const {
  constexpr Door kPValues("LabelSets::p_values");
  const Index classes = num_classes();
  kPValues.columns("x", x, map().input_dim(), "the map's input_dim")
      .shape("out", out, x.rows, classes, "rows of x, num_classes")
      .apart("out", memory_grid(out), "x", memory_grid(x));
  held_out_->each_block(
      kPValues, x, execution, [&](Index first, Index rows, MatrixView<const double> outputs) {
        std::vector<double> scores(static_cast<std::size_t>(num_models() * classes));
        for (Index r = 0; r < rows; ++r) {
          std::copy_n(&outputs(r, 0), scores.size(), scores.data());
          to_scores(scored_by_, num_models(), classes, scores.data());
          for (Index c = 0; c < classes; ++c) {
            out(first + r, c) = 1.0 - held_out_->scores(0).below(scores.data() + c, classes);
          }
        }
      });
}

template <Scalar T>
std::vector<std::vector<Index>> LabelSets<T>::predict(MatrixView<const T> x, double level,
                                                      const Execution& execution) const {
  Door("LabelSets::predict").fraction("level", level);
  Matrix<double> p(x.rows, num_classes());
  p_values(x, p.view(), execution);
  std::vector<std::vector<Index>> sets(static_cast<std::size_t>(x.rows));
  for (Index i = 0; i < x.rows; ++i) {
    for (Index c = 0; c < p.cols(); ++c) {
      if (in_label_set(p(i, c), level)) sets[static_cast<std::size_t>(i)].push_back(c);
    }
  }
  return sets;
}

bool in_label_set(double p_value, double level) {
  return p_value > 1.0 - level + regression::kShareRounding;
}

template <Scalar T>
Archive LabelSets<T>::save() const {
  Archive archive;
  archive.metadata = {{"kind", std::string(kLabelSetsKind)},
                      {std::string(kScoredBy), std::string(name_of(scored_by_))}};
  held_out_->save(archive);
  require_finite(archive);
  return archive;
}

template <Scalar T>
LabelSets<T> LabelSets<T>::load(const Archive& archive) {
  constexpr Door kLoad("LabelSets::load");
  require_kind(kLoad, archive, kLabelSetsKind);
  const auto scored_by = load_enumerator<ClassScore>(kLoad, archive, kScoredBy);
  auto held_out = std::make_shared<const regression::HeldOutModels<T>>(
      regression::HeldOutModels<T>::load(kLoad, archive));
  if (held_out->num_kinds() != 1 || held_out->num_outputs() < 2) {
    kLoad.refuse("the archive does not hold one score per row and two classes or more");
  }
  return LabelSets(std::move(held_out), scored_by);
}

template class LabelSets<float>;
template class LabelSets<double>;

}  // namespace bochner
