// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/kernel/kernel.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

/// \file
/// Exact attention in long double, one row at a time, with a bound on what rounding may do to it.

namespace bochner::testing {

/// A row of exact attention.
struct OracleRow {
  std::vector<long double> out;        ///< the row
  std::vector<long double> weight;     ///< by key, 0 for those that are not seen
  std::vector<long double> tolerance;  ///< of the row, see `exact_row`
  long double delta = 0.0L;            ///< of its logits
  long double wide_delta = 0.0L;       ///< the same for logits that are computed in double
};

/// How far base-e logits may be off.
struct LogitRounding {
  double unit;     ///< unit roundoff of the scalar
  double largest;  ///< base-e logits up to this may be computed in it; beyond, in double
};

template <class T>
LogitRounding rounding_of() {
  return std::is_same_v<T, float> ? LogitRounding{0x1p-24, 180.0} : LogitRounding{0x1p-53, 1e308};
}

/// For softmax and Gaussian kernels with one lengthscale. With B the largest |q||k| s (Gaussian:
/// half the square of |q - k_0| + the largest |k - k_0|, k_0 the first key) over the keys seen, a
/// logit errs by at most delta = (d + 8) (u min(B, largest) + 2^-53 B'), B' = B for softmax kernels
/// and the logit itself for Gaussian ones, whose far rows are computed from differences; weights by
/// a factor e^(2 delta), and a mean of values by
///   sum_j p_j |v_j - out| (e^(2 delta) - 1) + (8 + min(S, 256) + S / 256) u sum_j p_j |v_j|,
/// sums being chains over tiles of 256 keys.
/// `bias` adds 4 u min(|bias - top|, largest).
template <class T>
OracleRow exact_row(
    const Kernel& kernel, const T* q, MatrixView<const T> keys, MatrixView<const T> values,
    const std::function<bool(Index)>& sees,
    const std::function<long double(Index)>& bias = [](Index) { return 0.0L; }) {
  const auto* softmax = std::get_if<SoftmaxKernel>(&kernel);
  const long double scale =
      softmax ? static_cast<long double>(softmax->scale)
              : 1.0L / std::get<Isotropic>(std::get<GaussianKernel>(kernel).metric).lengthscale;
  const LogitRounding rounding = rounding_of<T>();
  OracleRow row;
  const auto count = static_cast<std::size_t>(keys.rows);
  const auto columns = static_cast<std::size_t>(values.cols);
  row.weight.assign(count, 0.0L);
  row.out.assign(columns, 0.0L);
  row.tolerance.assign(columns, 0.0L);
  std::vector<long double> logit(count, -std::numeric_limits<long double>::infinity());
  long double top = -std::numeric_limits<long double>::infinity();
  long double top_bias = top;  // taken off first: long double has digits for sums, not for 3e38
  for (Index j = 0; j < keys.rows; ++j) {
    if (sees(j)) top_bias = std::max(top_bias, bias(j));
  }
  long double longest = 0.0L;
  long double length = 0.0L;
  for (Index c = 0; c < keys.cols; ++c) {
    const long double step = softmax ? q[c] : (static_cast<long double>(q[c]) - keys(0, c));
    length += step * step;
  }
  for (Index j = 0; j < keys.rows; ++j) {
    if (!sees(j)) continue;
    long double product = 0.0L;
    long double norm = 0.0L;
    for (Index c = 0; c < keys.cols; ++c) {
      const auto k = static_cast<long double>(keys(j, c));
      const auto x = static_cast<long double>(q[c]);
      product += softmax ? x * k : -0.5L * (x - k) * (x - k) * scale;
      norm += softmax ? k * k : (k - keys(0, c)) * (k - keys(0, c));
    }
    longest = std::max(longest, std::sqrt(norm));
    logit[static_cast<std::size_t>(j)] = scale * product + (bias(j) - top_bias);
    top = std::max(top, logit[static_cast<std::size_t>(j)]);
  }
  const long double root = std::sqrt(length);
  const long double bound =
      softmax ? scale * root * longest : 0.5L * scale * scale * (root + longest) * (root + longest);
  long double sum = 0.0L;
  for (std::size_t j = 0; j < count; ++j) {
    if (!sees(static_cast<Index>(j))) continue;
    row.weight[j] = std::exp(logit[j] - top);
    sum += row.weight[j];
  }
  for (std::size_t j = 0; j < count; ++j) {
    row.weight[j] /= sum;
    if (row.weight[j] == 0.0L) continue;
    for (std::size_t c = 0; c < columns; ++c) {
      row.out[c] += row.weight[j] * values(static_cast<Index>(j), static_cast<Index>(c));
    }
  }
  const long double far = softmax ? bound : std::abs(top) + 50.0L;
  const long double delta = (static_cast<long double>(keys.cols) + 8.0L) *
                            (static_cast<long double>(rounding.unit) *
                                 std::min<long double>(bound + 50.0L, rounding.largest) +
                             0x1p-53L * far);
  row.delta = delta;
  row.wide_delta = 2.0L * (static_cast<long double>(keys.cols) + 8.0L) * 0x1p-53L * (far + bound);
  const long double spread = std::expm1(std::min(2.0L * delta, 700.0L));
  for (std::size_t j = 0; j < count; ++j) {
    if (row.weight[j] == 0.0L) continue;
    for (std::size_t c = 0; c < columns; ++c) {
      const auto v = static_cast<long double>(values(static_cast<Index>(j), static_cast<Index>(c)));
      const long double sums =
          (8.0L + std::min<long double>(count, 256) + static_cast<long double>(count) / 256.0L) *
          static_cast<long double>(rounding.unit);
      row.tolerance[c] += row.weight[j] * (std::abs(v - row.out[c]) * spread + sums * std::abs(v));
    }
  }
  for (long double& t : row.tolerance) t += static_cast<long double>(std::numeric_limits<T>::min());
  return row;
}

}  // namespace bochner::testing
