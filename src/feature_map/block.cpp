// SPDX-License-Identifier: Apache-2.0
#include "feature_map/block.hpp"

#include "core/door.hpp"
#include "core/text.hpp"
#include "features/amplitude.hpp"
#include "features/row_products.hpp"
#include "projection/dense.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace bochner::feature_map {
namespace {

constexpr Door kMapDoor("FeatureMap");

/// Rows longer than this, over the largest scale of the frequencies, could overflow the scalar in a
/// projection.
template <Scalar T>
constexpr double kLongestRow = std::same_as<T, float> ? 1e30 : 1e150;

/// Base-2 logarithm of the length of a row of zeros.
constexpr double kShortestLogLength = -1100.0;

/// A scale that T cannot hold is another kernel, or none.
template <Scalar T>
void require_scales(const InputTransform& transform) {
  const std::vector<double>& all = transform.matrix.empty() ? transform.diagonal : transform.matrix;
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (const double a : all) {
    least = std::min(least, std::abs(a));
    most = std::max(most, std::abs(a));
  }
  // Entries of a full transform may vanish beside the largest one.
  for (const double a : {transform.matrix.empty() ? least : most, most}) {
    if (a >= static_cast<double>(std::numeric_limits<T>::min()) &&
        a <= static_cast<double>(std::numeric_limits<T>::max())) {
      continue;
    }
    kMapDoor.refuse("the kernel scales inputs by " + text::number(a) + ", beyond the range of " +
                    (std::same_as<T, float> ? "float: use double, or" : "double:") +
                    " scale inputs and lengthscales");
  }
}

FrequencyLaw frequency_law(const FeatureMapSpec& spec) {
  FrequencyLaw law{.dim = spec.input_dim,
                   .num_frequencies = spec.num_frequencies,
                   .spectrum = spectral_measure(spec.kernel),
                   .seed = spec.seed};
  law.products = product_layout(spec.features, law.spectrum.series.get(), law.dim,
                                law.num_frequencies, law.seed);
  if (const GivenFrequencies* const given = given_frequencies(spec.projection)) {
    law.phases.assign(given->phases().begin(), given->phases().end());
    law.weights.assign(given->weights().begin(), given->weights().end());
  }
  return law;
}

}  // namespace

template <Scalar T>
BlockWorkspace<T>::BlockWorkspace(const BlockMap<T>& map, Index rows)
    : x_(rows, simd::padded<T>(map.law_.projected_dim())),
      raw_(rows, simd::padded<T>(map.law_.projected_dim())),
      work_(rows, simd::padded<T>(map.stage_->work_columns())),
      dp_(rows, simd::padded<T>(map.law_.num_projections())),
      scratch_(1, map.projection_->scratch_size()),
      longest_row_(map.longest_row_) {}

FrequencyDraw draw(const FeatureMapSpec& spec) {
  validate(spec);
  return {spec.projection, frequency_law(spec)};
}

template class BlockWorkspace<float>;
template class BlockWorkspace<double>;

}  // namespace bochner::feature_map

