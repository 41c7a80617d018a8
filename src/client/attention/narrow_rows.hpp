// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/narrow.hpp"
#include "client/attention/problem.hpp"
#include "core/parallel.hpp"
#include "simd/widen.hpp"

#include <cmath>

/// \file
/// Tensors of 16 bits per number to float, and back.

namespace bochner::attention_internals {

/// out = rows
template <Narrow N>
void widen_rows(const MatrixView<const N>& rows, const MatrixView<float>& out) {
  for (Index r = 0; r < rows.rows; ++r) {
    if (rows.col_stride == 1) {
      simd::widen(rows.row(r), rows.cols, out.row(r));
    } else {
      for (Index c = 0; c < rows.cols; ++c) out(r, c) = static_cast<float>(rows(r, c));
    }
  }
}

/// A float tensor that is made anew again and again, in one piece of memory.
class WideTensor {
 public:
  TensorView<float, 4> of_extents(const std::array<Index, 4>& extents) {
    const Index size = extents[0] * extents[1] * extents[2] * extents[3];
    if (size > buffer_.size()) {
      buffer_ = {};
      buffer_ = Matrix<float>(1, size);
    }
    return {buffer_.data(), extents};
  }

  template <Narrow N>
  TensorView<const float, 4> copy_of(const TensorView<const N, 4>& tensor,
                                     const Execution& execution) {
    const TensorView<float, 4> wide = of_extents(tensor.extents);
    const Index heads = tensor.extent(1);
    parallel_for_blocks(tensor.extent(0) * heads, execution, [&](Index t, int) {
      widen_rows(head_rows(tensor, t / heads, t % heads), head_rows(wide, t / heads, t % heads));
    });
    return wide;
  }

 private:
  Matrix<float> buffer_;
};

/// The inputs of parts of a call in float, one part after the other.
class WideInputs {
 public:
  template <Narrow N>
  AttentionInputs<float> copy_of(const AttentionInputs<N>& inputs, const Execution& execution) {
    return {queries_.copy_of(inputs.queries, execution), keys_.copy_of(inputs.keys, execution),
            values_.copy_of(inputs.values, execution)};
  }

 private:
  WideTensor queries_, keys_, values_;
};

/// What a part of a call writes: `out` itself, or a float tensor that `out` gets the nearest
/// numbers of.
class WideOutput {
 public:
  /// Calls write(float view), which reports what happened.
  template <class Write>
  AttentionReport operator()(const TensorView<float, 4>& out, const Write& write) {
    return write(out);
  }
  template <Narrow N, class Write>
  AttentionReport operator()(const TensorView<N, 4>& out, const Write& write) {
    const TensorView<float, 4> wide = buffer_.of_extents(out.extents);
    AttentionReport report = write(wide);
    for (Index b = 0; b < out.extent(0); ++b) {
      for (Index h = 0; h < out.extent(1); ++h) {
        report.nonfinite_rows += round(head_rows(wide, b, h), head_rows(out, b, h));
      }
    }
    return report;
  }

 private:
  /// Returns how many rows are finite only before.
  template <Narrow N>
  static Index round(const MatrixView<float>& wide, const MatrixView<N>& out) {
    Index lost = 0;
    for (Index r = 0; r < wide.rows; ++r) {
      bool was_finite = true;
      bool is_finite = true;
      for (Index c = 0; c < wide.cols; ++c) {
        out(r, c) = N(wide(r, c));
        was_finite = was_finite && std::isfinite(wide(r, c));
        is_finite = is_finite && std::isfinite(static_cast<float>(out(r, c)));
      }
      lost += was_finite && !is_finite ? 1 : 0;
    }
    return lost;
  }

  WideTensor buffer_;
};

/// The shapes of inputs, for checks: without data.
template <Narrow N>
AttentionInputs<float> shapes_of(const AttentionInputs<N>& inputs) {
  const auto shape = [](const TensorView<const N, 4>& tensor) {
    return TensorView<const float, 4>(nullptr, tensor.extents, tensor.strides);
  };
  return {shape(inputs.queries), shape(inputs.keys), shape(inputs.values)};
}

}  // namespace bochner::attention_internals
