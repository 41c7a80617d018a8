// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/exact_kernel.hpp"

#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/random/stream.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

/// \file
/// Data of every size, anywhere.

namespace bochner::property {

inline constexpr std::array kOffsets{0.0, 1e3, 1e6, 1e12};
inline constexpr std::array kScales{1e-30, 1e-10, 1.0, 1e10, 1e30};

/// n x d numbers scale (offset + normal), or nothing where T cannot hold them.
template <Scalar T>
std::optional<Matrix<T>> ranged_rows(Index n, Index d, double offset, double scale,
                                     std::uint64_t item = 0) {
  Matrix<T> x(n, d);
  const Stream stream({29}, Purpose::study, item);
  for (Index i = 0; i < x.size(); ++i) {
    const double value = scale * (offset + stream.normal(static_cast<std::uint64_t>(i)));
    if (std::abs(value) > static_cast<double>(std::numeric_limits<T>::max())) return std::nullopt;
    x.data()[i] = static_cast<T>(value);
  }
  return x;
}

/// Calls body(offset, scale) for all of them.
template <class Body>
void for_each_range(const Body& body) {
  for (const double offset : kOffsets) {
    for (const double scale : kScales) body(offset, scale);
  }
}

template <Scalar T>
testing::LongRow long_row(MatrixView<const T> x, Index i) {
  testing::LongRow row;
  for (Index k = 0; k < x.cols; ++k) row.push_back(x(i, k));
  return row;
}

template <Scalar T>
testing::ExactValue exact_value(const Kernel& kernel, MatrixView<const T> x, Index i, Index j) {
  return testing::ExactKernel(long_row<T>(x, i), long_row<T>(x, j))(kernel);
}

/// What `call` returns, or nothing where it refuses.
template <class Call>
auto answer(const Call& call) -> std::optional<decltype(call())> {
  try {
    return call();
  } catch (const InvalidArgument&) {
    return std::nullopt;
  }
}

}  // namespace bochner::property
