// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/approximation.hpp"
#include "bochner/client/gram/principal_components.hpp"
#include "bochner/client/gram/shifted.hpp"
#include "interface/python/records.hpp"

#include <nanobind/nanobind.h>

#include <concepts>
#include <variant>

/// \file
/// Gram matrices of features of either scalar.

namespace bochner::python {

/// A class of the library in the scalar of the rows that it was made from.
template <template <Scalar> class Of>
struct OfEitherScalar {
  std::variant<Of<float>, Of<double>> value;

  template <Scalar T>
  const Of<T>& in() const {
    if (is_single() != std::same_as<T, float>) {
      throw nanobind::type_error("bochner: arguments of one call have different dtypes");
    }
    return std::get<Of<T>>(value);
  }
  bool is_single() const { return value.index() == 0; }
};

using AnyGram = OfEitherScalar<GramApproximation>;
using AnyShiftedGram = OfEitherScalar<ShiftedGram>;
using AnyComponents = OfEitherScalar<KernelPrincipalComponents>;

/// `body.template operator()<T>()` for the scalar of `any`, without the interpreter's lock.
template <class Any, class Body>
decltype(auto) unlocked_in(const Any& any, const Body& body) {
  const bool single = any.is_single();
  const nanobind::gil_scoped_release release;
  if (single) return body.template operator()<float>();
  return body.template operator()<double>();
}

}  // namespace bochner::python
