// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/ridge_regression.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/feature_blocks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/ridge_system.hpp"
#include "client/regression/row_matrix.hpp"
#include "core/finite.hpp"
#include "core/overlap.hpp"
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

template <Scalar U>
U rounded_prediction(const char* function, double value, Index row, Index target) {
  if (std::abs(value) <= static_cast<double>(std::numeric_limits<U>::max())) {
    return static_cast<U>(value);
  }
  throw InvalidArgument(std::string(function) + ": the prediction of row " + std::to_string(row) +
                        ", target " + std::to_string(target) + " is " + text::number(value) +
                        (std::is_same_v<U, float> && std::isfinite(value)
                             ? ", more than a float holds; predict into doubles"
                             : "; the coefficients are too large for the features of this row"));
}

}  // namespace

template <Scalar T>
RidgeRegression<T>::RidgeRegression(const NormalEquations<T>& equations,
                                    const RidgeOptions& options, const Execution& execution)
    : map_(equations.map()), options_(options) {
  constexpr const char* kFunction = "RidgeRegression";
  regression::check_ridge(kFunction, options.ridge);
  regression::RidgeSystem system =
      regression::ridge_system(kFunction, equations.moments(execution), equations.num_features(),
                               equations.num_targets(), equations.num_rows(), options.intercept);
  const Index n = system.num_features();
  const MatrixView<double> a = system.a.view().middle_rows(0, n).middle_cols(0, n);
  regression::factorise_or_refuse(kFunction, system, options.ridge, execution);
  Matrix<double> theta = system.b;
  const MatrixView<double> solution = theta.view().middle_cols(0, system.num_targets());
  linalg::solve_transposed(a, solution, execution);
  linalg::solve_upper(a, solution, execution);
  coefficients_ = Matrix<double>(n, system.num_targets());
  for (Index j = 0; j < n; ++j) {
    for (Index c = 0; c < system.num_targets(); ++c) coefficients_(j, c) = theta(j, c);
  }
  intercepts_ = regression::intercepts_of(system, coefficients_.view());
  const auto& offset = equations.options().target_offset;
  for (std::size_t c = 0; c < offset.size(); ++c) intercepts_[c] += offset[c];
  for (Index c = 0; c < system.num_targets(); ++c) {
    double explained = 0.0;
    for (Index j = 0; j < n; ++j) explained += system.b(j, c) * coefficients_(j, c);
    const double unexplained = std::max(0.0, system.yy[static_cast<std::size_t>(c)] - explained);
    noise_variances_.push_back(unexplained /
                               static_cast<double>(std::max<Index>(1, system.degrees())));
  }
  if (options.posterior == Posterior::full) {
    auto factor = std::make_shared<Factor>();
    factor->mean_features = std::move(system.mean_features);
    factor->inverse_weight = options.intercept == Intercept::fitted ? 1.0 / system.weight : 0.0;
    factor->r = std::move(system.a);
    factor_ = std::move(factor);
  }
  require_finite<double>(kFunction, "coefficients", coefficients_.view());
  require_finite<double>(kFunction, "intercepts", regression::row_matrix(intercepts_).view());
  require_finite<double>(kFunction, "noise_variances",
                         regression::row_matrix(noise_variances_).view());
  set_working_coefficients();
}

