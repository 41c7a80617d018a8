// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/client/gram/exact.hpp>
#include <bochner/client/gram/shifted.hpp>
#include <bochner/core/field.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/random/stream.hpp>

#include <optional>
#include <tuple>

/// \file
/// How far an approximate Gram matrix is from the exact one, found without forming either. (The
/// error to expect before anything is drawn is `gram_error`.)

namespace bochner {

/// |K^ - K|_F^2 from a sample.
struct SampledGramError {
  double squared_error = 0.0;   ///< unbiased
  double standard_error = 0.0;  ///< of the above
  double least = 0.0;           ///< what is known exactly: the diagonal's part
  Index samples = 0;

  /// Student's t interval of |K^ - K|_F at `level` in (0, 1), never below `least`. Throws
  /// InvalidArgument for other levels. Nominal for features of bounded entries; positive features
  /// of long rows have a few entries that carry the error, which a sample may miss.
  BOCHNER_EXPORT Interval interval(double level = 0.95) const;

  static constexpr auto fields() {
    return std::tuple{Field{"squared_error", &SampledGramError::squared_error},
                      Field{"standard_error", &SampledGramError::standard_error},
                      Field{"least", &SampledGramError::least},
                      Field{"samples", &SampledGramError::samples}};
  }
};

/// |K|_F^2, exactly.
struct GramNorm {
  double squared = 0.0;
  double squared_off_diagonal = 0.0;
};

/// O(n^2 d), K not stored; the same bits for any number of threads. Throws as `ExactGram::rows`.
BOCHNER_EXPORT GramNorm squared_norm(const ExactGram& gram, const Execution& execution = {});

/// The interval over |K|_F; nothing where K is nearly sparse, its diagonal carrying more than half
/// of |K|_F^2: the quotient then says how large the diagonal is, not how good the approximation.
BOCHNER_EXPORT std::optional<Interval> relative_interval(const SampledGramError& estimate,
                                                         const GramNorm& norm, double level = 0.95);

struct SampledErrorOptions {
  /// Pairs i != j, drawn uniformly with replacement; at least 2. Where a few far rows carry most of
  /// the error, as with orthogonal features of standardised data, thousands are too few for the
  /// interval's coverage.
  Index samples = 20'000;
  Seed seed{};

  static constexpr auto fields() {
    return std::tuple{Field{"samples", &SampledErrorOptions::samples},
                      Field{"seed", &SampledErrorOptions::seed}};
  }
};

/// The diagonal's error exactly, plus n (n - 1) times the mean of (K^_ij - K_ij)^2 over sampled
/// pairs. O(n D + samples (D + d)), O((n + samples) m d) without stored features. Throws
/// InvalidArgument when sizes differ, samples < 2, n < 2, or an entry overflows.
template <Scalar T>
SampledGramError sampled_error(const GramApproximation<T>& approximation, const ExactGram& exact,
                               const SampledErrorOptions& options = {},
                               const Execution& execution = {});

struct HutchinsonOptions {
  Index probes = 10;  ///< at least 2
  Seed seed{};

  static constexpr auto fields() {
    return std::tuple{Field{"probes", &HutchinsonOptions::probes},
                      Field{"seed", &HutchinsonOptions::seed}};
  }
};

/// The mean of |(K^ - K) g|^2 over vectors of random signs [Hutchinson90]. O(n^2 d) for all of
/// them. Throws InvalidArgument when sizes differ, probes < 2, or a product overflows.
template <Scalar T>
SampledGramError hutchinson_error(const GramApproximation<T>& approximation, const ExactGram& exact,
                                  const HutchinsonOptions& options = {},
                                  const Execution& execution = {});

struct LanczosErrorOptions {
  double tolerance = 1e-6;  ///< on the residual, relative to the value
  Index max_steps = 100;    ///< at least 1; one product with K each
  Seed seed{};              ///< of the start

