// SPDX-License-Identifier: Apache-2.0
#include "client/gram/kernel_rows.hpp"

#include "core/parallel.hpp"
#include "kernel/precise_values.hpp"

#include <algorithm>

namespace bochner::gram {

template <Scalar T>
KernelRows::KernelRows(const Kernel& kernel, MatrixView<const T> x, const Execution& execution)
    : dim_(x.cols),
      rows_(x.rows, simd::padded<double>(x.cols)),
      low_(x.rows, x.cols),
      squared_norms_(static_cast<std::size_t>(x.rows)) {
  const InputTransform transform = standard_form(kernel, dim_).transform;
  const Index blocks = (x.rows + simd::kBlockRows - 1) / simd::kBlockRows;
  parallel_for_blocks(blocks, execution, [&](Index block, int) {
    const Index first = block * simd::kBlockRows;
    const Index count = std::min(simd::kBlockRows, x.rows - first);
    std::vector<double> raw(static_cast<std::size_t>(dim_));
    for (Index i = first; i < first + count; ++i) {
      for (Index k = 0; k < dim_; ++k) {
        raw[static_cast<std::size_t>(k)] = static_cast<double>(x(i, k));
      }
      kernels::apply_precisely(transform, raw.data(), rows_.row(i), low_.row(i));
    }
    Matrix<double> packed(dim_, simd::kBlockRows);
    Matrix<double> products(simd::kBlockRows, simd::kBlockRows);
    simd::pack_columns<double>(view().middle_rows(first, count).transpose(), packed.data());
    simd::kernels<double>().project(rows_.row(first), ld(), count, packed.data(), dim_, count,
                                    products.data(), simd::kBlockRows);
    for (Index r = 0; r < count; ++r) {
      squared_norms_[static_cast<std::size_t>(first + r)] = products(r, r);
    }
  });
}

KernelRows::KernelRows(const KernelRows& from, std::span<const Index> which)
    : dim_(from.dim_),
      rows_(static_cast<Index>(which.size()), from.ld()),
      low_(static_cast<Index>(which.size()), from.dim_) {
  squared_norms_.reserve(which.size());
  for (std::size_t r = 0; r < which.size(); ++r) {
    std::copy_n(from.row(which[r]), ld(), rows_.row(static_cast<Index>(r)));
    std::copy_n(from.low_.row(which[r]), dim_, low_.row(static_cast<Index>(r)));
    squared_norms_.push_back(from.squared_norms()[which[r]]);
  }
}

template KernelRows::KernelRows(const Kernel&, MatrixView<const float>, const Execution&);
template KernelRows::KernelRows(const Kernel&, MatrixView<const double>, const Execution&);

}  // namespace bochner::gram
