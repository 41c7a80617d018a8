// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/ridge_feature_errors.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/output_blocks.hpp"
#include "client/regression/ridge_system.hpp"
#include "estimator/resamples.hpp"

#include <cmath>
#include <utility>
#include <vector>

namespace bochner {
namespace {

constexpr Door kRidgeFeatureErrors("RidgeFeatureErrors");

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

/// The model of the draw, then those of every set of weights.
template <Scalar T>
class ResampledRidge {
 public:
  ResampledRidge(const NormalEquations<T>& equations, const RidgeOptions& options,
                 const FeatureErrorOptions& error_options, const Execution& execution)
      : map_(equations.map()),
        targets_(equations.num_targets()),
        resamples_(kRidgeFeatureErrors, map_.spec(), error_options) {
    require_ridge(kRidgeFeatureErrors, options.ridge);
    const Index features = map_.num_features();
    Matrix<double> moments = equations.moments(execution);
    std::vector<double> offset = equations.options().target_offset;
    if (options.intercept == Intercept::none) {
      undo_offset(offset, features, moments);
      offset.clear();
    }
    offset.resize(static_cast<std::size_t>(targets_));
    const Index columns = (resamples_.count() + 1) * targets_;
    theta_ = Matrix<double>(features, simd::padded<double>(columns));
    intercepts_.resize(static_cast<std::size_t>(columns));
    const std::vector<double> ones(static_cast<std::size_t>(map_.spec().num_frequencies), 1.0);
    for (Index r = 0; r <= resamples_.count(); ++r) {
      if (execution.poll) execution.poll();
      solve(equations, moments, offset, options,
            r == 0 ? std::span<const double>(ones) : resamples_.weights(r - 1), r, execution);
    }
  }

  const FeatureMap<T>& map() const noexcept { return map_; }
  Index num_targets() const noexcept { return targets_; }
  const estimator::Resamples& resamples() const noexcept { return resamples_; }

  void predict(const Door& door, MatrixView<const T> x, MatrixView<double> out,
               MatrixView<double> error, const Execution& execution) const {
    for_output_blocks(
        door, map_, x, theta_, intercepts_, execution,
        [&](Index first, Index rows, MatrixView<const double> outputs) {
          std::vector<double> replicates(static_cast<std::size_t>(resamples_.count()));
          for (Index r = 0; r < rows; ++r) {
            for (Index c = 0; c < targets_; ++c) {
              for (std::size_t k = 0; k < replicates.size(); ++k) {
                replicates[k] = outputs(r, (static_cast<Index>(k) + 1) * targets_ + c);
              }
              out(first + r, c) = outputs(r, c);
              error(first + r, c) = std::sqrt(resamples_.error(outputs(r, c), replicates).variance);
            }
          }
        });
  }

 private:
  void solve(const NormalEquations<T>& equations, const Matrix<double>& moments,
             const std::vector<double>& offset, const RidgeOptions& options,
             std::span<const double> weights, Index model, const Execution& execution) {
    const Index features = map_.num_features();
    std::vector<double> scale;
    for (Index j = 0; j < features; ++j) {
      scale.push_back(std::sqrt(weights[static_cast<std::size_t>(j % std::ssize(weights))]));
    }
    std::vector<Index> kept;
    Matrix<double> own = scaled_moments(moments, scale, targets_, kept);
    RidgeSystem system = ridge_system(kRidgeFeatureErrors, std::move(own), std::ssize(kept),
                                      targets_, equations.num_rows(), options.intercept);
    factorise_or_refuse(kRidgeFeatureErrors, system, options.ridge, execution);
    Matrix<double> theta = system.b;
    const MatrixView<double> solved = theta.view().middle_cols(0, targets_);
    solve_factored(system.square(), solved, execution);
    const std::vector<double> intercepts = intercepts_of(system, solved);
    for (Index c = 0; c < targets_; ++c) {
      const Index column = model * targets_ + c;
      for (std::size_t k = 0; k < kept.size(); ++k) {
        theta_(kept[k], column) =
            theta(static_cast<Index>(k), c) * scale[static_cast<std::size_t>(kept[k])];
      }
      intercepts_[static_cast<std::size_t>(column)] =
          intercepts[static_cast<std::size_t>(c)] + offset[static_cast<std::size_t>(c)];
    }
  }

  FeatureMap<T> map_;
  Index targets_;
  estimator::Resamples resamples_;
  Matrix<double> theta_;
  std::vector<double> intercepts_;
};

}  // namespace regression

template <Scalar T>
RidgeFeatureErrors<T>::RidgeFeatureErrors(const NormalEquations<T>& equations,
                                          const RidgeOptions& options,
                                          const FeatureErrorOptions& error_options,
                                          const Execution& execution)
    : models_(std::make_shared<const regression::ResampledRidge<T>>(equations, options,
                                                                    error_options, execution)) {}

template <Scalar T>
const FeatureMap<T>& RidgeFeatureErrors<T>::map() const noexcept {
  return models_->map();
}

template <Scalar T>
Index RidgeFeatureErrors<T>::num_targets() const noexcept {
  return models_->num_targets();
}

template <Scalar T>
Index RidgeFeatureErrors<T>::num_models() const noexcept {
  return models_->resamples().count();
}

template <Scalar T>
double RidgeFeatureErrors<T>::degrees_of_freedom() const noexcept {
  return models_->resamples().degrees_of_freedom();
}

template <Scalar T>
void RidgeFeatureErrors<T>::predict(MatrixView<const T> x, MatrixView<double> out,
                                    MatrixView<double> error, const Execution& execution) const {
  constexpr Door kDoor("RidgeFeatureErrors::predict");
  kDoor.columns("x", x, map().input_dim(), "the map's input_dim")
      .shape("out", out, x.rows, num_targets(), "rows of x, num_targets")
      .shape("error", error, x.rows, num_targets(), "rows of x, num_targets")
      .apart("out", memory_grid(out), "x", memory_grid(x))
      .apart("error", memory_grid(error), "x", memory_grid(x))
      .apart("error", memory_grid(error), "out", memory_grid(out));
  models_->predict(kDoor, x, out, error, execution);
}

template class RidgeFeatureErrors<float>;
template class RidgeFeatureErrors<double>;

}  // namespace bochner
