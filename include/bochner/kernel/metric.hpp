// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>

#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

/// \file
/// Metrics: the linear transform A of the inputs behind r^2 = |A (x - y)|^2 and A x . A y.

namespace bochner {

/// A = I / lengthscale.
struct Isotropic {
  static constexpr std::string_view name = "isotropic";
  double lengthscale = 1.0;  ///< finite, positive, in units of the inputs
  static constexpr auto fields() {
    return std::tuple{Field{"lengthscale", &Isotropic::lengthscale}};
  }
  friend bool operator==(const Isotropic&, const Isotropic&) = default;
};

/// A = diag(1 / lengthscales): automatic relevance determination.
struct Diagonal {
  static constexpr std::string_view name = "diagonal";
  std::vector<double> lengthscales;  ///< one per dimension, finite, positive
  static constexpr auto fields() {
    return std::tuple{Field{"lengthscales", &Diagonal::lengthscales}};
  }
  friend bool operator==(const Diagonal&, const Diagonal&) = default;
};

/// A given in full.
struct Full {
  static constexpr std::string_view name = "full";
  std::vector<double> matrix;  ///< A, input_dim x input_dim, row-major, finite
  static constexpr auto fields() { return std::tuple{Field{"matrix", &Full::matrix}}; }
  friend bool operator==(const Full&, const Full&) = default;
};

using Metric = std::variant<Isotropic, Diagonal, Full>;

}  // namespace bochner
