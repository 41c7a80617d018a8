// SPDX-License-Identifier: Apache-2.0
#include "estimator/moment_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace bochner::estimator {
namespace {

constexpr double kTolerance = 1e-12;

template <std::size_t N>
double horner(const std::array<double, N>& coefficients, double t) {
  double value = coefficients[N - 1];
  for (std::size_t k = N - 1; k-- > 0;) value = value * t + coefficients[k];
  return value;
}

// From values at the Chebyshev points cos(pi (i + 1/2) / N) to coefficients of powers of t.
template <std::size_t N>
std::array<double, N> interpolate(const std::array<double, N>& values) {
  std::array<double, N> power{};
  std::array<double, N> before{};   // T_{k-1}
  std::array<double, N> current{};  // T_k
  current[0] = 1.0;
  for (std::size_t k = 0; k < N; ++k) {
    double coefficient = 0.0;
    for (std::size_t i = 0; i < N; ++i) {
      const double angle =
          std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(N);
      coefficient += values[i] * std::cos(static_cast<double>(k) * angle);
    }
    coefficient *= (k == 0 ? 1.0 : 2.0) / static_cast<double>(N);
    for (std::size_t j = 0; j <= k; ++j) power[j] += coefficient * current[j];
    std::array<double, N> next{};
    for (std::size_t j = 0; j + 1 < N; ++j) next[j + 1] = (k == 0 ? 1.0 : 2.0) * current[j];
    for (std::size_t j = 0; j < N; ++j) next[j] -= before[j];
    before = current;
    current = next;
  }
  return power;
}

bool close(double approximation, double exact, double size) {
  return std::abs(approximation - exact) <= kTolerance * size;
}

}  // namespace

MomentTable::MomentTable(const RowLaw& row, const BlockLaw& block)
    : row_(row),
      block_(block),
      coupled_(block.size > 1),
      paired_(block.in_pairs()),
      biased_(block.radii == Radii::constant),
      on_sphere_(biased_ && row.argument == RowLaw::Argument::sum),
      octaves_(std::make_unique<Octave[]>(kCount)) {}

MomentTable::Entry MomentTable::exact(double s) const {
  return entry(row_moments(row_, block_, s));
}

MomentTable::Entry MomentTable::entry(const RowMoments& h) {
  const double row = h.variance.mantissa;
  return {.log_row = h.variance.log_magnitude(),
          .ratio = row == 0.0 ? 0.0 : h.block.mantissa / row,
          .pair = row == 0.0 ? 0.0 : h.pair.mantissa / row,
          .bias = h.bias.value()};
}

MomentTable::Entry MomentTable::smooth(double s) const {
  if (!on_sphere_) return exact(s);
  const SphereRest rest = sphere_rest(row_, block_, s);
  return {.log_row = rest.log_variance,
          .ratio = rest.ratio,
          .pair = 0.0,
          .bias = s < kLong ? row_moments(row_, block_, s).bias.value() : rest.log_mean};
}

MomentTable::Entry MomentTable::finished(Entry entry, double s) const {
  if (!on_sphere_) return entry;
  const double exponent = sphere_exponent(row_, block_, s);
  entry.log_row += exponent;
  if (s >= kLong) entry.bias = std::expm1(entry.bias + 0.5 * exponent);
  return entry;
}

