// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_kernel.hpp"

#include "client/attention/magnitudes.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace bochner::attention_internals {

void require_normal_kernel(const Door& door, const Kernel& kernel) {
  // The logarithm is a quadratic form where frequencies are normal.
  const SpectralMeasure measure = spectral_measure(kernel);
  if (!is_normal(measure) || measure.rectifier()) {
    door.refuse("the kernel", to_text(kernel), "softmax or gaussian");
  }
}

ExactKernel::ExactKernel(const Door& door, const Kernel& kernel, Index dim) {
  require_normal_kernel(door, kernel);
  const StandardForm form = standard_form(kernel, dim);
  transform_ = form.transform;
  shift_invariant_ = form.shift_invariant;
  key_weight_ = 0.5 * (form.amplitude - 1.0) * std::numbers::log2e;
}

template <Scalar T, Scalar U>
void ExactKernel::transform(Side side, const double* origin, MatrixView<const T> x,
                            Matrix<U>& out) const {
  const double factor = side == Side::query ? std::numbers::log2e : 1.0;
  const auto dim = static_cast<std::size_t>(x.cols);
  const bool diagonal = transform_.matrix.empty();
  if (diagonal && !shift_invariant_) {
    std::vector<U> scale(dim);
    for (std::size_t k = 0; k < dim; ++k) {
      scale[k] = static_cast<U>(factor * transform_.diagonal[k]);
    }
    for (Index r = 0; r < x.rows; ++r) {
      for (Index k = 0; k < x.cols; ++k) {
        out(r, k) = static_cast<U>(x(r, k)) * scale[static_cast<std::size_t>(k)];
      }
    }
    return;
  }
  std::vector<double> raw(dim);
  std::vector<double> transformed(dim);
  for (Index r = 0; r < x.rows; ++r) {
    for (std::size_t k = 0; k < dim; ++k) {
      raw[k] =
          static_cast<double>(x(r, static_cast<Index>(k))) - (shift_invariant_ ? origin[k] : 0.0);
    }
    if (diagonal) {
      for (std::size_t k = 0; k < dim; ++k) transformed[k] = transform_.diagonal[k] * raw[k];
    } else {
      transform_.apply(raw.data(), transformed.data());
    }
    for (Index k = 0; k < x.cols; ++k) {
      out(r, k) = static_cast<U>(factor * transformed[static_cast<std::size_t>(k)]);
    }
  }
}

template <Scalar T, Scalar U>
void ExactKernel::transform_gradient(ExactRange range, const Matrix<U>& dy,
                                     MatrixView<T> dx) const {
  const auto dim = static_cast<std::size_t>(dx.cols);
  std::vector<double> slope(dim);
  std::vector<double> out(dim);
  for (Index r = 0; r < dx.rows; ++r) {
    std::copy_n(dy.row(r), dim, slope.begin());
    if (is_wide(range)) {
      transform_.apply(slope.data(), out.data());
      std::swap(slope, out);
    }
    transform_.apply_transpose(slope.data(), out.data());
    for (Index k = 0; k < dx.cols; ++k) dx(r, k) = static_cast<T>(out[static_cast<std::size_t>(k)]);
  }
}

void ExactKernel::log_similarities(const double* query, const double* origin, const double* packed,
                                   Index count, double* out) const {
  constexpr auto kWidth = static_cast<std::size_t>(simd::kPanel<double>);
  const auto dim = static_cast<std::size_t>(transform_.dim());
  const bool diagonal = transform_.matrix.empty();
  std::vector<double> difference(dim);
  std::vector<double> transformed(dim);
  std::vector<double> factor(dim);  // of softmax kernels
  transform_.apply(query, factor.data());
  for (Index first = 0; first < count; first += simd::kPanel<double>) {
    const double* const panel = packed + first * static_cast<Index>(dim);
    std::array<double, kWidth> sum{};
    const auto add = [&](std::size_t k, std::size_t j, double step) {
      sum[j] += (shift_invariant_ ? 0.5 * step : factor[k]) * step;
    };
    if (diagonal) {
      for (std::size_t k = 0; k < dim; ++k) {
        for (std::size_t j = 0; j < kWidth; ++j) {
          add(k, j, (origin[k] - panel[k * kWidth + j]) * transform_.diagonal[k]);
        }
      }
    } else {
      for (std::size_t j = 0; j < kWidth; ++j) {
        for (std::size_t k = 0; k < dim; ++k) difference[k] = origin[k] - panel[k * kWidth + j];
        transform_.apply(difference.data(), transformed.data());
        for (std::size_t k = 0; k < dim; ++k) add(k, j, transformed[k]);
      }
    }
    for (std::size_t j = 0; j < kWidth; ++j) out[static_cast<std::size_t>(first) + j] = -sum[j];
  }
}

