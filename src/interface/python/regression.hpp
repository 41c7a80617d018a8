// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/guarded.hpp"
#include "interface/python/records.hpp"

#include <nanobind/nanobind.h>

#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

/// \file
/// Regressions of either scalar.

namespace bochner::python {

/// Sums that change: one call at a time.
class AnyEquations {
 public:
  using Sums = std::variant<NormalEquations<float>, NormalEquations<double>>;
  explicit AnyEquations(Sums sums) : sums_("NormalEquations", std::move(sums)) {}

  /// `body` of the sums, alone with them and without the interpreter's lock; a body that takes them
  /// by mutable reference may change them.
  template <class Body>
  decltype(auto) alone(const Body& body) {
    const nb::gil_scoped_release release;
    if constexpr (std::is_invocable_v<const Body&, const Sums&>) {
      return sums_.look(body);
    } else {
      return sums_.change(body);
    }
  }

  /// `body` of this and of `other`'s.
  template <class Body>
  void alone_with(const AnyEquations& other, const Body& body) {
    const nb::gil_scoped_release release;
    sums_.change_by(other.sums_, body);
  }

 private:
  Guarded<Sums> sums_;
};

struct AnyRidge {
  std::variant<RidgeRegression<float>, RidgeRegression<double>> model;
};

struct AnyLogistic {
  std::variant<LogisticRegression<float>, LogisticRegression<double>> model;
};

inline TargetView targets_of(const Input& y) {
  if (is_single(y)) return matrix<float>(y);
  return matrix<double>(y);
}

template <Scalar T>
std::span<const T> weights_of(const Maybe& weights) {
  if (!weights) return {};
  return vector<T>(*weights);
}

template <Scalar T>
TrainingRows<T> rows_of(const Input& x, const Input& y, const Maybe& weights) {
  return {matrix<T>(x), targets_of(y), weights_of<T>(weights)};
}

template <Scalar T>
LabelledRows<T> labelled_rows_of(const Input& x, const Input& labels, const Maybe& weights) {
  return {matrix<T>(x), vector<Index>(labels), weights_of<T>(weights)};
}

inline Folds folds_of(Index count, const Input& fold, const Input& unit, Index num_units) {
  const auto folds = vector<Index>(fold);
  const auto units = vector<Index>(unit);
  return {count, {folds.begin(), folds.end()}, {units.begin(), units.end()}, num_units};
}

inline Intercept intercept_of(bool fitted) { return fitted ? Intercept::fitted : Intercept::none; }

/// What is fitted, in the options of a fit, whatever they call it.
template <class Options>
RidgeOptions& ridge_options(Options& options) {
  if constexpr (requires { options.model; }) {
    return options.model;
  } else {
    return options.ridge;
  }
}

}  // namespace bochner::python
