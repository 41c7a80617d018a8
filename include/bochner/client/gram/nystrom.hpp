// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/client/gram/exact.hpp>
#include <bochner/core/field.hpp>
#include <bochner/random/stream.hpp>

#include <array>
#include <string_view>
#include <tuple>

/// \file
/// Approximations from columns of the matrix, to compare random features with.

namespace bochner {

/// How the columns are chosen.
enum class Pivoting {
  uniform,          ///< at random without replacement [Williams01]
  ridge_leverage,   ///< by ridge leverage scores, approximated from a uniform pass [Musco17]
  randomly_pivoted  ///< in proportion to what the columns before left of the diagonal [Chen25]
};
constexpr std::array<std::string_view, 3> names_of(Pivoting) {
  return {"uniform", "ridge-leverage", "randomly-pivoted"};
}

struct NystromOptions {
  Index rank = 0;  ///< columns, 1 to n
  Pivoting pivoting = Pivoting::randomly_pivoted;
  Seed seed{};

  static constexpr auto fields() {
    return std::tuple{Field{"rank", &NystromOptions::rank},
                      Field{"pivoting", &NystromOptions::pivoting},
                      Field{"seed", &NystromOptions::seed}};
  }
};

/// K(:, S) K(S, S)^+ K(S, :) as F F^T.
///
/// ```cpp
/// Matrix<double> x(1000, 3);
/// Stream({1}, Purpose::study).normals(0, {x.data(), 3000});
/// const ExactGram exact(GaussianKernel{}, x);
/// const Nystrom<double> columns = nystrom<double>(exact, {.rank = 100, .seed = {1}});
/// const double missing = columns.relative_trace_error;  // a share of the trace, exactly
/// ```
template <Scalar T>
struct Nystrom {
  GramApproximation<T> gram;
  std::vector<Index>
      pivots;  ///< S, in the order taken; a column that earlier ones explain is left out
  /// tr(K - F F^T) / tr K: since the difference is positive semidefinite, 0 says that they are
  /// equal.
  double relative_trace_error = 0.0;
};

/// The partial Cholesky factorisation of K with these pivots, computed in double. Needs n (rank +
/// 64) numbers and O(n rank (d + rank)) operations, twice that for leverage scores; random pivots
/// are drawn 64 at a time and thinned, which has the law of one at a time [Epperly24]. The same
/// bits for any number of threads. Throws InvalidArgument unless 1 <= rank <= n, when K vanishes,
/// and as `ExactGram::rows`.
template <Scalar T>
Nystrom<T> nystrom(const ExactGram& gram, const NystromOptions& options,
                   const Execution& execution = {});

extern template BOCHNER_EXPORT Nystrom<float> nystrom(const ExactGram&, const NystromOptions&,
                                                      const Execution&);
extern template BOCHNER_EXPORT Nystrom<double> nystrom(const ExactGram&, const NystromOptions&,
                                                       const Execution&);

}  // namespace bochner
