// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/gram_error.hpp"

#include "estimator/error_sums.hpp"
#include "estimator/gram_rows.hpp"
#include "estimator/moment_table.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/product_error_curve.hpp"
#include "estimator/row_moments.hpp"
#include "features/stage.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace bochner {

using namespace estimator;

namespace {

constexpr Index kTile = PlacedRows::kTile;
constexpr double kNoEntry = -std::numeric_limits<double>::infinity();

/// Numbers for the entries of one row and one tile.
using Strip = std::array<double, kTile>;

class GramSum {
 public:
  GramSum(const RowLaw& row, const BlockLaw& block)
      : row_(row),
        block_(block),
        coupled_(block.size > 1),
        paired_(block.in_pairs()),
        biased_(block.radii == Radii::constant),
        table_(row, block) {}

  /// Entries (row i of tile a of x, all of tile b of y), each `multiplicity` times.
  void add(const GramRows& rows, Index a, Index i, const GramRows& columns, Index b,
           double multiplicity, ErrorSums& sums) const {
    const PlacedRows& x = rows.moments;
    const PlacedRows& y = columns.moments;
    const auto count = static_cast<std::size_t>(y.tile_rows(b));
    Strip s;
    squared_distances(x, a, i, y, b, row_.sign(), s);
    Moments moments;
    if (rows.narrowed) {
      moments_by_direction(*rows.narrowed, a, i, *columns.narrowed, b, s, moments);
    } else {
      table_.look_up(s.data(), static_cast<Index>(count), moments.data());
    }
    Strip log_exact;
    Strip log_unit;  // of the moments
    const double log_here = x.log_factors(a)[i];
    const double* const log_there = y.log_factors(b);
    if (rows.kernel) {
      squared_distances(*rows.kernel, a, i, *columns.kernel, b, -1.0, log_exact);
      for (std::size_t j = 0; j < count; ++j) log_unit[j] = log_exact[j] *= -0.5;
    } else {
      for (std::size_t j = 0; j < count; ++j) {
        const double log_factor = log_here + log_there[j];
        log_exact[j] =
            log_factor + (row_.profile ? std::log(row_.profile(s[j])) : 0.5 * row_.sign() * s[j]);
        log_unit[j] = log_factor + row_.natural(s[j]);
      }
    }

    Strip exponent;
    // exponent[j] becomes exp(exponent[j] - their maximum, which is returned).
    const auto exponentials = [&] {
      const double top = *std::max_element(exponent.begin(), exponent.begin() + count);
      if (top == kNoEntry) {
        exponent.fill(0.0);
        return 0.0;
      }
      for (std::size_t j = 0; j < count; ++j) exponent[j] -= top;
      simd::kernels<double>().exp(exponent.data(), exponent.data(), static_cast<Index>(count));
      return top;
    };
    const auto fold = [&](LogSum& sum, double top, auto weight) {
      double total = 0.0;
      for (std::size_t j = 0; j < count; ++j) total += weight(moments[j]) * exponent[j];
      sum.add(multiplicity * total, top);
    };
    const auto one = [](const MomentTable::Entry&) { return 1.0; };

    for (std::size_t j = 0; j < count; ++j) exponent[j] = 2.0 * log_exact[j];
    double top = exponentials();
    fold(sums.norm, top, one);
    if (biased_) {
      for (std::size_t j = 0; j < count; ++j) exponent[j] = 2.0 * log_unit[j];
      top = exponentials();
      fold(sums.bias, top, [](const MomentTable::Entry& m) { return m.bias * m.bias; });
    }
    for (std::size_t j = 0; j < count; ++j) {
      exponent[j] = 2.0 * log_unit[j] + moments[j].log_row;
    }
    top = exponentials();
    fold(sums.row, top, one);
    if (coupled_) fold(sums.block, top, [](const MomentTable::Entry& m) { return m.ratio; });
    if (paired_) fold(sums.pair, top, [](const MomentTable::Entry& m) { return m.pair; });
  }

 private:
  using Moments = std::array<MomentTable::Entry, kTile>;

  /// From rows over the roots of 1 - 8a, whose squared sums are s + 8t.
  void moments_by_direction(const PlacedRows& x, Index a, Index i, const PlacedRows& y, Index b,
                            const Strip& s, Moments& out) const {
    Strip narrowed;
    squared_distances(x, a, i, y, b, row_.sign(), narrowed);
    for (std::size_t j = 0; j < static_cast<std::size_t>(y.tile_rows(b)); ++j) {
      out[j] = MomentTable::entry(row_moments(row_, block_, s[j], 0.125 * (narrowed[j] - s[j])));
    }
  }

  /// |x_i + sign y_j|^2 against a whole tile; entries past its last row are not used.
  static void squared_distances(const PlacedRows& x, Index a, Index i, const PlacedRows& y, Index b,
                                double sign, Strip& out) {
    constexpr std::size_t kGroup = 16;  // sums that stay in registers
    for (std::size_t first = 0; first < kTile; first += kGroup) {
      std::array<double, kGroup> sum{};
      for (Index k = 0; k < x.dim(); ++k) {
        const double here = x.coordinate(a, k)[i];
        const double* const there = y.coordinate(b, k) + first;
        for (std::size_t j = 0; j < kGroup; ++j) {
          const double entry = here + sign * there[j];
          sum[j] += entry * entry;
        }
      }
      std::copy(sum.begin(), sum.end(), out.begin() + first);
    }
  }

