// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/ridge_regression.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/feature_blocks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/linear_model.hpp"
#include "client/regression/ridge_system.hpp"
#include "core/text.hpp"
#include "linalg/cholesky.hpp"
#include "linalg/dot.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace bochner {
namespace {

constexpr Door kRidgeRegression("RidgeRegression");
constexpr Door kPredict("RidgeRegression::predict");

template <class Factor>
void require_factor(const Door& door, const std::shared_ptr<Factor>& factor) {
  if (factor) return;
  door.refuse("the model was fitted without its posterior; ask for Posterior::full");
}

}  // namespace

template <Scalar T>
RidgeRegression<T>::RidgeRegression(const NormalEquations<T>& equations,
                                    const RidgeOptions& options, const Execution& execution)
    : options_(options) {
  regression::require_ridge(kRidgeRegression, options.ridge);
  regression::RidgeSystem system =
      regression::ridge_system(kRidgeRegression, equations, options.intercept, execution);
  const Index n = system.num_features();
  const Index t = system.num_targets();
  regression::factorise_or_refuse(kRidgeRegression, system, options.ridge, execution);
  Matrix<double> solution = system.b;
  regression::solve_factored(system.square(), solution.view().middle_cols(0, t), execution);
  Matrix<double> theta(n, t);
  for (Index j = 0; j < n; ++j) std::copy_n(solution.row(j), t, theta.row(j));
  std::vector<double> intercepts = regression::intercepts_of(system, theta.view());
  if (options.intercept == Intercept::fitted) {
    const auto& offset = equations.options().target_offset;
    for (std::size_t c = 0; c < offset.size(); ++c) intercepts[c] += offset[c];
  }
  noise_variances_ =
      regression::noise_variances_of(system.b.view(), system.yy, theta.view(), system.degrees());
  linear_ = std::make_shared<const regression::LinearModel<T>>(
      kRidgeRegression, equations.map(), std::move(theta), std::move(intercepts));
  kRidgeRegression.finite("noise_variances", noise_variances_);
  if (options.posterior == Posterior::mean) return;
  auto factor = std::make_shared<Factor>();
  factor->mean_features = std::move(system.mean_features);
  factor->inverse_weight = options.intercept == Intercept::fitted ? 1.0 / system.weight : 0.0;
  factor->r = std::move(system.a);
  factor_ = std::move(factor);
}

template <Scalar T>
RidgeRegression<T>::RidgeRegression(std::shared_ptr<const regression::LinearModel<T>> linear,
                                    const RidgeOptions& options,
                                    std::vector<double> noise_variances)
    : linear_(std::move(linear)), options_(options), noise_variances_(std::move(noise_variances)) {
  options_.posterior = Posterior::mean;
  regression::require_ridge(kRidgeRegression, options.ridge);
  kRidgeRegression
      .entries("noise_variances", num_targets(), linear_->num_outputs(), "one per intercept")
      .finite("noise_variances", noise_variances_);
  for (std::size_t c = 0; c < noise_variances_.size(); ++c) {
    if (noise_variances_[c] >= 0.0) continue;
    kRidgeRegression.refuse("noise_variances: target " + std::to_string(c),
                            text::number(noise_variances_[c]), "at least 0");
  }
}

template <Scalar T>
RidgeRegression<T>::RidgeRegression(FeatureMap<T> map, const RidgeOptions& options,
                                    Matrix<double> coefficients, std::vector<double> intercepts,
                                    std::vector<double> noise_variances)
    : RidgeRegression(
          std::make_shared<const regression::LinearModel<T>>(
              kRidgeRegression, std::move(map), std::move(coefficients), std::move(intercepts)),
          options, std::move(noise_variances)) {}

template <Scalar T>
const FeatureMap<T>& RidgeRegression<T>::map() const noexcept {
  return linear_->map();
}

template <Scalar T>
const Matrix<double>& RidgeRegression<T>::coefficients() const noexcept {
  return linear_->coefficients();
}

template <Scalar T>
std::span<const double> RidgeRegression<T>::intercepts() const noexcept {
  return linear_->intercepts();
}

template <Scalar T>
void RidgeRegression<T>::predict(MatrixView<const T> x, MatrixView<double> out,
                                 const Execution& execution) const {
  linear_->predict(kPredict, x, out, execution);
}

template <Scalar T>
void RidgeRegression<T>::predict(MatrixView<const T> x, MatrixView<float> out,
                                 const Execution& execution) const {
  linear_->predict(kPredict, x, out, execution);
}

template <Scalar T>
void RidgeRegression<T>::quadratic_forms(const double* phi, Index rows, Matrix<double>& scratch,
                                         double* quadratic) const {
  const Index n = map().num_features();
  for (Index j = 0; j < n; ++j) {
    for (Index r = 0; r < rows; ++r) {
      scratch(j, r) = phi[r * regression::feature_stride(n) + j] -
                      factor_->mean_features[static_cast<std::size_t>(j)];
    }
  }
  linalg::solve_transposed(factor_->r.view().middle_rows(0, n).middle_cols(0, n),
                           scratch.view().middle_cols(0, rows), Execution{1});
  std::fill_n(quadratic, rows, factor_->inverse_weight);
  for (Index j = 0; j < n; ++j) {
    for (Index r = 0; r < rows; ++r) quadratic[r] += scratch(j, r) * scratch(j, r);
  }
}

