// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/product.hpp"

namespace bochner::feature_functions {

/// Random Maclaurin features: real factors.
template <Scalar T>
class MaclaurinStage final : public ProductStage<T> {
 public:
  MaclaurinStage(const MaclaurinFeatures& features, const FrequencyLaw& law);

 private:
  using typename ProductStage<T>::Run;
  double multiply(const Run& run, const T* p, double unit, double scale,
                  T* out) const noexcept override;
  void pull_run(const Run& run, const T* p, double unit, double scale, const T* dphi,
                T* dp) const noexcept override;
};

}  // namespace bochner::feature_functions