  RowLaw row_;
  BlockLaw block_;
  bool coupled_;
  bool paired_;
  bool biased_;
  MomentTable table_;
};

/// Sums over all entries; with `symmetric`, over the upper triangle of tiles, twice what is off
/// the diagonal.
enum class Shape { general, symmetric };

GramErrorCurve sum_entries(const FeatureMapSpec& spec, const GramRows& x, const GramRows& y,
                           Shape shape, const Execution& execution) {
  const BlockLaw block = closed_form_block(spec);
  const GramSum gram(row_law(spec.kernel, spec.features), block);
  ErrorSums total = sum_over_blocks(x.moments.tiles(), execution, [&](Index a, ErrorSums& sums) {
    for (Index b = shape == Shape::symmetric ? a : 0; b < y.moments.tiles(); ++b) {
      const double multiplicity = shape == Shape::symmetric && b > a ? 2.0 : 1.0;
      for (Index i = 0; i < x.moments.tile_rows(a); ++i) {
        gram.add(x, a, i, y, b, multiplicity, sums);
      }
    }
  });
  if (block.size == 1) total.block = total.row;
  return total.curve(block);
}

}  // namespace

PredictedGramError GramErrorCurve::at(Index num_frequencies) const {
  constexpr Door kDoor("GramErrorCurve::at");
  kDoor.at_least("num_frequencies", num_frequencies, 1);
  if (num_frequencies <= exact_columns) {
    kDoor.refuse("num_frequencies", std::to_string(num_frequencies),
                 "more than " + std::to_string(exact_columns) + " (columns of exact terms)");
  }
  BlockLaw law{.size = block_size, .exact = exact_columns};
  if (pair_size == 2) law.pairing = BlockLaw::Pairing::radii;  // shares are those of any pairs
  if (groups == ColumnGroups::sketches) law.pairing = BlockLaw::Pairing::sketch;
  const LogVariances variances{
      .row = log_row_variance, .pair = log_pair_variance, .block = log_block_variance};
  PredictedGramError out;
  out.log_squared_error = log_sum(log_variance(law, variances, num_frequencies), log_squared_bias);
  out.log_squared_norm = log_squared_norm;
  out.squared_error = std::exp(out.log_squared_error);
  out.squared_norm = std::exp(out.log_squared_norm);
  out.relative_error = std::exp(0.5 * (out.log_squared_error - out.log_squared_norm));
  return out;
}

template <Scalar T>
GramErrorCurve gram_error_curve(const FeatureMapSpec& spec, MatrixView<const T> x,
                                MatrixView<const T> y, const Execution& execution) {
  if (multiplies(spec.features)) return product_error_curve(kGramDoor, spec, x, &y, execution);
  const PairGeometry geometry(kGramDoor, spec);
  const std::vector<double> origin = gram_origin(geometry, x);
  const std::vector<double> directions = row_law(spec.features).directions;
  const GramRows queries = place_rows("x", geometry, Side::query, x, origin, directions);
  const GramRows keys = place_rows("y", geometry, Side::key, y, origin, directions);
  return sum_entries(spec, queries, keys, Shape::general, execution);
}

template <Scalar T>
GramErrorCurve gram_error_curve(const FeatureMapSpec& spec, MatrixView<const T> x,
                                const Execution& execution) {
  if (!spec.transform.is_symmetric()) return gram_error_curve(spec, x, x, execution);
  if (multiplies(spec.features)) {
    return product_error_curve<T>(kGramDoor, spec, x, nullptr, execution);
  }
  const PairGeometry geometry(kGramDoor, spec);
  const GramRows rows = place_rows("x", geometry, Side::query, x, gram_origin(geometry, x),
                                   row_law(spec.features).directions);
  return sum_entries(spec, rows, rows, Shape::symmetric, execution);
}

template <Scalar T>
PredictedGramError gram_error(const FeatureMapSpec& spec, MatrixView<const T> x,
                              MatrixView<const T> y, const Execution& execution) {
  return gram_error_curve(spec, x, y, execution).at(spec.num_frequencies);
}

template <Scalar T>
PredictedGramError gram_error(const FeatureMapSpec& spec, MatrixView<const T> x,
                              const Execution& execution) {
  return gram_error_curve(spec, x, execution).at(spec.num_frequencies);
}

template GramErrorCurve gram_error_curve<float>(const FeatureMapSpec&, MatrixView<const float>,
                                                MatrixView<const float>, const Execution&);
template GramErrorCurve gram_error_curve<double>(const FeatureMapSpec&, MatrixView<const double>,
                                                 MatrixView<const double>, const Execution&);
template GramErrorCurve gram_error_curve<float>(const FeatureMapSpec&, MatrixView<const float>,
                                                const Execution&);
template GramErrorCurve gram_error_curve<double>(const FeatureMapSpec&, MatrixView<const double>,
                                                 const Execution&);
template PredictedGramError gram_error<float>(const FeatureMapSpec&, MatrixView<const float>,
                                              MatrixView<const float>, const Execution&);
template PredictedGramError gram_error<double>(const FeatureMapSpec&, MatrixView<const double>,
                                               MatrixView<const double>, const Execution&);
template PredictedGramError gram_error<float>(const FeatureMapSpec&, MatrixView<const float>,
                                              const Execution&);
template PredictedGramError gram_error<double>(const FeatureMapSpec&, MatrixView<const double>,
                                               const Execution&);

}  // namespace bochner
