// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/ridge_regression.hpp"
#include "client/regression/linear_model.hpp"
#include "core/archive_entries.hpp"
#include "core/door.hpp"
#include "core/text.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// \file
/// Ridge regressions in archives.

namespace bochner {
namespace {

constexpr std::string_view kKind = "ridge_regression";

}  // namespace

template <Scalar T>
Archive RidgeRegression<T>::save() const {
  Archive archive;
  archive.metadata = {{"kind", std::string(kKind)},
                      {"ridge", text::number(options_.ridge)},
                      {"intercept", std::string(name_of(options_.intercept))},
                      {"posterior", factor_ ? "full" : "mean"}};
  linear_->save(archive);
  archive.arrays.emplace("noise_variances", row_matrix(noise_variances_));
  if (factor_) {
    const Index n = map().num_features();
    Matrix<double> packed(1, n * (n + 1) / 2);  // the upper triangle, row by row
    double* out = packed.data();
    for (Index i = 0; i < n; ++i) out = std::copy_n(factor_->r.row(i) + i, n - i, out);
    archive.arrays.emplace("factor", std::move(packed));
    archive.arrays.emplace("mean_features", row_matrix(factor_->mean_features));
    archive.metadata.emplace("inverse_weight", text::number(factor_->inverse_weight));
  }
  require_finite(archive);
  return archive;
}

template <Scalar T>
RidgeRegression<T> RidgeRegression<T>::load(const Archive& archive) {
  constexpr Door kDoor("RidgeRegression::load");
  require_kind(kDoor, archive, kKind);
  const RidgeOptions options{.ridge = archive.number("ridge"),
                             .intercept = load_enumerator<Intercept>(kDoor, archive, "intercept"),
                             .posterior = load_enumerator<Posterior>(kDoor, archive, "posterior")};
  auto linear = std::make_shared<const regression::LinearModel<T>>(
      regression::LinearModel<T>::load(kDoor, archive));
  RidgeRegression model(linear, options,
                        load_vector(archive, "noise_variances", linear->num_outputs()));
  if (options.posterior == Posterior::mean) return model;
  const Index n = linear->map().num_features();
  const auto& packed = archive.array<double>("factor", 1, n * (n + 1) / 2);
  auto factor = std::make_shared<Factor>();
  factor->r = Matrix<double>(n, simd::padded<double>(n));
  const double* in = packed.data();
  for (Index i = 0; i < n; ++i) {
    std::copy_n(in, n - i, factor->r.row(i) + i);
    in += n - i;
    if (!(factor->r(i, i) > 0.0)) kDoor.refuse("the factor's diagonal is not positive");
  }
  factor->mean_features = load_vector(archive, "mean_features", n);
  factor->inverse_weight = archive.number("inverse_weight");
  kDoor.not_negative("inverse_weight", factor->inverse_weight);
  model.options_.posterior = Posterior::full;
  model.factor_ = std::move(factor);
  return model;
}

template Archive RidgeRegression<float>::save() const;
template Archive RidgeRegression<double>::save() const;
template RidgeRegression<float> RidgeRegression<float>::load(const Archive&);
template RidgeRegression<double> RidgeRegression<double>::load(const Archive&);

}  // namespace bochner
