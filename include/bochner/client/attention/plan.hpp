// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/backend.hpp>
#include <bochner/client/attention/heads.hpp>
#include <bochner/core/field.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// Which attention each head needs: exact, features, or some of both.

namespace bochner {

/// What a plan decides for.
enum class AttentionMethod {
  exact,               ///< all pairs exactly
  features,            ///< all pairs by random features
  exact_and_features,  ///< a window exactly, the rest by features
  exact_and_means      ///< blocks of keys exactly, the others by their means
};
constexpr std::array<std::string_view, 4> names_of(AttentionMethod) {
  return {"exact", "features", "exact-and-features", "exact-and-means"};
}

/// Where the error of a plan comes from.
enum class PlanErrorSource {
  none,         ///< exact: there is none
  closed_form,  ///< from the variances of the map at the head's rows
  measured      ///< against exact attention on rows of the head; by redraws where it is random
};
constexpr std::array<std::string_view, 3> names_of(PlanErrorSource) {
  return {"none", "closed-form", "measured"};
}

/// What to plan for: with `time`, the smallest error in that time; without it, the shortest time
/// for that error.
struct AttentionGoal {
  /// Root mean square of |o^ - o| over rows, relative to that of |o|.
  double error = 0.1;
  /// Modelled time, relative to that of exact attention.
  std::optional<double> time{};
  AttentionCosts costs{};
};

/// What one query head should do.
struct HeadPlan {
  AttentionMethod method = AttentionMethod::exact;
  FeatureMapSpec spec;  ///< of its map: calibrated; of methods without features the kernel counts
  ExactPairs exact;
  Rest rest = Rest::none;
  double error = 0.0;  ///< expected, as in `AttentionGoal`
  PlanErrorSource source = PlanErrorSource::none;
  double exact_share = 1.0;        ///< of the pairs, weighed exactly
  double nanoseconds = 0.0;        ///< modelled, one batch entry on one thread
  double exact_nanoseconds = 0.0;  ///< the same for exact attention
  std::string sentence;            ///< why

  static constexpr auto fields() {
    return std::tuple{Field{"method", &HeadPlan::method},
                      Field{"spec", &HeadPlan::spec},
                      Field{"exact", &HeadPlan::exact},
                      Field{"rest", &HeadPlan::rest},
                      Field{"error", &HeadPlan::error},
                      Field{"source", &HeadPlan::source},
                      Field{"exact_share", &HeadPlan::exact_share},
                      Field{"nanoseconds", &HeadPlan::nanoseconds},
                      Field{"exact_nanoseconds", &HeadPlan::exact_nanoseconds},
                      Field{"sentence", &HeadPlan::sentence}};
  }
};

/// For each query head, on a sample of its rows (all of them up to 1,024, else as many in stretches
/// of 64): the maps of `calibrate` with 32 to 512 frequencies, windows of 16 to 1,024 keys with
/// these, and blocks of 16 x 16 by means; of those that reach the goal the one that the model of
/// costs says is fastest, exact attention where none is faster. Errors of random methods are root
/// mean squares over three redraws; of features alone they come from the closed form where the mean
/// of |q + k|^2 is at most 2. The number of frequencies of `specs` does not count.
///
/// `options` are those of the later calls (mask, live keys), without `exact` and `rest`. Packed
/// sequences, decay and gates are not planned. Costs some tens of forward passes over the sampled
/// rows and all keys. The same bits for any number of threads. Throws InvalidArgument as
/// `calibrate` and `attention`, when the goal is not positive, and when options ask for what only a
/// plan decides.
template <Scalar T>
std::vector<HeadPlan> plan_attention(const HeadSpecs& specs, Index layer,
                                     const AttentionInputs<T>& inputs,
                                     const AttentionGoal& goal = {},
                                     const AttentionOptions& options = {},
                                     const Execution& execution = {});

/// Carries out plans, one for each query head. Throws InvalidArgument unless there are as many, and
/// as `attention`.
template <Scalar T>
AttentionReport attention(std::span<const HeadPlan> plans, const AttentionInputs<T>& inputs,
                          TensorView<T, 4> out, const AttentionOptions& options = {},
                          const Execution& execution = {});

/// A table with a row for each head.
BOCHNER_EXPORT std::string to_text(std::span<const HeadPlan> plans);

extern template BOCHNER_EXPORT std::vector<HeadPlan> plan_attention<float>(
    const HeadSpecs&, Index, const AttentionInputs<float>&, const AttentionGoal&,
    const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT std::vector<HeadPlan> plan_attention<double>(
    const HeadSpecs&, Index, const AttentionInputs<double>&, const AttentionGoal&,
    const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport attention<float>(std::span<const HeadPlan>,
                                                                const AttentionInputs<float>&,
                                                                TensorView<float, 4>,
                                                                const AttentionOptions&,
                                                                const Execution&);
extern template BOCHNER_EXPORT AttentionReport attention<double>(std::span<const HeadPlan>,
                                                                 const AttentionInputs<double>&,
                                                                 TensorView<double, 4>,
                                                                 const AttentionOptions&,
                                                                 const Execution&);

}  // namespace bochner
