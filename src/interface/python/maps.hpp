// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"

#include <concepts>
#include <mutex>
#include <optional>
#include <utility>

/// \file
/// A feature map of either scalar.

namespace bochner::python {

/// The map of a spec in the scalar that an array asks for. Frequencies of a scalar are drawn when
/// it is first needed, and those of float rounded where there are doubles; safe to share between
/// threads.
class AnyMap {
 public:
  explicit AnyMap(FeatureMapSpec spec) : spec_(std::move(spec)) {}

  const FeatureMapSpec& spec() const noexcept { return spec_; }

  template <Scalar T>
  const FeatureMap<T>& in() const {
    const std::lock_guard lock(drawing_);
    if constexpr (std::same_as<T, float>) {
      if (!single_) single_ = double_ ? FeatureMap<float>(*double_) : FeatureMap<float>(spec_);
      return *single_;
    } else {
      if (!double_) double_.emplace(spec_);
      return *double_;
    }
  }

 private:
  FeatureMapSpec spec_;
  mutable std::mutex drawing_;
  mutable std::optional<FeatureMap<float>> single_;
  mutable std::optional<FeatureMap<double>> double_;
};

}  // namespace bochner::python
