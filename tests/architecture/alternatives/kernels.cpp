// SPDX-License-Identifier: Apache-2.0
//
// One kernel of each family, from which -DWITHOUT_member takes away a member: the program must then
// fail to compile, and its errors must name the member (tests/architecture/compile_failures.sh).
#include "kernel/alternative.hpp"

namespace bochner {

struct Named {
#ifndef WITHOUT_name
  static constexpr std::string_view name = "planted";
#endif
#ifndef WITHOUT_fields
  static constexpr auto fields() { return std::tuple{}; }
#endif
  Metric metric{};
#ifndef WITHOUT_operator
  friend bool operator==(const Named&, const Named&) = default;
#endif
};

struct PlantedRadial : Named {
#ifndef WITHOUT_family
  static constexpr KernelFamily family = KernelFamily::radial;
#endif
#ifndef WITHOUT_check_options
  void check_options() const;
#endif
#ifndef WITHOUT_spectral_measure
  SpectralMeasure spectral_measure() const;
#endif
#ifndef WITHOUT_profile
  void profile(const double* square, double* out, Index count) const;
#endif
};

struct PlantedRectified : Named {
  static constexpr KernelFamily family = KernelFamily::rectified;
  void check_options() const;
#ifndef WITHOUT_rectifier
  Rectifier rectifier() const;
#endif
};

struct PlantedSeries : Named {
  static constexpr KernelFamily family = KernelFamily::series;
  void check_options() const;
#ifndef WITHOUT_power_series
  PowerSeries power_series() const;
#endif
#ifndef WITHOUT_value_at
  double value_at(double s) const;
#endif
};

struct PlantedProduct : Named {
  static constexpr KernelFamily family = KernelFamily::product;
#ifndef WITHOUT_coordinate_quantile
  Quantile coordinate_quantile() const;
#endif
#ifndef WITHOUT_product_value
  double product_value(const double* x, const double* y, Index dim) const;
#endif
};

struct PlantedOfProducts : Named {
  static constexpr KernelFamily family = KernelFamily::of_products;
  SpectralMeasure spectral_measure() const;
#ifndef WITHOUT_standard_form
  StandardForm standard_form(Index dim) const;
#endif
#ifndef WITHOUT_values
  void values(const double* xy, double xx, const double* yy, double* out, Index count) const;
#endif
};

struct PlantedOfRows : Named {
  static constexpr KernelFamily family = KernelFamily::of_rows;
  SpectralMeasure spectral_measure() const;
  StandardForm standard_form(Index dim) const;
#ifndef WITHOUT_values_by_rows
  void values_by_rows(const double* x, MatrixView<const double> y, double* out) const;
#endif
};

using Planted = std::variant<PlantedRadial, PlantedRectified, PlantedSeries, PlantedProduct,
                             PlantedOfProducts, PlantedOfRows>;
static_assert(kernels::all_complete(static_cast<const Planted*>(nullptr)));

}  // namespace bochner