bool MomentTable::fit(double low, double high, Piece& piece) const {
  const double centre = 0.5 * (low + high);
  const double radius = 0.5 * (high - low);
  std::array<double, kDegree + 1> log_row;
  std::array<double, kDegree + 1> ratio;
  std::array<double, kDegree + 1> pair;
  std::array<double, kDegree + 1> bias;
  for (std::size_t i = 0; i < log_row.size(); ++i) {
    const double angle = std::numbers::pi * (static_cast<double>(i) + 0.5) / (kDegree + 1);
    const Entry entry = smooth(centre + radius * std::cos(angle));
    if (!std::isfinite(entry.log_row)) return false;
    log_row[i] = entry.log_row;
    ratio[i] = entry.ratio;
    pair[i] = entry.pair;
    bias[i] = entry.bias;
  }
  piece = {interpolate(log_row), interpolate(ratio), interpolate(pair), interpolate(bias)};
  // Between the points, and at the ends, where the error of interpolation is largest.
  for (const double t : {-1.0, -0.92, -0.6, 0.13, 0.65, 0.95, 1.0}) {
    const Entry entry = smooth(centre + radius * t);
    const double size = std::max(1.0, std::abs(entry.log_row));
    if (!close(horner(piece.log_row, t), entry.log_row, size)) return false;
    if (coupled_ && !close(horner(piece.ratio, t), entry.ratio, entry.ratio)) return false;
    if (paired_ && !close(horner(piece.pair, t), entry.pair, entry.pair)) return false;
    // A bias passes through zero; beside the standard deviation it need not be resolved there.
    const double deviation = std::exp(0.5 * entry.log_row);
    if (biased_ && !close(horner(piece.bias, t), entry.bias, std::abs(entry.bias) + deviation)) {
      return false;
    }
  }
  return true;
}

void MomentTable::build(Octave& octave, double start) const {
  constexpr int kMostPieces = 6;
  for (int log2_pieces = 1; log2_pieces <= kMostPieces; ++log2_pieces) {
    const int count = 1 << log2_pieces;
    const double width = start / count;
    std::vector<Piece> pieces(static_cast<std::size_t>(count));
    bool passed = true;
    for (int i = 0; passed && i < count; ++i) {
      passed = fit(start + i * width, start + (i + 1) * width, pieces[static_cast<std::size_t>(i)]);
    }
    if (passed) {
      octave.pieces = std::move(pieces);
      octave.log2_pieces = log2_pieces;
      return;
    }
  }
}

const MomentTable::Octave* MomentTable::octave(int index) const {
  if (index < 0 || index >= kCount) return nullptr;
  Octave& octave = octaves_[static_cast<std::size_t>(index)];
  if (!octave.ready.load(std::memory_order_acquire)) {
    // Not std::call_once: an exception that passes through the system's library has it load an
    // unwinder, and where memory has run out that ends the process.
    const std::lock_guard lock(octave.building);
    if (!octave.ready.load(std::memory_order_relaxed)) {
      build(octave, std::ldexp(1.0, index + kFirst));
      octave.ready.store(true, std::memory_order_release);
    }
  }
  return octave.pieces.empty() ? nullptr : &octave;
}

void MomentTable::look_up(const double* s, Index count, Entry* out) const {
  // Octave, piece and place within it are fields of the number's own bits.
  constexpr int kMantissaBits = 52;
  constexpr int kExponentBias = 1023;
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << kMantissaBits) - 1;
  constexpr std::uint64_t kOne = std::uint64_t{kExponentBias} << kMantissaBits;
  for (Index i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(s[i]);
    const int exponent = static_cast<int>(bits >> kMantissaBits) - kExponentBias;
    const Octave* const here = octave(exponent - kFirst);
    if (here == nullptr) {
      out[i] = exact(s[i]);
      continue;
    }
    const std::uint64_t mantissa = bits & kMantissa;
    const Piece& piece = here->pieces[mantissa >> (kMantissaBits - here->log2_pieces)];
    const std::uint64_t rest = (mantissa << here->log2_pieces) & kMantissa;
    const double t = 2.0 * std::bit_cast<double>(kOne | rest) - 3.0;
    out[i] = finished({.log_row = horner(piece.log_row, t),
                       .ratio = coupled_ ? horner(piece.ratio, t) : 1.0,
                       .pair = paired_ ? horner(piece.pair, t) : 0.0,
                       .bias = biased_ ? horner(piece.bias, t) : 0.0},
                      s[i]);
  }
}

}  // namespace bochner::estimator
