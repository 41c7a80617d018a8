// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/exact.hpp"
#include "client/attention/plan_costs.hpp"
#include "client/attention/problem.hpp"

#include <cmath>
#include <limits>
#include <vector>

/// \file
/// What a plan tries, and on which rows.

namespace bochner::attention_internals {

/// Rows of a head that plans are tried on: all of them up to so many, else as many in stretches.
inline constexpr Index kMostTrialRows = 1024;
inline constexpr Index kTrialStretch = 64;

/// One way to do a head.
struct Candidate {
  AttentionMethod method;
  Index frequencies;  ///< 0 where there are no features
  ExactPairs exact;
  Rest rest;
  PlanCost cost;
};

/// Outputs of some rows of a head beside their exact ones.
template <Scalar T>
class HeadTrial {
 public:
  HeadTrial(const Kernel& kernel, const AttentionInputs<T>& head, const AttentionOptions& options,
            const Execution& execution)
      : head_(head), options_(options), execution_(execution) {
    const Index rows = head.queries.extent(2);
    if (rows <= kMostTrialRows) {
      starts_.push_back(0);
      length_ = rows;
    } else {
      length_ = kTrialStretch;
      constexpr Index kStretches = kMostTrialRows / kTrialStretch;
      for (Index s = 0; s < kStretches; ++s) {
        starts_.push_back(s * (rows - kTrialStretch) / (kStretches - 1));
      }
    }
    gather();
    for (std::size_t s = 0; s < starts_.size(); ++s) {
      Matrix<T> out = output(length_);
      exact_attention<T>(kernel, stretch(s), view(out, length_), options_of(s, {}, Rest::features),
                         {}, execution_);
      exact_.push_back(std::move(out));
    }
  }

  /// The squared error of one run, relative to the squared norm.
  double squared_error(const FeatureMap<T>& map, const Candidate& way) const {
    double error = 0.0;
    double norm = 0.0;
    const bool gathered = way.exact.blocks.order == BlockOrder::bisection && starts_.size() > 1;
    if (gathered) {
      Matrix<T> out = output(kMostTrialRows);
      AttentionInputs<T> inputs = head_;
      inputs.queries = TensorView<const T, 4>(
          gathered_.data(), {head_.queries.extent(0), 1, kMostTrialRows, gathered_.cols()});
      AttentionOptions options = options_;
      options.exact = way.exact;
      options.rest = way.rest;
      attention<T>(map, inputs, view(out, kMostTrialRows), options, execution_);
      for (std::size_t s = 0; s < starts_.size(); ++s) {
        for (Index b = 0; b < head_.queries.extent(0); ++b) {
          for (Index r = 0; r < length_; ++r) {
            add_row(out.row(b * kMostTrialRows + static_cast<Index>(s) * length_ + r),
                    exact_[s].row(b * length_ + r), error, norm);
          }
        }
      }
      return relative(error, norm);
    }
    Matrix<T> out = output(length_);
    for (std::size_t s = 0; s < starts_.size(); ++s) {
      attention<T>(map, stretch(s), view(out, length_), options_of(s, way.exact, way.rest),
                   execution_);
      for (Index r = 0; r < out.rows(); ++r) add_row(out.row(r), exact_[s].row(r), error, norm);
    }
    return relative(error, norm);
  }

 private:
  static double relative(double error, double norm) {
    if (error == 0.0) return 0.0;
    return norm > 0.0 ? error / norm : std::numeric_limits<double>::infinity();
  }

  void add_row(const T* approximate, const T* exact, double& error, double& norm) const {
    for (Index c = 0; c < head_.values.extent(3); ++c) {
      const auto o = static_cast<double>(exact[c]);
      error += std::pow(static_cast<double>(approximate[c]) - o, 2);
      norm += o * o;
    }
  }

  Matrix<T> output(Index rows) const {
    return Matrix<T>(head_.queries.extent(0) * rows, head_.values.extent(3));
  }
  TensorView<T, 4> view(Matrix<T>& out, Index rows) const {
    return {out.data(), {head_.queries.extent(0), 1, rows, out.cols()}};
  }

  AttentionInputs<T> stretch(std::size_t s) const {
    AttentionInputs<T> inputs = head_;
    inputs.queries.data += starts_[s] * inputs.queries.stride(2);
    inputs.queries.extents[2] = length_;
    return inputs;
  }

  AttentionOptions options_of(std::size_t s, const ExactPairs& exact, Rest rest) const {
    AttentionOptions options = options_;
    options.query_offset += starts_[s];
    options.exact = exact;
    options.rest = rest;
    return options;
  }

  /// The rows of all stretches, one after the other, for what has no positions.
  void gather() {
    if (starts_.size() == 1) return;
    const Index batch = head_.queries.extent(0);
    gathered_ = Matrix<T>(batch * kMostTrialRows, head_.queries.extent(3));
    for (Index b = 0; b < batch; ++b) {
      const auto rows = head_rows(head_.queries, b, 0);
      Index to = b * kMostTrialRows;
      for (const Index start : starts_) {
        for (Index r = 0; r < length_; ++r, ++to) {
          for (Index c = 0; c < rows.cols; ++c) gathered_(to, c) = rows(start + r, c);
        }
      }
    }
  }

  const AttentionInputs<T>& head_;
  const AttentionOptions& options_;
  const Execution& execution_;
  std::vector<Index> starts_;
  Index length_ = 0;
  Matrix<T> gathered_;
  std::vector<Matrix<T>> exact_;  ///< by stretch
};

}  // namespace bochner::attention_internals