template <Scalar T>
RidgeRegression<T>::RidgeRegression(FeatureMap<T> map, const RidgeOptions& options,
                                    Matrix<double> coefficients, std::vector<double> intercepts,
                                    std::vector<double> noise_variances)
    : map_(std::move(map)),
      options_(options),
      coefficients_(std::move(coefficients)),
      intercepts_(std::move(intercepts)),
      noise_variances_(std::move(noise_variances)) {
  constexpr const char* kFunction = "RidgeRegression";
  regression::check_ridge(kFunction, options.ridge);
  options_.posterior = Posterior::mean;
  if (intercepts_.empty() || noise_variances_.size() != intercepts_.size()) {
    throw InvalidArgument("RidgeRegression: intercepts has " + std::to_string(intercepts_.size()) +
                          " entries and noise_variances " +
                          std::to_string(noise_variances_.size()) +
                          ", expected one a target in both");
  }
  regression::check_out(kFunction, "coefficients", coefficients_.view(), map_.num_features(),
                        num_targets(), "num_features, num_targets");
  require_finite<double>(kFunction, "coefficients", coefficients_.view());
  require_finite<double>(kFunction, "intercepts", regression::row_matrix(intercepts_).view());
  require_finite<double>(kFunction, "noise_variances",
                         regression::row_matrix(noise_variances_).view());
  for (std::size_t c = 0; c < noise_variances_.size(); ++c) {
    if (noise_variances_[c] >= 0.0) continue;
    throw InvalidArgument("RidgeRegression: noise_variances: target " + std::to_string(c) + " is " +
                          text::number(noise_variances_[c]) + ", expected at least 0");
  }
  set_working_coefficients();
}

template <Scalar T>
void RidgeRegression<T>::set_working_coefficients() {
  working_ = Matrix<double>(num_targets(), regression::feature_stride(map_.num_features()));
  for (Index c = 0; c < num_targets(); ++c) {
    for (Index j = 0; j < map_.num_features(); ++j) working_(c, j) = coefficients_(j, c);
  }
}

template <Scalar T>
template <Scalar U>
void RidgeRegression<T>::predict_into(MatrixView<const T> x, MatrixView<U> out,
                                      const Execution& execution) const {
  constexpr const char* kFunction = "RidgeRegression::predict";
  regression::check_columns(kFunction, "x", x.cols, map_.input_dim(), "the map's input_dim");
  regression::check_out(kFunction, "out", out, x.rows, num_targets(), "rows of x, num_targets");
  if (overlap(memory_grid(x), memory_grid(out)))
    throw InvalidArgument(std::string(kFunction) + ": out overlaps x");
  const simd::Kernels<double>& engine = simd::kernels<double>();
  regression::for_feature_blocks(
      kFunction, map_, x, execution, [&](Index first, Index rows, const double* phi, std::size_t) {
        double products[simd::kBlockRows];
        for (Index c = 0; c < num_targets(); ++c) {
          engine.row_products(phi, working_.cols(), rows, map_.num_features(), nullptr,
                              working_.row(c), products);
          const double constant = intercepts_[static_cast<std::size_t>(c)];
          for (Index r = 0; r < rows; ++r) {
            out(first + r, c) =
                rounded_prediction<U>(kFunction, products[r] + constant, first + r, c);
          }
        }
      });
}

template <Scalar T>
void RidgeRegression<T>::predict(MatrixView<const T> x, MatrixView<double> out,
                                 const Execution& execution) const {
  predict_into(x, out, execution);
}

template <Scalar T>
void RidgeRegression<T>::predict(MatrixView<const T> x, MatrixView<float> out,
                                 const Execution& execution) const {
  predict_into(x, out, execution);
}

template <Scalar T>
void RidgeRegression<T>::require_factor(const char* function) const {
  if (factor_) return;
  throw InvalidArgument(std::string(function) +
                        ": the model was fitted without its posterior; ask for Posterior::full");
}

