// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/principal_components.hpp"
#include "bochner/core/error.hpp"
#include "core/door.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

/// \file
/// Principal components in archives.

namespace bochner {
namespace {

constexpr Door kLoadComponents("KernelPrincipalComponents::load");
constexpr const char* kComponentsKind = "kernel_principal_components";

template <Scalar T>
constexpr const char* kComponentsScalar = std::is_same_v<T, float> ? "float" : "double";

Matrix<double> packed_row(const std::vector<double>& values) {
  Matrix<double> row(1, static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), row.data());
  return row;
}

std::vector<double> unpacked_row(const Archive& archive, const char* key, Index size) {
  const Matrix<double>& row = archive.array<double>(key, 1, size);
  return std::vector<double>(row.data(), row.data() + size);
}

}  // namespace

template <Scalar T>
Archive KernelPrincipalComponents<T>::save() const {
  Door("KernelPrincipalComponents::save").finite("total_variance", total_variance_);
  Archive archive;
  archive.metadata = {{"kind", kComponentsKind},
                      {"map", to_text(map_.spec())},
                      {"scalar", kComponentsScalar<T>},
                      {"num_components", std::to_string(num_components())},
                      {"total_variance", text::number(total_variance_)}};
  archive.arrays.emplace("directions", directions_);
  archive.arrays.emplace("variances", packed_row(variances_));
  archive.arrays.emplace("mean", packed_row(mean_));
  require_finite(archive);
  return archive;
}

template <Scalar T>
KernelPrincipalComponents<T> KernelPrincipalComponents<T>::load(FeatureMap<T> map,
                                                                const Archive& archive) {
  const auto expect = [&](const char* key, const std::string& expected) {
    const std::string& word = archive.word(key);
    if (word != expected) {
      kLoadComponents.refuse("'" + std::string(key) + "' is '" + word + "', expected '" + expected +
                             "'");
    }
  };
  expect("kind", kComponentsKind);
  expect("scalar", kComponentsScalar<T>);
  expect("map", to_text(map.spec()));
  const Index features = map.num_features();
  const Index count = archive.count("num_components");
  KernelPrincipalComponents loaded(std::move(map));
  loaded.directions_ = archive.array<double>("directions", features, count);
  loaded.variances_ = unpacked_row(archive, "variances", count);
  loaded.mean_ = unpacked_row(archive, "mean", features);
  loaded.total_variance_ = archive.number("total_variance");
  if (!std::is_sorted(loaded.variances_.rbegin(), loaded.variances_.rend()) ||
      (count > 0 && !(loaded.variances_.back() > 0.0))) {
    kLoadComponents.refuse("'variances' are not positive and descending");
  }
  if (loaded.total_variance_ < 0.0) kLoadComponents.refuse("'total_variance' is negative");
  return loaded;
}

template Archive KernelPrincipalComponents<float>::save() const;
template Archive KernelPrincipalComponents<double>::save() const;
template KernelPrincipalComponents<float> KernelPrincipalComponents<float>::load(FeatureMap<float>,
                                                                                 const Archive&);
template KernelPrincipalComponents<double> KernelPrincipalComponents<double>::load(
    FeatureMap<double>, const Archive&);

}  // namespace bochner
