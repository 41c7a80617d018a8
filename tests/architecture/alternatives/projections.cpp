// SPDX-License-Identifier: Apache-2.0
//
// As kernels.cpp, for projections.
#include "projection/alternative.hpp"

namespace bochner {

struct Planted {
#ifndef WITHOUT_name
  static constexpr std::string_view name = "planted";
#endif
#ifndef WITHOUT_fields
  static constexpr auto fields() { return std::tuple{}; }
#endif
#ifndef WITHOUT_exact_marginal
  static constexpr bool exact_marginal() { return true; }
#endif
#ifndef WITHOUT_couples_directions
  static constexpr bool couples_directions() { return false; }
#endif
#ifndef WITHOUT_partner
  static constexpr std::string_view partner = "";
#endif
#ifndef WITHOUT_check
  void check(const FrequencyLaw& law) const;
#endif
#ifndef WITHOUT_block_law
  BlockLaw block_law(Index dim) const;
#endif
#ifndef WITHOUT_draw
  Matrix<double> draw(const FrequencyLaw& law) const;
#endif
  bool is_structured(const FrequencyLaw& law) const;
#ifndef WITHOUT_make_operator
  template <Scalar T>
  std::unique_ptr<const ProjectionOperator<T>> make_operator(const FrequencyLaw& law,
                                                             double factor) const;
#endif
#ifndef WITHOUT_norms
  FrequencyNorms norms(const FrequencyLaw& law) const;
#endif
#ifndef WITHOUT_cost
  double cost(const FrequencyLaw& law) const;
#endif
#ifndef WITHOUT_operator
  friend bool operator==(const Planted&, const Planted&) = default;
#endif
};

static_assert(projections::all_complete(static_cast<const std::variant<Planted>*>(nullptr)));

}  // namespace bochner
