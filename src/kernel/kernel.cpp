// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/kernel.hpp"

#include "core/assert.hpp"
#include "core/door.hpp"
#include "kernel/alternative.hpp"
#include "kernel/precise_values.hpp"
#include "kernel/product_measure.hpp"
#include "kernel/radial.hpp"
#include "kernel/rectified_kernel.hpp"
#include "kernel/series.hpp"

#include <cmath>
#include <numeric>

namespace bochner {
namespace {

static_assert(kernels::all_complete(static_cast<const Kernel*>(nullptr)));

}  // namespace

SpectralMeasure spectral_measure(const Kernel& kernel) {
  return std::visit(
      []<class K>(const K& k) {
        if constexpr (K::family == KernelFamily::rectified) {
          return kernels::rectified_measure(k);
        } else if constexpr (K::family == KernelFamily::series) {
          return kernels::series_measure(k);
        } else if constexpr (K::family == KernelFamily::product) {
          return kernels::product_measure(k);
        } else {
          return k.spectral_measure();
        }
      },
      kernel);
}

StandardForm standard_form(const Kernel& kernel, Index dim) {
  Door("kernel").at_least("the input dimension", dim, 1);
  return std::visit(
      [&]<class K>(const K& k) {
        if constexpr (K::family == KernelFamily::radial) {
          return kernels::radial_form(k, dim);
        } else if constexpr (K::family == KernelFamily::rectified) {
          return kernels::rectified_form(k, dim);
        } else if constexpr (K::family == KernelFamily::series) {
          return kernels::series_form(k, dim);
        } else if constexpr (K::family == KernelFamily::product) {
          return kernels::product_form(k, dim);
        } else {
          return k.standard_form(dim);
        }
      },
      kernel);
}

void kernel_values(const Kernel& kernel, const double* xy, double xx, const double* yy, double* out,
                   Index count) {
  BOCHNER_ASSERT(has_product_values(kernel));
  std::visit(
      [&]<class K>(const K& k) {
        if constexpr (K::family == KernelFamily::radial) {
          kernels::radial_values(k, xy, xx, yy, out, count);
        } else if constexpr (K::family == KernelFamily::rectified) {
          kernels::rectified_values(k.rectifier(), xy, xx, yy, out, count);
        } else if constexpr (K::family == KernelFamily::series) {
          kernels::series_values(k, xy, out, count);
        } else if constexpr (K::family == KernelFamily::of_products) {
          k.values(xy, xx, yy, out, count);
        }
      },
      kernel);
}

bool has_product_values(const Kernel& kernel) {
  return std::visit(
      []<class K>(const K&) {
        return K::family != KernelFamily::product && K::family != KernelFamily::of_rows;
      },
      kernel);
}

void row_values(const Kernel& kernel, const double* x, MatrixView<const double> y, double* out) {
  std::visit(
      [&]<class K>(const K& k) {
        if constexpr (K::family == KernelFamily::product) {
          kernels::product_values(k, x, y, out);
        } else if constexpr (K::family == KernelFamily::of_rows) {
          k.values_by_rows(x, y, out);
        } else {
          const auto product = [&](const double* a, const double* b) {
            return std::inner_product(a, a + y.cols, b, 0.0);
          };
          const double xx = product(x, x);
          for (Index j = 0; j < y.rows; ++j) {
            const double xy = product(x, y.row(j));
            const double yy = product(y.row(j), y.row(j));
            kernel_values(kernel, &xy, xx, &yy, out + j, 1);
          }
        }
      },
      kernel);
}

double evaluate(const Kernel& kernel, const double* x, const double* y, Index dim) {
  const StandardForm form = standard_form(kernel, dim);
  constexpr Door kDoor("evaluate");
  kDoor.finite<double>("x", {x, 1, dim}).finite<double>("y", {y, 1, dim});
  double value = 0.0;
  kernels::precise_values(kernel, form, x, {y, 1, dim}, &value);
  if (!std::isfinite(value)) kDoor.refuse("the kernel's value overflows; scale the inputs down");
  return value;
}

}  // namespace bochner
