// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/ridge_feature_errors.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/linear_models.hpp"
#include "client/regression/ridge_system.hpp"
#include "core/archive_entries.hpp"
#include "estimator/resamples.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner {
namespace {

constexpr Door kRidgeFeatureErrors("RidgeFeatureErrors");
constexpr std::string_view kErrorsKind = "ridge_feature_errors";
constexpr const char* kResampling = "resampling";

/// The moments of features times `scale`, those of scale 0 left out; `kept` says which are left.
Matrix<double> scaled_moments(const Matrix<double>& moments, std::span<const double> scale,
                              Index targets, std::vector<Index>& kept) {
  kept.clear();
  const auto features = static_cast<Index>(scale.size());
  for (Index j = 0; j < features; ++j) {
    if (scale[static_cast<std::size_t>(j)] > 0.0) kept.push_back(j);
  }
  std::vector<Index> columns = kept;
  std::vector<double> factor;
  factor.reserve(kept.size() + static_cast<std::size_t>(targets) + 1);
  for (const Index j : kept) factor.push_back(scale[static_cast<std::size_t>(j)]);
  for (Index j = features; j <= features + targets; ++j) {
    columns.push_back(j);
    factor.push_back(1.0);
  }
  const auto size = static_cast<Index>(columns.size());
  Matrix<double> out(size, simd::padded<double>(size));
  for (Index i = 0; i < size; ++i) {
    const auto a = static_cast<std::size_t>(i);
    const double* const row = moments.row(columns[a]);
    for (Index j = 0; j <= i; ++j) {
      const auto b = static_cast<std::size_t>(j);
      out(i, j) = factor[a] * factor[b] * row[columns[b]];
    }
  }
  return out;
}

}  // namespace

namespace regression {

/// Solutions under one set of weights of the frequencies after the other, as columns.
template <Scalar T>
class WeightedRidge {
 public:
  WeightedRidge(const NormalEquations<T>& equations, const RidgeOptions& options, Index models,
                const Execution& execution)
      : equations_(equations),
        options_(options),
        execution_(execution),
        targets_(equations.num_targets()),
        moments_(equations.moments(execution)),
        offset_(equations.options().target_offset),
        theta_(equations.map().num_features(), simd::padded<double>(models * targets_)),
        intercepts_(static_cast<std::size_t>(models * targets_)) {
    if (options.intercept == Intercept::none) {
      undo_offset(offset_, theta_.rows(), moments_);
      offset_.clear();
    }
    offset_.resize(static_cast<std::size_t>(targets_));
  }

  void solve(std::span<const double> weights, Index model) {
    std::vector<double> scale;
    for (Index j = 0; j < theta_.rows(); ++j) {
      scale.push_back(std::sqrt(weights[static_cast<std::size_t>(j % std::ssize(weights))]));
    }
    std::vector<Index> kept;
    Matrix<double> own = scaled_moments(moments_, scale, targets_, kept);
    RidgeSystem system = ridge_system(kRidgeFeatureErrors, std::move(own), std::ssize(kept),
                                      targets_, equations_.num_rows(), options_.intercept);
    factorise_or_refuse(kRidgeFeatureErrors, system, options_.ridge, execution_);
    Matrix<double> theta = system.b;
    const MatrixView<double> solved = theta.view().middle_cols(0, targets_);
    solve_factored(system.square(), solved, execution_);
    const std::vector<double> intercepts = intercepts_of(system, solved);
    for (Index c = 0; c < targets_; ++c) {
      const Index column = model * targets_ + c;
      for (std::size_t k = 0; k < kept.size(); ++k) {
        theta_(kept[k], column) =
            theta(static_cast<Index>(k), c) * scale[static_cast<std::size_t>(kept[k])];
      }
      intercepts_[static_cast<std::size_t>(column)] =
          intercepts[static_cast<std::size_t>(c)] + offset_[static_cast<std::size_t>(c)];
    }
  }

  LinearModels<T> models() && {
    return {kRidgeFeatureErrors, equations_.map(), std::move(theta_), std::move(intercepts_),
            targets_};
  }

 private:
  const NormalEquations<T>& equations_;
  const RidgeOptions& options_;
  const Execution& execution_;
  Index targets_;
  Matrix<double> moments_;
  std::vector<double> offset_;
  Matrix<double> theta_;
  std::vector<double> intercepts_;
};

/// The model of the draw, then those of every set of weights.
template <Scalar T>
LinearModels<T> resampled_ridge(const NormalEquations<T>& equations, const RidgeOptions& options,
                                const estimator::Resamples& resamples, const Execution& execution) {
  require_ridge(kRidgeFeatureErrors, options.ridge);
  WeightedRidge<T> ridge(equations, options, resamples.count() + 1, execution);
  const std::vector<double> ones(static_cast<std::size_t>(resamples.num_frequencies()), 1.0);
  ridge.solve(ones, 0);
  for (Index r = 0; r < resamples.count(); ++r) {
    if (execution.poll) execution.poll();
    ridge.solve(resamples.weights(r), r + 1);
  }
  return std::move(ridge).models();
}

template <Scalar T>
struct ResampledRidge {
  estimator::Resamples resamples;
  LinearModels<T> models;
};

}  // namespace regression