namespace bochner {

using namespace feature_map;

template <Scalar T>
BlockMap<T>::BlockMap(const FeatureMapSpec& spec) : BlockMap(spec, draw(spec)) {}

template <Scalar T>
BlockMap<T>::BlockMap(const FeatureMapSpec& spec, const FrequencyDraw& draw) : spec_(spec) {
  validate(spec);
  law_ = frequency_law(spec);
  build(
      draw.largest_scale(), [&](double factor) { return draw.make_operator<T>(factor); },
      [&](std::span<const double> weights) { return draw.norms(weights); });
}

template <Scalar T>
BlockMap<T>::BlockMap(const BlockMap<double>& wide) requires std::same_as<T, float>
    : spec_(wide.spec_), law_(wide.law_) {
  using Operator = std::unique_ptr<const ProjectionOperator<T>>;
  build(
      wide.largest_scale_,
      [&](double factor) -> Operator {
        const Matrix<double> rows = wide.projection_->rows();
        if (rows.size() > 0) return std::make_unique<projections::DenseOperator<T>>(rows, 1.0);
        return FrequencyDraw(spec_.projection, law_).make_operator<T>(factor);
      },
      [&](std::span<const double> /*weights*/) { return *wide.norms_; });
}

template <Scalar T>
template <class MakeOperator, class Norms>
void BlockMap<T>::build(double largest_scale, const MakeOperator& make_operator,
                        const Norms& norms) {
  const FeatureMapSpec& spec = spec_;
  kernel_ = standard_form(spec.kernel, spec.input_dim);
  input_ = stage_input(spec.features, kernel_);
  largest_scale_ = largest_scale;
  if (!(largest_scale <= kLongestRow<T>)) {
    kMapDoor.refuse("frequencies of size " + text::number(largest_scale) + ", expected at most " +
                    text::number(kLongestRow<T>) +
                    (std::same_as<T, float> ? " in float" : " in double"));
  }
  longest_row_ = kLongestRow<T> / std::max(1.0, largest_scale);
  projection_ = make_operator(input_.frequency_factor);
  stage_ = make_stage<T>(spec.features, law_, [&] {
    norms_ = norms(input_.frequency_weights);
    return *norms_;
  });
  num_features_ = stage_->num_features();

  const PairTerms<T> terms =
      pair_terms<T>(spec.transform, kernel_, stage_->log_factor() + 0.5 * std::log(kernel_.scale));
  query_ = make_packing(stretched(terms.query, input_.stretch));
  key_ = make_packing(stretched(terms.key, input_.stretch));
  for (const double b : input_.stretch) square_weights_.push_back(1.0 / (b * b));
}

template <Scalar T>
typename BlockMap<T>::Packing BlockMap<T>::make_packing(const SideTerms<T>& terms) {
  require_scales<T>(terms.transform);
  Packing out;
  out.terms = terms;
  out.column_scale.assign(terms.transform.diagonal.begin(), terms.transform.diagonal.end());
  if (!out.is_full()) return out;
  const Index dim = terms.transform.dim();
  const MatrixView<const double> a(terms.transform.matrix.data(), dim, dim);
  out.full = Matrix<T>(dim, simd::padded<T>(dim));
  out.full_transposed = out.full;
  simd::pack_columns<T>(a.transpose(), out.full.data());
  simd::pack_columns<T>(a, out.full_transposed.data());
  return out;
}

template <Scalar T>
void BlockMap<T>::pack(Side side, MatrixView<const T> x,
                       BlockWorkspace<T>& workspace) const noexcept {
  const Packing& packing = this->packing(side);
  const SideTerms<T>& side_terms = packing.terms;
  const simd::Kernels<T>& engine = simd::kernels<T>();
  const bool full = packing.is_full();
  const Index ld = workspace.x_.cols();
  Matrix<T>& target = full ? workspace.raw_ : workspace.x_;
  engine.pack_rows(x.data, x.row_stride, x.col_stride, x.rows, x.cols,
                   side_terms.centre.empty() ? nullptr : side_terms.centre.data(),
                   full ? nullptr : packing.column_scale.data(), target.data(), ld,
                   workspace.squared_norm_.data());
  if (full) {
    engine.project(workspace.raw_.data(), ld, x.rows, packing.full.data(), x.cols, x.cols,
                   workspace.x_.data(), ld);
  }
  for (Index r = 0; r < x.rows; ++r) {
    const T* const row = workspace.x_.row(r);
    double& squared_norm = workspace.squared_norm_[static_cast<std::size_t>(r)];
    if (full) squared_norm = feature_functions::row_product(row, row, x.cols);
    const double length = std::sqrt(squared_norm);
    workspace.largest_log_[static_cast<std::size_t>(r)] =
        length > longest_row_ ? std::numeric_limits<double>::infinity()
                              : stage_->largest_log(length);
    double amplitude = side_terms.constant;
    if (input_.norm_weight != 0.0) {
      amplitude += 0.5 * input_.norm_weight * unstretched_square(row, squared_norm);
    }
    for (std::size_t k = 0; k < side_terms.tilt.size(); ++k) {
      amplitude += side_terms.tilt[k] * static_cast<double>(row[k]);
    }
    workspace.amplitude_[static_cast<std::size_t>(r)] = amplitude * std::numbers::log2e;
    if (input_.length_weight != 0.0) {
      const double log_length = std::max(0.5 * std::log2(squared_norm), kShortestLogLength);
      workspace.amplitude_[static_cast<std::size_t>(r)] += input_.length_weight * log_length;
    }
  }
  if (law_.projected_dim() > x.cols) {
    const T last = static_cast<T>(law_.products->last_coordinate);
    for (Index r = 0; r < x.rows; ++r) workspace.x_(r, x.cols) = last;
  }
}

template <Scalar T>
double BlockMap<T>::unstretched_square(const T* row, double squared_norm) const noexcept {
  if (square_weights_.empty()) return squared_norm;
  double sum = 0.0;
  for (std::size_t k = 0; k < square_weights_.size(); ++k) {
    const auto value = static_cast<double>(row[k]);
    sum += square_weights_[k] * (value * value);
  }
  return sum;
}

template <Scalar T>
void BlockMap<T>::measure(Side side, MatrixView<const T> x, double* offset,
                          BlockWorkspace<T>& workspace) const noexcept {
  pack(side, x, workspace);
  std::copy_n(workspace.amplitude_.data(), x.rows, offset);
}

template <Scalar T>
void BlockMap<T>::features(Side side, MatrixView<const T> x, T* phi, std::int32_t* exponent,
                           BlockWorkspace<T>& workspace) const noexcept {
  pack(side, x, workspace);
  const Index column = stage_->projection_column();
  T* const block = column == 0 ? phi : workspace.work_.data();
  const Index ldb = column == 0 ? ld() : workspace.work_.cols();
  projection_->apply(workspace.x_.data(), workspace.x_.cols(), x.rows, block + column, ldb,
                     workspace.scratch_.data());
  stage_->features(block, ldb, x.rows, workspace.amplitude_.data(), exponent);
  for (Index r = 0; r < x.rows && column != 0; ++r) {
    std::copy_n(block + r * ldb, num_features_, phi + r * ld());
  }
}

template <Scalar T>
void BlockMap<T>::log_features(Side side, MatrixView<const T> x, T* log_phi, double* offset,
                               BlockWorkspace<T>& workspace) const noexcept {
  pack(side, x, workspace);
  projection_->apply(workspace.x_.data(), workspace.x_.cols(), x.rows, log_phi, ld(),
                     workspace.scratch_.data());
  stage_->log_features(log_phi, ld(), x.rows);
  std::copy_n(workspace.amplitude_.data(), x.rows, offset);
}

template <Scalar T>
void BlockMap<T>::pull_features(Side side, MatrixView<const T> x, const T* dphi, MatrixView<T> dx,
                                BlockWorkspace<T>& workspace) const noexcept {
  pack(side, x, workspace);
  projection_->apply(workspace.x_.data(), workspace.x_.cols(), x.rows,
                     workspace.work_.data() + stage_->projection_column(), workspace.work_.cols(),
                     workspace.scratch_.data());
  stage_->pull(workspace.work_.data(), workspace.work_.cols(), x.rows, workspace.amplitude_.data(),
               dphi, ld(), workspace.dp_.data(), workspace.dp_.cols(),
               workspace.damplitude_.data());
  unpack_gradient(side, dx, workspace);
}

template <Scalar T>
void BlockMap<T>::pull_log_features(Side side, MatrixView<const T> x, const T* dlog,
                                    MatrixView<T> dx, BlockWorkspace<T>& workspace) const noexcept {
  pack(side, x, workspace);
  stage_->pull_log(dlog, ld(), x.rows, workspace.dp_.data(), workspace.dp_.cols(),
                   workspace.damplitude_.data());
  unpack_gradient(side, dx, workspace);
}

template <Scalar T>
void BlockMap<T>::unpack_gradient(Side side, MatrixView<T> dx,
                                  BlockWorkspace<T>& workspace) const noexcept {
  const Packing& packing = this->packing(side);
  const SideTerms<T>& side_terms = packing.terms;
  const bool full = packing.is_full();
  const Index ld = workspace.raw_.cols();
  projection_->apply_transpose(workspace.dp_.data(), workspace.dp_.cols(), dx.rows,
                               workspace.raw_.data(), ld, workspace.scratch_.data());
  for (Index r = 0; r < dx.rows; ++r) {
    const T* const x = workspace.x_.row(r);
    T* const gradient = workspace.raw_.row(r);
    const double weight = std::numbers::log2e * workspace.damplitude_[static_cast<std::size_t>(r)];
    const auto slope = static_cast<T>(weight * input_.norm_weight);
    if (square_weights_.empty()) {
      for (Index k = 0; k < dx.cols; ++k) gradient[k] += slope * x[k];
    }
    for (std::size_t k = 0; k < square_weights_.size(); ++k) {
      gradient[k] += static_cast<T>(weight * input_.norm_weight * square_weights_[k]) * x[k];
    }
    for (std::size_t k = 0; k < side_terms.tilt.size(); ++k) {
      gradient[k] += static_cast<T>(weight * side_terms.tilt[k]);
    }
    if (full) continue;
    for (Index k = 0; k < dx.cols; ++k)
      gradient[k] *= packing.column_scale[static_cast<std::size_t>(k)];
  }
  const Matrix<T>* result = &workspace.raw_;
  if (full) {
    simd::kernels<T>().project(workspace.raw_.data(), ld, dx.rows, packing.full_transposed.data(),
                               dx.cols, dx.cols, workspace.x_.data(), ld);
    result = &workspace.x_;
  }
  for (Index r = 0; r < dx.rows; ++r) {
    for (Index k = 0; k < dx.cols; ++k) dx(r, k) = (*result)(r, k);
  }
}

template <Scalar T>
double BlockMap<T>::largest_log(Index r, const BlockWorkspace<T>& workspace) {
  return workspace.largest_log_[static_cast<std::size_t>(r)];
}

template <Scalar T>
std::optional<std::string> BlockMap<T>::refusal(MatrixView<const T> x, Index first_row,
                                                const BlockWorkspace<T>& workspace) {
  for (Index r = 0; r < x.rows; ++r) {
    const double length = std::sqrt(workspace.squared_norm_[static_cast<std::size_t>(r)]);
    const double amplitude = workspace.amplitude_[static_cast<std::size_t>(r)];
    const double exponent = std::abs(amplitude) + largest_log(r, workspace);
    if (length <= workspace.longest_row_ && exponent < feature_functions::kLargestExponent) {
      continue;
    }
    const std::string where = "row " + std::to_string(first_row + r);
    for (Index k = 0; k < x.cols; ++k) {
      const auto value = static_cast<double>(x(r, k));
      if (!std::isfinite(value)) {
        return where + ", column " + std::to_string(k) + " is " + text::number(value) +
               ", expected a finite number";
      }
    }
    return where + " is too long for this map: |x| = " + text::number(length) +
           " after the kernel's scaling" +
           (length <= workspace.longest_row_
                ? ", and its features' exponent does not fit in 31 bits"
                : ", and its projections overflow");
  }
  return std::nullopt;
}

template <Scalar T>
Matrix<double> BlockMap<T>::frequencies(Side side) const {
  const Matrix<double> standard = draw_frequencies(spec_.projection, law_);
  const InputTransform transform =
      pair_terms<double>(spec_.transform, kernel_, 0.0).of(side).transform;
  const Index d = spec_.input_dim;
  Matrix<double> w(standard.rows(), d);
  for (Index i = 0; i < w.rows(); ++i) {  // w.(A x) = (A^T w).x
    transform.apply_transpose(standard.row(i), w.row(i));
  }
  return w;
}

template class BlockMap<float>;
template class BlockMap<double>;

}  // namespace bochner
