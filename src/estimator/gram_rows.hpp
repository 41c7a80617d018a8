// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "estimator/checks.hpp"
#include "estimator/mean_row.hpp"
#include "estimator/pair_geometry.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

/// \file
/// The rows of a Gram matrix, laid out for sums over its entries.

namespace bochner::estimator {

inline constexpr Door kGramDoor("gram_error_curve");

/// Rows after a transformation, by tiles of 64 rows, coordinate by coordinate.
class PlacedRows {
 public:
  static constexpr Index kTile = 64;

  /// `place(in, out)` writes the row's coordinates and returns its log-factor.
  template <class T, class Place>
  PlacedRows(const char* name, MatrixView<const T> x, const Place& place)
      : rows_(x.rows),
        dim_(x.cols),
        coordinates_((x.rows + kTile - 1) / kTile * x.cols, kTile),
        log_factor_(static_cast<std::size_t>(x.rows)) {
    std::vector<double> in(static_cast<std::size_t>(dim_));
    std::vector<double> out(in.size());
    for (Index i = 0; i < x.rows; ++i) {
      for (Index k = 0; k < dim_; ++k) in[static_cast<std::size_t>(k)] = x(i, k);
      log_factor_[static_cast<std::size_t>(i)] = place(in.data(), out.data());
      require_length(kGramDoor, name, i,
                     std::inner_product(out.begin(), out.end(), out.begin(), 0.0));
      for (Index k = 0; k < dim_; ++k) {
        coordinates_(i / kTile * dim_ + k, i % kTile) = out[static_cast<std::size_t>(k)];
      }
    }
  }

  Index tiles() const { return (rows_ + kTile - 1) / kTile; }
  Index tile_rows(Index tile) const { return std::min(kTile, rows_ - tile * kTile); }
  /// Coordinate k of the tile's rows.
  const double* coordinate(Index tile, Index k) const { return coordinates_.row(tile * dim_ + k); }
  const double* log_factors(Index tile) const { return log_factor_.data() + tile * kTile; }
  Index dim() const { return dim_; }

 private:
  Index rows_;
  Index dim_;
  Matrix<double> coordinates_;
  std::vector<double> log_factor_;
};

/// One side of the matrix.
struct GramRows {
  PlacedRows moments;                  ///< whose sums or differences the moments depend on
  std::optional<PlacedRows> kernel{};  ///< whose differences the kernel depends on, where others
  /// With one parameter per direction, coordinates over the roots of 1 - 8a.
  std::optional<PlacedRows> narrowed{};
};

/// The mean row, which is subtracted where only differences count, so that a common offset costs no
/// digits. Throws InvalidArgument for rows of another length or with numbers that are not finite.
template <class T>
std::vector<double> gram_origin(const PairGeometry& geometry, MatrixView<const T> x) {
  require_inputs(kGramDoor, "x", x, geometry.dim());
  return mean_row(x);
}

/// `directions` are those of `RowLaw`. Throws InvalidArgument as above, and for rows that are too
/// long.
template <class T>
GramRows place_rows(const char* name, const PairGeometry& geometry, Side side,
                    MatrixView<const T> x, const std::vector<double>& origin,
                    const std::vector<double>& directions) {
  require_inputs(kGramDoor, name, x, geometry.dim());
  const auto centred = [&](double* in, double* out) {
    for (std::size_t k = 0; k < origin.size(); ++k) in[k] -= origin[k];
    geometry.transform(in, out);
    return 0.0;
  };
  const auto placed = [&](const double* in, double* out) { return geometry.place(side, in, out); };
  const bool shifts = geometry.shift_invariant();
  if (shifts && geometry.argument() == RowLaw::Argument::difference) {
    return {.moments = PlacedRows(name, x, centred)};
  }
  GramRows rows{.moments = PlacedRows(name, x, placed)};
  if (shifts) rows.kernel.emplace(name, x, centred);
  if (directions.empty()) return rows;
  rows.narrowed.emplace(name, x, [&](const double* in, double* out) {
    const double log_factor = geometry.place(side, in, out);
    for (std::size_t l = 0; l < directions.size(); ++l) {
      out[l] /= std::sqrt(1.0 - 8.0 * directions[l]);
    }
    return log_factor;
  });
  return rows;
}

}  // namespace bochner::estimator
