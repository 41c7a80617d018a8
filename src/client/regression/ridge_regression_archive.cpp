// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/ridge_regression.hpp"
#include "client/regression/row_matrix.hpp"
#include "client/regression/saved_map.hpp"
#include "core/text.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// \file
/// Ridge regressions in archives.

namespace bochner {
namespace {

constexpr std::string_view kKind = "ridge_regression";

}  // namespace

template <Scalar T>
Archive RidgeRegression<T>::save() const {
  Archive archive;
  const bool fitted = options_.intercept == Intercept::fitted;
  archive.metadata = {{"kind", std::string(kKind)},
                      {"num_targets", std::to_string(num_targets())},
                      {"ridge", text::number(options_.ridge)},
                      {"intercept", fitted ? "fitted" : "none"},
                      {"posterior", factor_ ? "full" : "mean"}};
  regression::save_map(map_, archive);
  archive.arrays.emplace("coefficients", coefficients_);
  archive.arrays.emplace("intercepts", regression::row_matrix(intercepts_));
  archive.arrays.emplace("noise_variances", regression::row_matrix(noise_variances_));
  if (factor_) {
    const Index n = map_.num_features();
    Matrix<double> packed(1, n * (n + 1) / 2);  // the upper triangle, row by row
    double* out = packed.data();
    for (Index i = 0; i < n; ++i) out = std::copy_n(factor_->r.row(i) + i, n - i, out);
    archive.arrays.emplace("factor", std::move(packed));
    archive.arrays.emplace("mean_features", regression::row_matrix(factor_->mean_features));
    archive.metadata.emplace("inverse_weight", text::number(factor_->inverse_weight));
  }
  require_finite(archive);
  return archive;
}

template <Scalar T>
RidgeRegression<T> RidgeRegression<T>::load(const Archive& archive) {
  const auto one_of = [&](const char* key, std::string_view first, std::string_view second) {
    const std::string& word = archive.word(key);
    if (word == first) return true;
    if (word == second) return false;
    throw InvalidArgument("RidgeRegression::load: '" + std::string(key) + "' is '" + word +
                          "', expected " + std::string(first) + " or " + std::string(second));
  };
  if (archive.word("kind") != kKind) {
    throw InvalidArgument("RidgeRegression::load: the archive holds a '" + archive.word("kind") +
                          "'");
  }
  const Index num_targets = archive.count("num_targets");
  if (num_targets < 1) {  // no byte would bear out the number of features
    throw InvalidArgument("RidgeRegression::load: 'num_targets' is 0, expected at least 1");
  }
  const auto vector_of = [&](const char* key, Index size) {
    const Matrix<double>& values = archive.array<double>(key, 1, size);
    return std::vector<double>(values.data(), values.data() + size);
  };
  const RidgeOptions options{
      .ridge = archive.number("ridge"),
      .intercept = one_of("intercept", "fitted", "none") ? Intercept::fitted : Intercept::none,
      .posterior = Posterior::mean};
  // The arrays' shapes bear out the numbers before the map is drawn.
  Index n = 0;
  const FeatureMap<T> map = regression::load_map<T>(archive, [&](const FeatureMapSpec& spec) {
    n = bochner::num_features(spec);
    archive.array<double>("coefficients", n, num_targets);
  });
  RidgeRegression model(map, options, archive.array<double>("coefficients", n, num_targets),
                        vector_of("intercepts", num_targets),
                        vector_of("noise_variances", num_targets));
  if (one_of("posterior", "mean", "full")) return model;
  const auto& packed = archive.array<double>("factor", 1, n * (n + 1) / 2);
  auto factor = std::make_shared<Factor>();
  factor->r = Matrix<double>(n, simd::padded<double>(n));
  const double* in = packed.data();
  for (Index i = 0; i < n; ++i) {
    std::copy_n(in, n - i, factor->r.row(i) + i);
    in += n - i;
    if (!(factor->r(i, i) > 0.0)) {
      throw InvalidArgument("RidgeRegression::load: the factor's diagonal is not positive");
    }
  }
  factor->mean_features = vector_of("mean_features", n);
  factor->inverse_weight = archive.number("inverse_weight");
  if (factor->inverse_weight < 0.0) {
    throw InvalidArgument("RidgeRegression::load: inverse_weight is negative");
  }
  model.options_.posterior = Posterior::full;
  model.factor_ = std::move(factor);
  return model;
}

template Archive RidgeRegression<float>::save() const;
template Archive RidgeRegression<double>::save() const;
template RidgeRegression<float> RidgeRegression<float>::load(const Archive&);
template RidgeRegression<double> RidgeRegression<double>::load(const Archive&);

}  // namespace bochner
