// SPDX-License-Identifier: Apache-2.0
//
// As kernels.cpp, for feature functions.
#include "features/alternative.hpp"

namespace bochner {

struct Planted {
#ifndef WITHOUT_name
  static constexpr std::string_view name = "planted";
#endif
#ifndef WITHOUT_fields
  static constexpr auto fields() { return std::tuple{}; }
#endif
#ifndef WITHOUT_features_per_frequency
  static constexpr Index features_per_frequency = 1;
#endif
#ifndef WITHOUT_partner
  static constexpr std::string_view partner = "";
#endif
#ifndef WITHOUT_check
  void check(const FrequencyLaw& law) const;
#endif
#ifndef WITHOUT_refusal
  std::optional<std::string> refusal(const SpectralMeasure& spectrum) const;
#endif
#ifndef WITHOUT_stage_input
  StageInput stage_input(const StandardForm& kernel) const;
#endif
#ifndef WITHOUT_row_law
  RowLaw row_law() const;
#endif
#ifndef WITHOUT_make_stage
  template <Scalar T>
  std::unique_ptr<const FeatureStage<T>> make_stage(
      const FrequencyLaw& law, const std::function<FrequencyNorms()>& norms) const;
#endif
  ProductLayout layout(const PowerSeries& series, Index dim, Index num_frequencies,
                       Seed seed) const;
#ifndef WITHOUT_exact_columns
  Index exact_columns(const PowerSeries& series, Index dim) const;
#endif
#ifndef WITHOUT_sampling
  ProductSampling sampling(const PowerSeries& series) const;
#endif
#ifndef WITHOUT_grows
  bool grows() const;
#endif
#ifndef WITHOUT_operator
  friend bool operator==(const Planted&, const Planted&) = default;
#endif
};

static_assert(feature_functions::all_complete(static_cast<const std::variant<Planted>*>(nullptr)));

}  // namespace bochner
