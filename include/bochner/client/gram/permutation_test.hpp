// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/random/stream.hpp>

#include <tuple>
#include <vector>

/// \file
/// What tests by permutation have in common.

namespace bochner {

struct PermutationTestOptions {
  Index permutations = 999;  ///< B, at least 1
  Seed seed{};

  static constexpr auto fields() {
    return std::tuple{Field{"permutations", &PermutationTestOptions::permutations},
                      Field{"seed", &PermutationTestOptions::seed}};
  }
};

/// A statistic and its values after random permutations, which are its law under the hypothesis
/// that is tested.
struct PermutationTest {
  double statistic = 0.0;
  /// (1 + #{permuted >= statistic}) / (B + 1): at most alpha with probability at most alpha under
  /// the hypothesis, for every number of rows [Phipson10]. Values that differ by rounding only
  /// count as equal.
  double p_value = 1.0;
  std::vector<double> permuted;  ///< B values
};

}  // namespace bochner