template <Scalar T>
RidgeFeatureErrors<T>::RidgeFeatureErrors(const NormalEquations<T>& equations,
                                          const RidgeOptions& options,
                                          const FeatureErrorOptions& error_options,
                                          const Execution& execution) {
  estimator::Resamples resamples(kRidgeFeatureErrors, equations.map().spec(), error_options);
  regression::LinearModels<T> models =
      regression::resampled_ridge(equations, options, resamples, execution);
  ridge_ = std::make_shared<const regression::ResampledRidge<T>>(
      regression::ResampledRidge<T>{std::move(resamples), std::move(models)});
}

template <Scalar T>
RidgeFeatureErrors<T>::RidgeFeatureErrors(
    std::shared_ptr<const regression::ResampledRidge<T>> ridge)
    : ridge_(std::move(ridge)) {}

template <Scalar T>
const FeatureMap<T>& RidgeFeatureErrors<T>::map() const noexcept {
  return ridge_->models.map();
}

template <Scalar T>
Index RidgeFeatureErrors<T>::num_targets() const noexcept {
  return ridge_->models.num_outputs();
}

template <Scalar T>
Index RidgeFeatureErrors<T>::num_models() const noexcept {
  return ridge_->resamples.count();
}

template <Scalar T>
double RidgeFeatureErrors<T>::degrees_of_freedom() const noexcept {
  return ridge_->resamples.degrees_of_freedom();
}

template <Scalar T>
void RidgeFeatureErrors<T>::predict(MatrixView<const T> x, MatrixView<double> out,
                                    MatrixView<double> error, const Execution& execution) const {
  constexpr Door kDoor("RidgeFeatureErrors::predict");
  const Index t = num_targets();
  kDoor.columns("x", x, map().input_dim(), "the map's input_dim")
      .shape("out", out, x.rows, t, "rows of x, num_targets")
      .shape("error", error, x.rows, t, "rows of x, num_targets")
      .apart("out", memory_grid(out), "x", memory_grid(x))
      .apart("error", memory_grid(error), "x", memory_grid(x))
      .apart("error", memory_grid(error), "out", memory_grid(out));
  ridge_->models.each_block(
      kDoor, x, execution, [&](Index first, Index rows, MatrixView<const double> outputs) {
        std::vector<double> replicates(static_cast<std::size_t>(num_models()));
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < t; ++c) {
            for (std::size_t k = 0; k < replicates.size(); ++k) {
              replicates[k] = outputs(r, (static_cast<Index>(k) + 1) * t + c);
            }
            const double value = outputs(r, c);
            out(first + r, c) = value;
            error(first + r, c) = std::sqrt(ridge_->resamples.error(value, replicates).variance);
          }
        }
      });
}

template <Scalar T>
Archive RidgeFeatureErrors<T>::save() const {
  Archive archive;
  archive.metadata = {{"kind", std::string(kErrorsKind)},
                      {kResampling, std::string(name_of(ridge_->resamples.resampling()))}};
  ridge_->models.save(archive);
  require_finite(archive);
  return archive;
}

template <Scalar T>
RidgeFeatureErrors<T> RidgeFeatureErrors<T>::load(const Archive& archive) {
  constexpr Door kLoad("RidgeFeatureErrors::load");
  require_kind(kLoad, archive, kErrorsKind);
  const auto resampling = load_enumerator<Resampling>(kLoad, archive, kResampling);
  auto models = regression::LinearModels<T>::load(kLoad, archive);
  // Which blocks the bootstrap drew does not matter to the errors of the models it left.
  estimator::Resamples resamples(kLoad, models.map().spec(),
                                 {resampling, std::max<Index>(2, models.num_models() - 1), {}});
  if (resamples.count() != models.num_models() - 1) {
    kLoad.refuse("the archive holds " + std::to_string(models.num_models()) +
                 " models, expected one and " + std::to_string(resamples.count()) +
                 " without some of the frequencies");
  }
  return RidgeFeatureErrors(std::make_shared<const regression::ResampledRidge<T>>(
      regression::ResampledRidge<T>{std::move(resamples), std::move(models)}));
}

template class RidgeFeatureErrors<float>;
template class RidgeFeatureErrors<double>;

}  // namespace bochner