double ExactKernel::log_similarity(const double* query, const double* key) const {
  const auto dim = static_cast<std::size_t>(transform_.dim());
  std::vector<double> q(dim);
  std::vector<double> k(dim);
  transform_.apply(query, q.data());
  transform_.apply(key, k.data());
  return std::inner_product(q.begin(), q.end(), k.begin(), 0.0);
}

template <Scalar T>
RowLengths<T>::RowLengths(const ExactKernel& kernel, const std::vector<double>& origin)
    : kernel_(kernel),
      origin_(origin),
      raw_(static_cast<std::size_t>(kernel.transform().dim())),
      transformed_(raw_.size()) {
  const InputTransform& transform = kernel.transform();
  if (!transform.matrix.empty()) return;
  in_scalar_ = true;
  for (std::size_t k = 0; k < raw_.size(); ++k) {
    scale_.push_back(static_cast<T>(transform.diagonal[k]));
    if (!kernel.shift_invariant()) continue;
    centre_.push_back(static_cast<T>(origin[k]));
    in_scalar_ = in_scalar_ && static_cast<double>(centre_[k]) == origin[k];
  }
  block_ = Matrix<T>(simd::kBlockRows, simd::padded<T>(transform.dim()));
}

template <Scalar T>
std::span<const double> RowLengths<T>::operator()(MatrixView<const T> rows) {
  constexpr double kSafe = std::same_as<T, float> ? 1e70 : 1e280;
  if (in_scalar_) {
    simd::kernels<T>().pack_rows(rows.data, rows.row_stride, rows.col_stride, rows.rows, rows.cols,
                                 centre_.empty() ? nullptr : centre_.data(), scale_.data(),
                                 block_.data(), block_.cols(), lengths_.data());
  }
  for (Index r = 0; r < rows.rows; ++r) {
    double& length = lengths_[static_cast<std::size_t>(r)];
    // The square of a row that is not finite is not in range either.
    const bool in_range = in_scalar_ && length < kSafe && length > 1.0 / kSafe;
    length = in_range ? std::sqrt(length) : of_row(rows.row(r), rows.col_stride);
  }
  return {lengths_.data(), static_cast<std::size_t>(rows.rows)};
}

template <Scalar T>
double RowLengths<T>::of_row(const T* x, Index stride) {
  if (!row_magnitude(x, stride, static_cast<Index>(raw_.size())).finite) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  for (std::size_t k = 0; k < raw_.size(); ++k) {
    const auto value = static_cast<double>(x[static_cast<Index>(k) * stride]);
    raw_[k] = kernel_.shift_invariant() ? value - origin_[k] : value;
  }
  kernel_.transform().apply(raw_.data(), transformed_.data());
  double squared = 0.0;
  double largest = 0.0;
  for (const double t : transformed_) {
    squared += t * t;
    largest = std::max(largest, std::abs(t));
  }
  if (std::isnan(squared)) return std::numeric_limits<double>::infinity();  // sums overflowed
  constexpr double kSafe = 1e280;
  if (squared < kSafe && squared > 1.0 / kSafe) return std::sqrt(squared);
  if (largest == 0.0 || std::isinf(largest)) return largest;
  squared = 0.0;
  for (const double t : transformed_) squared += (t / largest) * (t / largest);
  return largest * std::sqrt(squared);
}

template class RowLengths<float>;
template class RowLengths<double>;
template void ExactKernel::transform<float, float>(Side, const double*, MatrixView<const float>,
                                                   Matrix<float>&) const;
template void ExactKernel::transform_gradient<float, float>(ExactRange, const Matrix<float>&,
                                                            MatrixView<float>) const;
template void ExactKernel::transform<float, double>(Side, const double*, MatrixView<const float>,
                                                    Matrix<double>&) const;
template void ExactKernel::transform_gradient<float, double>(ExactRange, const Matrix<double>&,
                                                             MatrixView<float>) const;
template void ExactKernel::transform<double, double>(Side, const double*, MatrixView<const double>,
                                                     Matrix<double>&) const;
template void ExactKernel::transform_gradient<double, double>(ExactRange, const Matrix<double>&,
                                                              MatrixView<double>) const;

}  // namespace bochner::attention_internals