template <Scalar T>
void RidgeRegression<T>::quadratic_forms(const double* phi, Index rows, Matrix<double>& scratch,
                                         double* quadratic) const {
  const Index n = map_.num_features();
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
  constexpr const char* kFunction = "RidgeRegression::predict_with_variance";
  require_factor(kFunction);
  regression::check_out(kFunction, "variance", variance, x.rows, num_targets(),
                        "rows of x, num_targets");
  predict(x, out, execution);
  std::vector<Matrix<double>> scratch;
  for (int w = 0; w < regression::feature_workers(x.rows, execution); ++w) {
    scratch.emplace_back(map_.num_features(), simd::kBlockRows);
  }
  regression::for_feature_blocks(
      kFunction, map_, x, execution,
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
  constexpr const char* kFunction = "RidgeRegression::sample";
  require_factor(kFunction);
  if (target < 0 || target >= num_targets()) {
    throw InvalidArgument(std::string(kFunction) + ": target is " + std::to_string(target) +
                          ", expected one of " + std::to_string(num_targets()));
  }
  if (count < 1) {
    throw InvalidArgument(std::string(kFunction) + ": count is " + std::to_string(count) +
                          ", expected at least 1");
  }
  const Index n = map_.num_features();
  const auto which = static_cast<std::size_t>(target);
  const double sigma = std::sqrt(noise_variances_[which]);
  Matrix<double> draws(n, simd::padded<double>(count));
  std::vector<double> normals(static_cast<std::size_t>(n));
  std::vector<double> intercepts;
  for (Index s = 0; s < count; ++s) {
    const Stream stream(seed, Purpose::study, static_cast<std::uint64_t>(s));
    stream.normals(1, normals);
    for (Index j = 0; j < n; ++j) draws(j, s) = normals[static_cast<std::size_t>(j)];
    intercepts.push_back(intercepts_[which] +
                         sigma * std::sqrt(factor_->inverse_weight) * stream.normal(0));
  }
  linalg::solve_upper(factor_->r.view().middle_rows(0, n).middle_cols(0, n),
                      draws.view().middle_cols(0, count), execution);
  Matrix<double> theta(n, count);
  for (Index j = 0; j < n; ++j) {
    for (Index s = 0; s < count; ++s) {
      const double change = sigma * draws(j, s);
      theta(j, s) = coefficients_(j, target) + change;
      // The intercept is that of centred features.
      intercepts[static_cast<std::size_t>(s)] -=
          factor_->mean_features[static_cast<std::size_t>(j)] * change;
    }
  }
  return RidgeRegression(
      map_, options_, std::move(theta), std::move(intercepts),
      std::vector<double>(static_cast<std::size_t>(count), noise_variances_[which]));
}

template <Scalar T>
void RidgeRegression<T>::leave_one_out(const TrainingRows<T>& rows, MatrixView<double> residual,
                                       const Execution& execution) const {
  constexpr const char* kFunction = "RidgeRegression::leave_one_out";
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  require_factor(kFunction);
  const Index n = map_.num_features();
  double smallest = factor_->r(0, 0);
  double largest = smallest;
  for (Index j = 0; j < n; ++j) {
    smallest = std::min(smallest, factor_->r(j, j));
    largest = std::max(largest, factor_->r(j, j));
  }
  // Below least_left 1 - h is made of rounding errors: those of h, a sum of D terms of order one by
  // the inverse of a matrix of this condition.
  const double condition = (largest / smallest) * (largest / smallest);
  const double least_left =
      std::max(static_cast<double>(n), condition) * std::numeric_limits<double>::epsilon();
  regression::check_rows(kFunction, rows, map_.input_dim(), num_targets());
  regression::check_out(kFunction, "residual", residual, rows.x.rows, num_targets(),
                        "rows of x, num_targets");
  std::vector<Matrix<double>> scratch;
  for (int w = 0; w < regression::feature_workers(rows.x.rows, execution); ++w) {
    scratch.emplace_back(map_.num_features(), simd::kBlockRows);
  }
  regression::for_feature_blocks(
      kFunction, map_, rows.x, execution,
      [&](Index first, Index count, const double* phi, std::size_t worker) {
        double quadratic[simd::kBlockRows];
        quadratic_forms(phi, count, scratch[worker], quadratic);
        for (Index r = 0; r < count; ++r) {
          const double left = 1.0 - regression::weight_of(rows, first + r) * quadratic[r];
          const double* const row = phi + r * regression::feature_stride(n);
          for (Index c = 0; c < num_targets(); ++c) {
            double value = intercepts_[static_cast<std::size_t>(c)];
            for (Index j = 0; j < n; ++j) value += row[j] * coefficients_(j, c);
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
