// SPDX-License-Identifier: Apache-2.0
#include "client/regression/linear_model.hpp"

#include "client/regression/feature_blocks.hpp"
#include "core/archive_entries.hpp"
#include "core/text.hpp"
#include "feature_map/saved_map.hpp"
#include "simd/engine.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace bochner::regression {
namespace {

template <Scalar U>
U rounded_prediction(const Door& door, double value, Index row, Index output) {
  if (std::abs(value) <= static_cast<double>(std::numeric_limits<U>::max())) {
    return static_cast<U>(value);
  }
  door.refuse("the prediction of row " + std::to_string(row) + ", target " +
              std::to_string(output) + " is " + text::number(value) +
              (std::is_same_v<U, float> && std::isfinite(value)
                   ? ", more than a float holds; predict into doubles"
                   : "; the coefficients are too large for the features of this row"));
}

}  // namespace

template <Scalar T>
LinearModel<T>::LinearModel(const Door& door, FeatureMap<T> map, Matrix<double> coefficients,
                            std::vector<double> intercepts)
    : map_(std::move(map)),
      coefficients_(std::move(coefficients)),
      intercepts_(std::move(intercepts)) {
  const Index features = map_.num_features();
  door.at_least("the number of intercepts", num_outputs(), 1)
      .shape("coefficients", coefficients_.view(), features, num_outputs(),
             "num_features, one column per intercept")
      .finite("coefficients", std::as_const(coefficients_).view())
      .finite("intercepts", intercepts_);
  by_output_ = Matrix<double>(num_outputs(), feature_stride(features));
  for (Index c = 0; c < num_outputs(); ++c) {
    for (Index j = 0; j < features; ++j) by_output_(c, j) = coefficients_(j, c);
  }
}

template <Scalar T>
template <Scalar U>
void LinearModel<T>::predict(const Door& door, MatrixView<const T> x, MatrixView<U> out,
                             const Execution& execution) const {
  door.columns("x", x, map_.input_dim(), "the map's input_dim")
      .shape("out", out, x.rows, num_outputs(), "rows of x, one column per output")
      .apart("out", memory_grid(out), "x", memory_grid(x));
  const simd::Kernels<double>& engine = simd::kernels<double>();
  for_feature_blocks(
      door, map_, x, execution, [&](Index first, Index rows, const double* phi, std::size_t) {
        double products[simd::kBlockRows];
        for (Index c = 0; c < num_outputs(); ++c) {
          engine.row_products(phi, by_output_.cols(), rows, map_.num_features(), nullptr,
                              by_output_.row(c), products);
          const double constant = intercepts_[static_cast<std::size_t>(c)];
          for (Index r = 0; r < rows; ++r) {
            out(first + r, c) = rounded_prediction<U>(door, products[r] + constant, first + r, c);
          }
        }
      });
}

template <Scalar T>
void LinearModel<T>::save(Archive& archive) const {
  feature_map::save_map(map_, archive);
  archive.metadata["num_targets"] = std::to_string(num_outputs());
  archive.arrays.insert_or_assign("coefficients", coefficients_);
  archive.arrays.insert_or_assign("intercepts", row_matrix(intercepts_));
}

template <Scalar T>
LinearModel<T> LinearModel<T>::load(const Door& door, const Archive& archive) {
  const Index num_outputs = archive.count("num_targets");
  // An array without columns would confirm any number of features.
  if (num_outputs < 1) door.refuse("'num_targets' is 0, expected at least 1");
  Index features = 0;
  FeatureMap<T> map = feature_map::load_map<T>(archive, [&](const FeatureMapSpec& spec) {
    features = bochner::num_features(spec);
    archive.array<double>("coefficients", features, num_outputs);
  });
  return LinearModel(door, std::move(map),
                     archive.array<double>("coefficients", features, num_outputs),
                     load_vector(archive, "intercepts", num_outputs));
}

template class LinearModel<float>;
template class LinearModel<double>;
template void LinearModel<float>::predict(const Door&, MatrixView<const float>, MatrixView<float>,
                                          const Execution&) const;
template void LinearModel<float>::predict(const Door&, MatrixView<const float>, MatrixView<double>,
                                          const Execution&) const;
template void LinearModel<double>::predict(const Door&, MatrixView<const double>, MatrixView<float>,
                                           const Execution&) const;
template void LinearModel<double>::predict(const Door&, MatrixView<const double>,
                                           MatrixView<double>, const Execution&) const;

}  // namespace bochner::regression
