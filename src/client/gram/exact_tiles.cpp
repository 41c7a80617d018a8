// SPDX-License-Identifier: Apache-2.0
#include "client/gram/exact_tiles.hpp"

#include "kernel/standard_form.hpp"

namespace bochner::gram {

ExactTiles::ExactTiles(const Kernel& kernel, const KernelRows& y)
    : kernel_(kernel),
      packed_(simd::padded<double>(y.size()), y.dim()),
      squared_norms_(y.squared_norms()) {
  simd::pack_columns<double>(y.view().transpose(), packed_.data());
}

void ExactTiles::tile(const KernelRows& x, Index row, Index rows, Index col, Index cols,
                      double* out, Index ld) const {
  simd::kernels<double>().project(x.row(row), x.ld(), rows, packed_.row(col), x.dim(), cols, out,
                                  ld);
  for (Index r = 0; r < rows; ++r) {
    double* const values = out + r * ld;
    kernel_values(kernel_, values, x.squared_norms()[row + r], squared_norms_ + col, values, cols);
  }
}

}  // namespace bochner::gram
