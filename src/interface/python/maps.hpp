// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"

#include <memory>
#include <mutex>
#include <utility>

/// \file
/// A feature map of either scalar.

namespace bochner::python {

/// The map of a spec in the scalar that an array asks for. Frequencies of a scalar are drawn when
/// it is first needed; safe to share between threads.
class AnyMap {
 public:
  explicit AnyMap(FeatureMapSpec spec) : spec_(std::move(spec)) {}

  const FeatureMapSpec& spec() const noexcept { return spec_; }

  template <Scalar T>
  const FeatureMap<T>& in() const {
    Drawn<T>& drawn = drawn_in<T>();
    std::call_once(drawn.once, [&] { drawn.map = std::make_unique<FeatureMap<T>>(spec_); });
    return *drawn.map;
  }

 private:
  template <Scalar T>
  struct Drawn {
    std::once_flag once;
    std::unique_ptr<const FeatureMap<T>> map;
  };
  template <Scalar T>
  Drawn<T>& drawn_in() const {
    if constexpr (std::same_as<T, float>) {
      return single_;
    } else {
      return double_;
    }
  }

  FeatureMapSpec spec_;
  mutable Drawn<float> single_;
  mutable Drawn<double> double_;
};

}  // namespace bochner::python
