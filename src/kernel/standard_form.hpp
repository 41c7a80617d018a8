// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/kernel.hpp"
#include "kernel/spectral_measure.hpp"
#include "kernel/transform.hpp"

/// \file
/// What the rest of the library needs to know about a kernel.

namespace bochner {

/// Without a rectifier, k(x, y) = a(x) a(y) kappa(A x - A y) with log a(x) = amplitude |A x|^2 / 2
/// and kappa(0) = scale; kappa / scale is the Fourier transform of the spectral measure.
struct StandardForm {
  InputTransform transform;
  double amplitude = 0.0;
  bool shift_invariant = true;  ///< k depends on x - y only
  double scale = 1.0;
};

/// Whether k(x, y) is the exponential of the inner product of A x and A y, which stays what it is
/// when these are seen as M A x and M^-T A y.
inline bool takes_matrix(const StandardForm& kernel) { return kernel.amplitude == 1.0; }

/// The kernel's spectral measure, whatever its options.
SpectralMeasure spectral_measure(const Kernel& kernel);

/// Throws InvalidArgument when the kernel's options are not valid for inputs of `dim` coordinates.
StandardForm standard_form(const Kernel& kernel, Index dim);

/// out[j] = k(x, y_j) from inner products of transformed inputs: xy[j] = Ax.Ay_j, xx = |Ax|^2,
/// yy[j] = |Ay_j|^2. Equal rows, whose three products are equal, give exactly k(x, x).
void kernel_values(const Kernel& kernel, const double* xy, double xx, const double* yy, double* out,
                   Index count);

/// Whether values follow from inner products, so that `kernel_values` can be called. For the other
/// kernels there is `row_values`.
bool has_product_values(const Kernel& kernel);

/// out[j] = k(x, y_j) from transformed rows, of any kernel; y has unit column stride.
void row_values(const Kernel& kernel, const double* x, MatrixView<const double> y, double* out);

}  // namespace bochner
