// SPDX-License-Identifier: Apache-2.0
#include "client/regression/logistic_objective.hpp"

#include "client/regression/gathered_rows.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::regression {

double softmax(double* row, Index classes) {
  const double largest = *std::max_element(row, row + classes);
  double sum = 0.0;
  for (Index c = 0; c < classes; ++c) sum += row[c] = std::exp(row[c] - largest);
  for (Index c = 0; c < classes; ++c) row[c] /= sum;
  return largest + std::log(sum);
}

template <Scalar T>
LogisticObjective<T>::LogisticObjective(const RowOperator<T>& model, const LabelledRows<T>& rows,
                                        const TrainingRows<T>& unweighted, Index classes,
                                        const LogisticOptions& options)
    : z_(model, unweighted, 1.0),
      rows_(rows),
      options_(options),
      features_(static_cast<Index>(model.mean_features().size())),
      classes_(classes),
      weight_(model.weight()),
      scratch_(rows.x.rows, classes) {}

template <Scalar T>
void LogisticObjective<T>::outputs(const Matrix<double>& point, Matrix<double>& out) const {
  z_.multiply(point.view().middle_rows(0, features_), out.view());
  for (Index i = 0; i < out.rows(); ++i) {
    for (Index c = 0; c < classes_; ++c) out(i, c) += point(features_, c);
  }
}

template <Scalar T>
double LogisticObjective<T>::value(const Matrix<double>& point, Matrix<double>& outputs) const {
  double loss = 0.0;
  for (Index i = 0; i < outputs.rows(); ++i) {
    const double own = outputs(i, rows_.labels[static_cast<std::size_t>(i)]);
    loss += weight_of(rows_, i) * (softmax(outputs.row(i), classes_) - own);
  }
  double square = 0.0;
  for (Index j = 0; j < features_; ++j) {
    for (Index c = 0; c < classes_; ++c) square += point(j, c) * point(j, c);
  }
  return loss / weight_ + 0.5 * options_.ridge * square;
}

template <Scalar T>
void LogisticObjective<T>::gradient(const Matrix<double>& point,
                                    const Matrix<double>& probabilities, Matrix<double>& out) {
  for (Index i = 0; i < scratch_.rows(); ++i) {
    const Index label = rows_.labels[static_cast<std::size_t>(i)];
    for (Index c = 0; c < classes_; ++c) {
      scratch_(i, c) = weight_of(rows_, i) * (probabilities(i, c) - (c == label ? 1.0 : 0.0));
    }
  }
  finish(point.view(), out.view());
}

template <Scalar T>
void LogisticObjective<T>::hessian(const Matrix<double>& probabilities, MatrixView<const double> v,
                                   MatrixView<double> out) {
  z_.multiply(v.middle_rows(0, features_), scratch_.view());
  for (Index i = 0; i < scratch_.rows(); ++i) {
    double mean = 0.0;
    for (Index c = 0; c < classes_; ++c) {
      scratch_(i, c) += v(features_, c);
      mean += probabilities(i, c) * scratch_(i, c);
    }
    for (Index c = 0; c < classes_; ++c) {
      scratch_(i, c) = weight_of(rows_, i) * probabilities(i, c) * (scratch_(i, c) - mean);
    }
  }
  finish(v, out);
}

/// out = [Z 1]^T scratch / W + lambda point.
template <Scalar T>
void LogisticObjective<T>::finish(MatrixView<const double> point, MatrixView<double> out) {
  z_.multiply_transposed(scratch_.view(), out.middle_rows(0, features_));
  for (Index j = 0; j < features_; ++j) {
    for (Index c = 0; c < classes_; ++c) {
      out(j, c) = out(j, c) / weight_ + options_.ridge * point(j, c);
    }
  }
  for (Index c = 0; c < classes_; ++c) {
    // A shift common to all intercepts changes nothing; a curvature of one keeps the system
    // regular.
    double shift = 0.0;
    for (Index b = 0; b < classes_; ++b) {
      shift += point(features_, b) / static_cast<double>(classes_);
    }
    double sum = 0.0;
    for (Index i = 0; i < scratch_.rows(); ++i) sum += scratch_(i, c);
    const bool fitted = options_.intercept == Intercept::fitted;
    out(features_, c) = fitted ? sum / weight_ + shift : point(features_, c);
  }
}

template class LogisticObjective<float>;
template class LogisticObjective<double>;

}  // namespace bochner::regression
