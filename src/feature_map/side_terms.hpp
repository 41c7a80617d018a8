// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "kernel/standard_form.hpp"

#include <cstddef>
#include <vector>

/// \file
/// What centring does to queries and to keys.

namespace bochner {

/// Subtract `centre`, add tilt.x~ + constant to the log-factor. Empty vectors stand for zeros.
template <class T>
struct SideTerms {
  std::vector<T> centre;
  std::vector<double> tilt;
  double constant = 0.0;
};

template <class T>
struct CentringTerms {
  SideTerms<T> query;
  SideTerms<T> key;

  const SideTerms<T>& of(Side side) const noexcept { return side == Side::query ? query : key; }
};

/// `constant` is added to the log-factors of both sides.
template <class T>
CentringTerms<T> centring_terms(const Centring& centring, const StandardForm& kernel,
                                double constant) {
  CentringTerms<T> out;
  out.query.constant = out.key.constant = constant;
  if (centring.query.empty()) return out;
  out.query.centre.assign(centring.query.begin(), centring.query.end());
  out.key.centre.assign(centring.key.begin(), centring.key.end());
  if (kernel.shift_invariant) return out;
  // Of the centres as they are subtracted, so that nothing is left of what T rounds away.
  const std::vector<double> query(out.query.centre.begin(), out.query.centre.end());
  const std::vector<double> key(out.key.centre.begin(), out.key.centre.end());
  out.query.tilt.resize(query.size());
  out.key.tilt.resize(key.size());
  kernel.transform.apply(key.data(), out.query.tilt.data());
  kernel.transform.apply(query.data(), out.key.tilt.data());
  for (std::size_t k = 0; k < query.size(); ++k) {
    out.key.constant += out.key.tilt[k] * out.query.tilt[k];
  }
  return out;
}

}  // namespace bochner
