// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/calibration.hpp"

#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_pair_transform.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "client/attention/call.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/exact_kernel.hpp"
#include "core/parallel.hpp"
#include "estimator/mean_square_sum.hpp"
#include "estimator/row_law.hpp"
#include "kernel/standard_form.hpp"

#include <cmath>
#include <numeric>
#include <string>
#include <string_view>

namespace bochner {

using namespace attention_internals;

namespace {

constexpr Door kCalibrateDoor("calibrate");

/// The rows of some heads that count, batch entry after batch entry.
struct HeadRows {
  Matrix<double> rows;
  std::vector<Index> begin;  ///< of each batch entry, and the end of the last

  MatrixView<const double> of(Index batch) const {
    const auto b = static_cast<std::size_t>(batch);
    return rows.view().middle_rows(begin[b], begin[b + 1] - begin[b]);
  }
};

/// Which rows of a tensor belong to a key head and count.
template <Scalar T>
struct RowSource {
  std::string_view name;
  TensorView<const T, 4> tensor;
  MatrixView<const bool> mask;
  Index heads_per_key_head;

  bool counts(Index batch, Index row) const { return mask.data == nullptr || mask(batch, row); }
};

template <Scalar T>
HeadRows gather(const RowSource<T>& from, Index key_head) {
  HeadRows out{{}, {0}};
  for (Index b = 0; b < from.tensor.extent(0); ++b) {
    Index count = 0;
    for (Index i = 0; i < from.tensor.extent(2); ++i) count += from.counts(b, i) ? 1 : 0;
    out.begin.push_back(out.begin.back() + count * from.heads_per_key_head);
  }
  out.rows = Matrix<double>(out.begin.back(), from.tensor.extent(3));
  Index at = 0;
  for (Index b = 0; b < from.tensor.extent(0); ++b) {
    for (Index h = 0; h < from.heads_per_key_head; ++h) {
      const Index head = key_head * from.heads_per_key_head + h;
      const auto rows = head_rows(from.tensor, b, head);
      for (Index i = 0; i < rows.rows; ++i) {
        if (!from.counts(b, i)) continue;
        for (Index c = 0; c < rows.cols; ++c) {
          const auto x = static_cast<double>(rows(i, c));
          if (!std::isfinite(x)) {
            kCalibrateDoor.refuse(row_name(from.name, b, head, i) + " is not finite");
          }
          out.rows(at, c) = x;
        }
        ++at;
      }
    }
  }
  return out;
}

/// By direction, over pairs of one batch entry.
std::vector<double> mean_squares_of(const FeatureMapSpec& spec, const HeadRows& queries,
                                    const HeadRows& keys) {
  std::vector<double> mean(static_cast<std::size_t>(spec.input_dim), 0.0);
  double pairs = 0.0;
  for (Index b = 0; b + 1 < static_cast<Index>(queries.begin.size()); ++b) {
    const auto x = queries.of(b);
    const auto y = keys.of(b);
    if (x.rows == 0 || y.rows == 0) continue;
    const double here = static_cast<double>(x.rows) * static_cast<double>(y.rows);
    const std::vector<double> squares = estimator::mean_squares(kCalibrateDoor, spec, x, y);
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += here * squares[k];
    pairs += here;
  }
  for (double& square : mean) square /= pairs;
  return mean;
}

bool have_pairs(const HeadRows& queries, const HeadRows& keys) {
  for (Index b = 0; b + 1 < static_cast<Index>(queries.begin.size()); ++b) {
    if (queries.of(b).rows > 0 && keys.of(b).rows > 0) return true;
  }
  return false;
}

CalibratedHead calibrated(FeatureMapSpec spec, Calibration fit, const HeadRows& queries,
                          const HeadRows& keys, Index key_head) {
  if (!have_pairs(queries, keys)) {
    kCalibrateDoor.refuse("key head " + std::to_string(key_head) +
                          " has no batch entry with a query and a key that count");
  }
  const auto x = queries.rows.view();
  const auto y = keys.rows.view();
  const bool each =
      fit == Calibration::directions && takes_matrix(standard_form(spec.kernel, spec.input_dim));
  spec.transform = each ? optimal_pair_transform(spec.kernel, x, y)
                        : optimal_centring(spec.kernel, spec.features, x, y);
  const std::vector<double> left = mean_squares_of(spec, queries, keys);
  const double sum = std::accumulate(left.begin(), left.end(), 0.0);
  spec.features = each ? with_optimal_parameters(spec.features, left)
                       : with_optimal_parameter(spec.features, sum, spec.input_dim);
  return {std::move(spec), sum};
}

void require_calibratable(const FeatureMapSpec& base) {
  require_normal_kernel(kCalibrateDoor, base.kernel);
  if (estimator::row_law(base.features).argument == RowLaw::Argument::product) {
    kCalibrateDoor.refuse("the features", to_text(base.features),
                          "some whose error depends on |q + k|^2 or |q - k|^2 alone");
  }
}

}  // namespace

template <Scalar T>
std::vector<CalibratedHead> calibrate(const HeadSpecs& specs, Index layer,
                                      TensorView<const T, 4> queries, TensorView<const T, 4> keys,
                                      const CalibrationOptions& options,
                                      const Execution& execution) {
  kCalibrateDoor.at_least("layer", layer, 0);
  require_calibratable(specs.base());
  const AttentionInputs<T> inputs{queries, keys, no_values(keys)};
  const AttentionProblem problem =
      attention_problem(kCalibrateDoor, inputs, {.key_mask = options.key_mask});
  require_dim(kCalibrateDoor, problem, specs.base().input_dim);
  if (options.query_mask.data != nullptr) {
    kCalibrateDoor.shape("query_mask", options.query_mask, queries.extent(0), queries.extent(2),
                         "batch x queries");
  }
  const RowSource<T> some_queries{"queries", queries, options.query_mask,
                                  problem.heads_per_key_head};
  const RowSource<T> some_keys{"keys", keys, options.key_mask, 1};
  std::vector<CalibratedHead> heads(static_cast<std::size_t>(problem.key_heads));
  parallel_for_blocks(problem.key_heads, execution, [&](Index h, int) {
    const HeadRows its_queries = gather(some_queries, h);
    const HeadRows its_keys = gather(some_keys, h);
    heads[static_cast<std::size_t>(h)] =
        calibrated(specs(layer, h), options.fit, its_queries, its_keys, h);
  });
  return heads;
}

template std::vector<CalibratedHead> calibrate<float>(const HeadSpecs&, Index,
                                                      TensorView<const float, 4>,
                                                      TensorView<const float, 4>,
                                                      const CalibrationOptions&, const Execution&);
template std::vector<CalibratedHead> calibrate<double>(const HeadSpecs&, Index,
                                                       TensorView<const double, 4>,
                                                       TensorView<const double, 4>,
                                                       const CalibrationOptions&, const Execution&);

}  // namespace bochner
