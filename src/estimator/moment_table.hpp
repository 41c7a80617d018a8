// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "estimator/row_law.hpp"
#include "estimator/row_moments.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

/// \file
/// The closed forms of a map as piecewise polynomials, for sums over whole Gram matrices.

namespace bochner::estimator {

/// `row_moments` at many s, at nanoseconds each. The half-line is cut into octaves, every octave
/// into as many equal pieces as it takes for polynomials of fixed degree to pass a check against
/// the closed form to 1e-12; an octave where none passes (a variance with zeros) stays with the
/// closed form. Octaves are built when first met; what they hold does not depend on which thread
/// that was.
class MomentTable {
 public:
  /// In natural units (see `RowLaw::natural`), squared for variances.
  struct Entry {
    double log_row = 0.0;  ///< log of one row's variance
    double ratio = 1.0;    ///< block variance over row variance
    double pair = 0.0;     ///< variance of a pair over row variance, where there are such
    double bias = 0.0;
  };

  MomentTable(const RowLaw& row, const BlockLaw& block);

  /// Entries at s[0 .. count).
  void look_up(const double* s, Index count, Entry* out) const;

  /// The closed form.
  Entry exact(double s) const;

  static Entry entry(const RowMoments& moments);

 private:
  static constexpr int kDegree = 11;
  static constexpr double kLong = 1.0;
  using Polynomial = std::array<double, kDegree + 1>;
  struct Piece {
    Polynomial log_row;
    Polynomial ratio;
    Polynomial pair;
    Polynomial bias;
  };
  struct Octave {
    std::mutex building;
    std::atomic<bool> ready{false};
    int log2_pieces = 0;
    std::vector<Piece> pieces;  ///< empty when no polynomial passed
  };
  // Octaves [2^e, 2^{e+1}) for e from kFirst on: all normal numbers.
  static constexpr int kFirst = -1022;
  static constexpr int kCount = 2046;

  /// What pieces hold: on the sphere without the exponent, and from kLong on the logarithm of the
  /// mean in place of the bias.
  Entry smooth(double s) const;
  /// From that to the entry.
  Entry finished(Entry entry, double s) const;

  const Octave* octave(int index) const;
  void build(Octave& octave, double start) const;
  bool fit(double low, double high, Piece& piece) const;

  RowLaw row_;
  BlockLaw block_;
  bool coupled_;
  bool paired_;
  bool biased_;
  bool on_sphere_;  ///< maps of sums with constant radii: see `SphereRest`
  std::unique_ptr<Octave[]> octaves_;
};

}  // namespace bochner::estimator
