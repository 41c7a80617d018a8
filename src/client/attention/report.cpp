// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/report.hpp"

#include "bochner/client/attention/backend.hpp"
#include "bochner/client/attention/matrix.hpp"
#include "client/attention/call.hpp"
#include "client/attention/prediction.hpp"
#include "core/text.hpp"
#include "estimator/row_law.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace bochner {

using namespace attention_internals;

namespace {

constexpr Door kReportDoor("attention_report");
constexpr double kTarget = 0.1;
/// Where the mean of |q + k|^2 ends the use of closed forms: beyond, samples do not see their mass.
constexpr double kLargestMean = 2.0;
/// Advice to change something must be worth this factor of the predicted error.
constexpr double kWorthwhile = 1.25;

std::string short_number(double value) { return text::rounded(value, 3); }

/// sum |o^ - o|^2 and sum |o|^2 over sampled rows, both in the same unit.
struct Measured {
  double error = 0.0;
  double norm = 0.0;
};

/// A power of two near the largest finite value that has a weight, 1 where there is none: squares
/// of what is divided by it neither overflow nor vanish.
template <Scalar T>
double value_unit(const std::vector<AttentionRow>& rows, const Matrix<T>& weights,
                  const TensorView<const T, 4>& values, Index heads_per_key_head) {
  double largest = 0.0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto seen = head_rows(values, rows[r].batch, rows[r].head / heads_per_key_head);
    for (Index j = 0; j < seen.rows; ++j) {
      if (weights(static_cast<Index>(r), j) == T{0}) continue;
      for (Index c = 0; c < seen.cols; ++c) {
        const double size = std::abs(static_cast<double>(seen(j, c)));
        if (std::isfinite(size)) largest = std::max(largest, size);
      }
    }
  }
  return largest > 0.0 ? std::ldexp(1.0, std::ilogb(largest)) : 1.0;
}

template <Scalar T>
Measured compare(const FeatureMapSpec& spec, const AttentionInputs<T>& inputs,
                 const AttentionOptions& options, const std::vector<AttentionRow>& rows,
                 const TensorView<const T, 4>& out, const Execution& execution) {
  const Index heads_per_key_head = inputs.queries.extent(1) / inputs.keys.extent(1);
  Matrix<T> weights(static_cast<Index>(rows.size()), inputs.keys.extent(2));
  AttentionOptions exactly = options;
  exactly.products = Products::full;
  exact_attention_rows<T>(spec.kernel, inputs.queries, inputs.keys, rows, weights.view(), exactly,
                          execution);
  const double unit = value_unit(rows, weights, inputs.values, heads_per_key_head);
  Measured measured;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const AttentionRow& row = rows[r];
    const auto values = head_rows(inputs.values, row.batch, row.head / heads_per_key_head);
    const T* const weight = weights.row(static_cast<Index>(r));
    for (Index c = 0; c < values.cols; ++c) {
      double exact = 0.0;
      for (Index j = 0; j < values.rows; ++j) {
        // Keys that are not live are never read.
        if (weight[j] != T{0}) {
          exact += static_cast<double>(weight[j]) * (static_cast<double>(values(j, c)) / unit);
        }
      }
      const auto estimate =
          static_cast<double>(head_rows(out, row.batch, row.head)(row.query, c)) / unit;
      measured.error += (estimate - exact) * (estimate - exact);
      measured.norm += exact * exact;
    }
  }
  if (!std::isfinite(measured.error) || !std::isfinite(measured.norm)) {
    kReportDoor.refuse(
        "what a sampled query sees holds a NaN or an infinity, or its output does; expected finite "
        "numbers");
  }
  return measured;
}

/// `frequencies` in whole blocks.
Index whole_blocks(const FeatureMapSpec& spec, double frequencies) {
  constexpr double kMost = 1e15;
  const auto size = static_cast<double>(std::max<Index>(estimator::block_law(spec).size, 1));
  return static_cast<Index>(std::min(std::ceil(frequencies / size) * size, kMost));
}

/// The longest of the sequences.
AttentionLengths longest(const AttentionProblem& problem) {
  AttentionLengths lengths;
  for (const AttentionSequence& sequence : problem.sequences) {
    lengths.queries = std::max(lengths.queries, sequence.num_queries);
    lengths.keys = std::max(lengths.keys, sequence.num_keys);
  }
  return lengths;
}

/// What advice depends on.
struct Situation {
  const FeatureMapSpec& spec;
  const std::vector<SeenRows>& rows;
  AttentionLengths lengths;
  Index dim;
  Mask mask;
  const Execution& execution;

  /// When frequencies are as many times those of `spec`.
  bool exact_is_faster(double times) const {
    constexpr double kMost = 1e12;
    const double columns = std::min(static_cast<double>(num_features(spec)) * times, kMost);
    return attention_backend(lengths, dim, std::max<Index>(static_cast<Index>(columns), 1), mask) ==
           AttentionBackend::exact;
  }
};

/// How many times the frequencies for the target, at the rate m^(-1/2).
double times_needed(double error) { return (error / kTarget) * (error / kTarget); }