  static constexpr auto fields() {
    return std::tuple{Field{"tolerance", &LanczosErrorOptions::tolerance},
                      Field{"max_steps", &LanczosErrorOptions::max_steps},
                      Field{"seed", &LanczosErrorOptions::seed}};
  }
};

/// |K^ - K|_2.
struct SpectralError {
  double value = 0.0;     ///< from below
  double residual = 0.0;  ///< an eigenvalue of K^ - K is this close to +value or -value
  Index steps = 0;
  bool converged = false;

  static constexpr auto fields() {
    return std::tuple{
        Field{"value", &SpectralError::value}, Field{"residual", &SpectralError::residual},
        Field{"steps", &SpectralError::steps}, Field{"converged", &SpectralError::converged}};
  }
};

/// Lanczos' iteration on the difference, which is never formed. (Power iteration, which is often
/// used, approaches from further below: 0.89 of the value after five steps is usual.) Throws
/// InvalidArgument when sizes differ, on options out of range, and when a product overflows.
template <Scalar T>
SpectralError spectral_error(const GramApproximation<T>& approximation, const ExactGram& exact,
                             const LanczosErrorOptions& options = {},
                             const Execution& execution = {});

/// The ends of the spectrum of (K + lambda I)^-1/2 (K^ - K) (K + lambda I)^-1/2.
struct DeltaSpectral {
  double low = 0.0;
  double high = 0.0;
  Index steps = 0;
  bool converged = false;
  /// The least Delta with (1 - Delta)(K + lambda I) <= K^ + lambda I <= (1 + Delta)(K + lambda I)
  /// [Avron17, definition 1].
  double delta() const { return low < -high ? -low : high; }

  static constexpr auto fields() {
    return std::tuple{Field{"low", &DeltaSpectral::low}, Field{"high", &DeltaSpectral::high},
                      Field{"steps", &DeltaSpectral::steps},
                      Field{"converged", &DeltaSpectral::converged}};
  }
};

/// From the spectrum of S^T (K - K^) S, S S^T = (K^ + lambda I)^-1, whose ends nu give -nu / (1 +
/// nu): only the approximation is ever inverted. One product with K per step. `shifted` is of the
/// same approximation. Throws as `spectral_error`.
template <Scalar T>
DeltaSpectral delta_spectral(const GramApproximation<T>& approximation,
                             const ShiftedGram<T>& shifted, const ExactGram& exact,
                             const LanczosErrorOptions& options = {},
                             const Execution& execution = {});

extern template BOCHNER_EXPORT SampledGramError sampled_error(const GramApproximation<float>&,
                                                              const ExactGram&,
                                                              const SampledErrorOptions&,
                                                              const Execution&);
extern template BOCHNER_EXPORT SampledGramError hutchinson_error(const GramApproximation<float>&,
                                                                 const ExactGram&,
                                                                 const HutchinsonOptions&,
                                                                 const Execution&);
extern template BOCHNER_EXPORT SpectralError spectral_error(const GramApproximation<float>&,
                                                            const ExactGram&,
                                                            const LanczosErrorOptions&,
                                                            const Execution&);
extern template BOCHNER_EXPORT DeltaSpectral delta_spectral(const GramApproximation<float>&,
                                                            const ShiftedGram<float>&,
                                                            const ExactGram&,
                                                            const LanczosErrorOptions&,
                                                            const Execution&);
extern template BOCHNER_EXPORT SampledGramError sampled_error(const GramApproximation<double>&,
                                                              const ExactGram&,
                                                              const SampledErrorOptions&,
                                                              const Execution&);
extern template BOCHNER_EXPORT SampledGramError hutchinson_error(const GramApproximation<double>&,
                                                                 const ExactGram&,
                                                                 const HutchinsonOptions&,
                                                                 const Execution&);
extern template BOCHNER_EXPORT SpectralError spectral_error(const GramApproximation<double>&,
                                                            const ExactGram&,
                                                            const LanczosErrorOptions&,
                                                            const Execution&);
extern template BOCHNER_EXPORT DeltaSpectral delta_spectral(const GramApproximation<double>&,
                                                            const ShiftedGram<double>&,
                                                            const ExactGram&,
                                                            const LanczosErrorOptions&,
                                                            const Execution&);

}  // namespace bochner
