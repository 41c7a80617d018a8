// SPDX-License-Identifier: Apache-2.0
#include "client/attention/row_sums.hpp"

#include "client/attention/magnitudes.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace bochner::attention_internals {
namespace {

/// The whole e with 2^e <= |normaliser| < 2^(e + 1); of the largest numerator where the normaliser
/// is zero, -infinity where these are, too.
template <class Normaliser, class X>
double magnitude(Normaliser normaliser, const X* numerator, Index cols, Index stride) {
  double size = std::abs(static_cast<double>(normaliser));
  if (size == 0.0) {
    for (Index c = 0; c < cols; ++c) {
      size = std::max(size, std::abs(static_cast<double>(numerator[c * stride])));
    }
  }
  return std::logb(size);
}

}  // namespace

template <Scalar T>
void write_mean(const T* numerator, Index numerator_stride, T normaliser, Index cols, T* row,
                Index stride, AttentionReport& report) {
  if (normaliser == T{0}) {
    ++report.underflowed_rows;
    for (Index c = 0; c < cols; ++c) row[c * stride] = T{0};
    return;
  }
  if (normaliser < T{0}) ++report.negative_rows;
  const T inverse = T{1} / normaliser;
  const bool invertible = std::abs(normaliser) > std::numeric_limits<T>::min();
  for (Index c = 0; c < cols; ++c) {
    const T sum = numerator[c * numerator_stride];
    row[c * stride] = invertible ? sum * inverse : sum / normaliser;
  }
  const bool finite = row_magnitude(row, stride, cols).finite;
  if (!finite) ++report.nonfinite_rows;
}

template <Scalar T>
RowSums<T>::RowSums(const TensorView<T, 4>& out)
    : out_(out), rows_(static_cast<std::size_t>(out.extent(0) * out.extent(1) * out.extent(2))) {}

template <Scalar T>
template <Scalar U>
void RowSums<T>::add(Index batch, Index head, Index query, const U* numerator_in, U normaliser,
                     double unit) {
  Row& row = rows_[at(batch, head, query)];
  T* const sum = numerator(batch, head, query);
  const Index cols = out_.extent(3);
  const Index stride = out_.stride(3);
  const bool first = std::isinf(row.unit);
  row.seen = true;
  if (std::isnan(row.normaliser)) return;
  if (!std::isfinite(normaliser) || std::isnan(unit)) {
    row.normaliser = row.unit = std::numeric_limits<double>::quiet_NaN();
    for (Index c = 0; c < cols; ++c) sum[c * stride] = std::numeric_limits<T>::quiet_NaN();
    return;
  }
  const double mine = magnitude(normaliser, numerator_in, cols, Index{1});
  if (std::isinf(mine)) return;
  if (first) {
    for (Index c = 0; c < cols; ++c) sum[c * stride] = static_cast<T>(numerator_in[c]);
    row.normaliser = static_cast<double>(normaliser);
    row.unit = unit;
    return;
  }
  const double theirs = magnitude(row.normaliser, sum, cols, stride);
  const double top = std::max(unit + mine, row.unit + theirs);
  const double old_factor = std::exp2(row.unit - top);
  const double new_factor = std::exp2(unit - top);
  const auto blend = [&](auto step) {
    for (Index c = 0; c < cols; ++c) {
      sum[c * step] = static_cast<T>(old_factor * static_cast<double>(sum[c * step]) +
                                     new_factor * static_cast<double>(numerator_in[c]));
    }
  };
  if (stride == 1) {
    blend(std::integral_constant<Index, 1>());  // so that it becomes vectors
  } else {
    blend(stride);
  }
  row.normaliser = old_factor * row.normaliser + new_factor * static_cast<double>(normaliser);
  row.unit = top;
}

template <Scalar T>
void RowSums<T>::finish(AttentionReport& report) {
  for (Index b = 0; b < out_.extent(0); ++b) {
    for (Index h = 0; h < out_.extent(1); ++h) {
      for (Index i = 0; i < out_.extent(2); ++i) {
        T* const sum = numerator(b, h, i);
        const Row& mine = row(b, h, i);
        if (mine.seen) {
          write_mean(sum, out_.stride(3), static_cast<T>(mine.normaliser), out_.extent(3), sum,
                     out_.stride(3), report);
          continue;
        }
        ++report.empty_rows;
        for (Index c = 0; c < out_.extent(3); ++c) sum[c * out_.stride(3)] = T{0};
      }
    }
  }
}

template void write_mean<float>(const float*, Index, float, Index, float*, Index, AttentionReport&);
template void write_mean<double>(const double*, Index, double, Index, double*, Index,
                                 AttentionReport&);
template class RowSums<float>;
template class RowSums<double>;
template void RowSums<float>::add<float>(Index, Index, Index, const float*, float, double);
template void RowSums<float>::add<double>(Index, Index, Index, const double*, double, double);
template void RowSums<double>::add<double>(Index, Index, Index, const double*, double, double);

}  // namespace bochner::attention_internals
