// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/product.hpp"

namespace bochner::feature_functions {

/// Products of real factors: random Maclaurin features, and coordinates as they are.
template <Scalar T>
class MaclaurinStage final : public ProductStage<T> {
 public:
  using typename ProductStage<T>::Run;

  MaclaurinStage(const MaclaurinFeatures& features, const FrequencyLaw& law);
  MaclaurinStage(std::shared_ptr<const ProductLayout> layout, std::vector<Run> runs)
      : ProductStage<T>(std::move(layout), std::move(runs)) {}

 private:
  double multiply(const Run& run, const T* p, double unit, double scale,
                  T* out) const noexcept override;
  void pull_run(const Run& run, const T* p, double unit, double scale, const T* dphi,
                T* dp) const noexcept override;
};

}  // namespace bochner::feature_functions
