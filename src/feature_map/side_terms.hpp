// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "kernel/standard_form.hpp"

#include "linalg/inverse.hpp"

#include <cstddef>
#include <vector>

/// \file
/// What the pair transform does to queries and to keys.

namespace bochner {

/// x~ = A (x - centre), and tilt.x~ + constant is added to the log-factor. Empty vectors stand for
/// zeros.
template <class T>
struct SideTerms {
  InputTransform transform;
  std::vector<T> centre;
  std::vector<double> tilt;
  double constant = 0.0;
};

template <class T>
struct PairTerms {
  SideTerms<T> query;
  SideTerms<T> key;

  const SideTerms<T>& of(Side side) const noexcept { return side == Side::query ? query : key; }
};

namespace feature_map {

/// B A for the kernel's A.
inline InputTransform after(MatrixView<const double> b, const InputTransform& a) {
  InputTransform out;
  out.matrix.resize(static_cast<std::size_t>(b.rows * b.cols));
  std::vector<double> row(static_cast<std::size_t>(b.cols));
  for (Index i = 0; i < b.rows; ++i) {
    for (Index k = 0; k < b.cols; ++k) row[static_cast<std::size_t>(k)] = b(i, k);
    a.apply_transpose(row.data(), out.matrix.data() + i * b.cols);
  }
  return out;
}

/// The image of a shift as T holds it, so that nothing is left of what T rounds away; zeros of
/// none.
template <class T>
std::vector<double> image(const InputTransform& transform, const std::vector<T>& shift) {
  std::vector<double> out(static_cast<std::size_t>(transform.dim()));
  if (shift.empty()) return out;
  transform.apply(std::vector<double>(shift.begin(), shift.end()).data(), out.data());
  return out;
}

/// The same for x~ times `stretch`, coordinate by coordinate (empty: ones).
template <class T>
SideTerms<T> stretched(SideTerms<T> terms, const std::vector<double>& stretch) {
  InputTransform& transform = terms.transform;
  for (std::size_t k = 0; k < stretch.size(); ++k) {
    if (!terms.tilt.empty()) terms.tilt[k] /= stretch[k];
    if (!transform.diagonal.empty()) transform.diagonal[k] *= stretch[k];
    if (transform.matrix.empty()) continue;
    for (std::size_t l = 0; l < stretch.size(); ++l) {
      transform.matrix[k * stretch.size() + l] *= stretch[k];
    }
  }
  return terms;
}

}  // namespace feature_map

/// Of a valid transform. `constant` is added to the log-factors of both sides.
template <class T>
PairTerms<T> pair_terms(const PairTransform& transform, const StandardForm& kernel,
                        double constant) {
  PairTerms<T> out;
  out.query.transform = out.key.transform = kernel.transform;
  out.query.constant = out.key.constant = constant;
  if (!transform.matrix.empty()) {
    const Index dim = kernel.transform.dim();
    const MatrixView<const double> m(transform.matrix.data(), dim, dim);
    out.query.transform = feature_map::after(m, kernel.transform);
    out.key.transform =
        feature_map::after(linalg::inverse(m).matrix.view().transpose(), kernel.transform);
  }
  if (transform.query.empty() && transform.key.empty()) return out;
  out.query.centre.assign(transform.query.begin(), transform.query.end());
  out.key.centre.assign(transform.key.begin(), transform.key.end());
  if (kernel.shift_invariant) return out;
  out.query.tilt = feature_map::image(out.key.transform, out.key.centre);
  out.key.tilt = feature_map::image(out.query.transform, out.query.centre);
  for (std::size_t k = 0; k < out.key.tilt.size(); ++k) {
    out.key.constant += out.key.tilt[k] * out.query.tilt[k];
  }
  return out;
}

}  // namespace bochner