/// Decides, and says so.
void advise(const Situation& now, AttentionComparison& quality) {
  const std::string error = "the output is off by " + short_number(100.0 * quality.output_error) +
                            " % with " + std::to_string(now.spec.num_frequencies) + " frequencies";
  const double needed = times_needed(quality.output_error);
  quality.frequencies_needed =
      whole_blocks(now.spec, needed * static_cast<double>(now.spec.num_frequencies));
  const std::string keys = std::to_string(now.lengths.keys) + " keys";
  if (now.exact_is_faster(1.0)) {
    quality.advice = AttentionAdvice::keep_exact;
    quality.sentence = "Keep exact attention: with " + keys + " it is the faster of the two.";
    return;
  }
  if (quality.output_error <= kTarget) {
    quality.advice = AttentionAdvice::fine;
    quality.sentence = "Fine as it is: " + error + ".";
    return;
  }
  const FeatureMapSpec centred = centred_spec(now.spec, now.rows);
  const FeatureMapSpec other = oprf_spec(now.spec, now.rows);
  const double in_centre = predicted_output_error(centred, now.rows, now.execution);
  const double elsewhere = predicted_output_error(other, now.rows, now.execution);
  const double best = std::min(in_centre, elsewhere);
  const double gain = best < quality.predicted_error ? best / quality.predicted_error : 1.0;
  if (now.exact_is_faster(times_needed(quality.output_error * gain))) {
    quality.advice = AttentionAdvice::keep_exact;
    quality.sentence = "Keep exact attention: " + error + ", and with " + keys +
                       " the number that 10 % needs would take longer.";
  } else if (kWorthwhile * in_centre < quality.predicted_error && in_centre <= elsewhere) {
    quality.advice = AttentionAdvice::centre;
    quality.sentence =
        "Centre queries and keys: " + error + ", and it brings the mean of |q + k|^2 from " +
        short_number(quality.norms.mean) + " to " + short_number(quality.centred_mean) + ".";
  } else if (kWorthwhile * elsewhere < quality.predicted_error) {
    quality.advice = AttentionAdvice::change_map;
    quality.sentence = "Use " + to_text(other.features) + " features with " +
                       std::to_string(other.num_frequencies) + " frequencies: " + error +
                       ", and closed forms expect " +
                       short_number(quality.predicted_error / elsewhere) +
                       " times less at as many features.";
  } else {
    quality.advice = AttentionAdvice::more_frequencies;
    quality.sentence = "Raise the number of frequencies to " +
                       std::to_string(quality.frequencies_needed) + ": " + error +
                       ", and 10 % needs about that many.";
  }
}

}  // namespace

template <Scalar T>
AttentionComparison attention_report(const FeatureMap<T>& map, const AttentionInputs<T>& inputs,
                                     Index sample_rows, const AttentionOptions& options,
                                     const Execution& execution) {
  kReportDoor.at_least("sample_rows", sample_rows, 1);
  const FeatureMapSpec& spec = map.spec();
  const AttentionProblem problem = linear_problem(kReportDoor, map.blocks(), inputs, options);
  require_features_only(kReportDoor, options);
  if (!options.decay.empty()) kReportDoor.refuse("decay is given, expected none");
  if (options.gates.data != nullptr) kReportDoor.refuse("gates are given, expected none");
  if (problem.value_dim < 1) kReportDoor.refuse("values have no columns, expected at least one");
  const auto& q = inputs.queries;
  const std::array<Index, 4> extents{q.extent(0), q.extent(1), q.extent(2), problem.value_dim};
  Matrix<T> out(q.extent(0) * q.extent(1) * q.extent(2), problem.value_dim);
  AttentionComparison quality;
  quality.attention =
      attention<T>(map, inputs, TensorView<T, 4>(out.data(), extents), options, execution);

  const std::vector<AttentionRow> sample = sampled_rows(q.extents, sample_rows, spec.seed);
  const std::vector<SeenRows> rows = seen_rows(kReportDoor, problem, inputs, sample, spec.seed);
  if (rows.empty()) {
    quality.sentence = "There is nothing to attend to: no sampled query sees a key.";
    return quality;
  }
  for (const SeenRows& group : rows) quality.rows += group.queries.rows();
  const Measured measured =
      compare<T>(spec, inputs, options, sample, {out.data(), extents}, execution);
  quality.output_error = measured.error == 0.0 ? 0.0 : std::sqrt(measured.error / measured.norm);
  quality.predicted_error = predicted_output_error(spec, rows, execution);
  quality.norms = effective_norms(spec, rows);
  quality.centred_mean = effective_norms(centred_spec(spec, rows), rows).mean;
  quality.prediction_holds = quality.norms.mean <= kLargestMean;
  quality.prediction_is_upper = estimator::is_upper_for_outputs(spec);
  advise({spec, rows, longest(problem), problem.dim, options.mask, execution}, quality);
  return quality;
}

template AttentionComparison attention_report<float>(const FeatureMap<float>&,
                                                     const AttentionInputs<float>&, Index,
                                                     const AttentionOptions&, const Execution&);
template AttentionComparison attention_report<double>(const FeatureMap<double>&,
                                                      const AttentionInputs<double>&, Index,
                                                      const AttentionOptions&, const Execution&);

}  // namespace bochner
