// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/estimator/weighted_chi_square.hpp>
#include <bochner/random/stream.hpp>

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// What tests of kernel means have in common.

namespace bochner {

/// Where the law of a statistic comes from that holds when there is nothing to find.
enum class NullLaw {
  weighted_chi_squares,  ///< its limit for many rows, by a `ChiSquareLaw`
  permutations           ///< of rows: exact for any number of them, in B times the time
};
constexpr std::array<std::string_view, 2> names_of(NullLaw) {
  return {"weighted-chi-squares", "permutations"};
}

struct KernelTestOptions {
  NullLaw null = NullLaw::permutations;
  ChiSquareLaw law = ChiSquareLaw::inversion;  ///< of `NullLaw::weighted_chi_squares`
  Index permutations = 999;                    ///< B of `NullLaw::permutations`, at least 1
  Seed seed{};                                 ///< of these

  static constexpr auto fields() {
    return std::tuple{Field{"null", &KernelTestOptions::null},
                      Field{"law", &KernelTestOptions::law},
                      Field{"permutations", &KernelTestOptions::permutations},
                      Field{"seed", &KernelTestOptions::seed}};
  }
};

/// A statistic, and how likely values as large are under the hypothesis that is tested.
struct KernelTest {
  double statistic = 0.0;
  /// By permutation, (1 + #{permuted >= statistic}) / (B + 1): at most alpha with probability at
  /// most alpha under the hypothesis, for every number of rows [Phipson10]. Values that differ by
  /// rounding only count as equal. By the limit law, its tail, which holds for many rows; 1 where
  /// rows do not vary.
  double p_value = 1.0;
  std::vector<double> permuted;  ///< the B values after permutations; none by the limit law
};

}  // namespace bochner
