// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/principal_components.hpp"
#include "bochner/core/error.hpp"
#include "core/archive_entries.hpp"
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

}  // namespace

template <Scalar T>
Archive KernelPrincipalComponents<T>::save() const {
  Door("KernelPrincipalComponents::save").finite("total_variance", total_variance_);
  Archive archive;
  archive.metadata = {{"kind", kComponentsKind},
                      {"map", to_text(map_.spec())},
                      {"scalar", std::string(kScalarName<T>)},
                      {"num_components", std::to_string(num_components())},
                      {"total_variance", text::number(total_variance_)}};
  archive.arrays.emplace("directions", directions_);
  archive.arrays.emplace("variances", row_matrix(variances_));
  archive.arrays.emplace("mean", row_matrix(mean_));
  require_finite(archive);
  return archive;
}

template <Scalar T>
KernelPrincipalComponents<T> KernelPrincipalComponents<T>::load(FeatureMap<T> map,
                                                                const Archive& archive) {
  require_word(kLoadComponents, archive, "kind", kComponentsKind);
  require_word(kLoadComponents, archive, "scalar", kScalarName<T>);
  require_word(kLoadComponents, archive, "map", to_text(map.spec()));
  const Index features = map.num_features();
  const Index count = archive.count("num_components");
  KernelPrincipalComponents loaded(std::move(map));
  loaded.directions_ = archive.array<double>("directions", features, count);
  loaded.variances_ = load_vector(archive, "variances", count);
  loaded.mean_ = load_vector(archive, "mean", features);
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