template <Scalar T>
template <Scalar U>
void RidgeRegression<T>::predict_with_variance_into(MatrixView<const T> x, MatrixView<U> out,
                                                    MatrixView<double> variance,
                                                    const Execution& execution) const {
  constexpr Door kDoor("RidgeRegression::predict_with_variance");
  require_factor(kDoor, factor_);
  kDoor.shape("variance", variance, x.rows, num_targets(), "rows of x, num_targets");
  linear_->predict(kDoor, x, out, execution);
  std::vector<Matrix<double>> scratch;
  for (int w = 0; w < regression::feature_workers(x.rows, execution); ++w) {
    scratch.emplace_back(map().num_features(), simd::kBlockRows);
  }
  regression::for_feature_blocks(
      kDoor, map(), x, execution,
      [&](Index first, Index rows, const double* phi, std::size_t worker) {
        double quadratic[simd::kBlockRows];
        quadratic_forms(phi, rows, scratch[worker], quadratic);
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < num_targets(); ++c) {
            variance(first + r, c) = noise_variances_[static_cast<std::size_t>(c)] * quadratic[r];
          }
        }
      });
}

template <Scalar T>
void RidgeRegression<T>::predict_with_variance(MatrixView<const T> x, MatrixView<double> out,
                                               MatrixView<double> variance,
                                               const Execution& execution) const {
  predict_with_variance_into(x, out, variance, execution);
}

template <Scalar T>
void RidgeRegression<T>::predict_with_variance(MatrixView<const T> x, MatrixView<float> out,
                                               MatrixView<double> variance,
                                               const Execution& execution) const {
  predict_with_variance_into(x, out, variance, execution);
}

template <Scalar T>
RidgeRegression<T> RidgeRegression<T>::sample(Index target, Index count, Seed seed,
                                              const Execution& execution) const {
  constexpr Door kDoor("RidgeRegression::sample");
  require_factor(kDoor, factor_);
  kDoor.between("target", target, 0, num_targets() - 1).at_least("count", count, 1);
  const Index n = map().num_features();
  const auto which = static_cast<std::size_t>(target);
  const double sigma = std::sqrt(noise_variances_[which]);
  Matrix<double> draws(n, simd::padded<double>(count));
  std::vector<double> normals(static_cast<std::size_t>(n));
  std::vector<double> intercepts;
  for (Index s = 0; s < count; ++s) {
    const Stream stream(seed, Purpose::study, static_cast<std::uint64_t>(s));
    stream.normals(1, normals);
    for (Index j = 0; j < n; ++j) draws(j, s) = normals[static_cast<std::size_t>(j)];
    intercepts.push_back(linear_->intercepts()[which] +
                         sigma * std::sqrt(factor_->inverse_weight) * stream.normal(0));
  }
  linalg::solve_upper(factor_->r.view().middle_rows(0, n).middle_cols(0, n),
                      draws.view().middle_cols(0, count), execution);
  Matrix<double> theta(n, count);
  for (Index j = 0; j < n; ++j) {
    for (Index s = 0; s < count; ++s) {
      const double change = sigma * draws(j, s);
      theta(j, s) = coefficients()(j, target) + change;
      // The intercept is that of centred features.
      intercepts[static_cast<std::size_t>(s)] -=
          factor_->mean_features[static_cast<std::size_t>(j)] * change;
    }
  }
  return RidgeRegression(
      map(), options_, std::move(theta), std::move(intercepts),
      std::vector<double>(static_cast<std::size_t>(count), noise_variances_[which]));
}

template <Scalar T>
void RidgeRegression<T>::leave_one_out(const TrainingRows<T>& rows, MatrixView<double> residual,
                                       const Execution& execution) const {
  constexpr Door kDoor("RidgeRegression::leave_one_out");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  require_factor(kDoor, factor_);
  const Index n = map().num_features();
  const Matrix<double>& theta = coefficients();
  const double least_left =
      regression::least_unexplained(factor_->r.view().middle_rows(0, n).middle_cols(0, n));
  regression::require_rows(kDoor, rows, map().input_dim(), num_targets());
  kDoor.shape("residual", residual, rows.x.rows, num_targets(), "rows of x, num_targets");
  std::vector<Matrix<double>> scratch;
  for (int w = 0; w < regression::feature_workers(rows.x.rows, execution); ++w) {
    scratch.emplace_back(map().num_features(), simd::kBlockRows);
  }
  regression::for_feature_blocks(
      kDoor, map(), rows.x, execution,
      [&](Index first, Index count, const double* phi, std::size_t worker) {
        double quadratic[simd::kBlockRows];
        quadratic_forms(phi, count, scratch[worker], quadratic);
        for (Index r = 0; r < count; ++r) {
          const double left = 1.0 - regression::weight_of(rows, first + r) * quadratic[r];
          const double* const row = phi + r * regression::feature_stride(n);
          for (Index c = 0; c < num_targets(); ++c) {
            double value = linear_->intercepts()[static_cast<std::size_t>(c)];
            for (Index j = 0; j < n; ++j) value += row[j] * theta(j, c);
            const double error = rows.targets(first + r, c) - value;
            residual(first + r, c) =
                left > least_left ? error / left : std::copysign(kInfinity, error);
          }
        }
      });
}

template class RidgeRegression<float>;
template class RidgeRegression<double>;

}  // namespace bochner
