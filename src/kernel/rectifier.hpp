// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// Kernels E f(w.u) f(w.v) over normal w, f a rectified power: they depend on the lengths of u and
/// v and the angle between them.

namespace bochner {

/// f(p) = factor max(p, 0)^order + offset, with 0^0 = 0.
struct Rectifier {
  int order = 1;  ///< 0, 1 or 2
  double factor = 1.0;
  double offset = 0.0;
};

}  // namespace bochner

namespace bochner::kernels {

/// out[j] = E f(w.u) f(w.v_j) from inner products uv[j], uu, vv[j] [ChoSaul09]. Relative accuracy
/// is that of the angle, which near 0 and pi is the square root of the products'.
void rectified_values(const Rectifier& f, const double* uv, double uu, const double* vv,
                      double* out, Index count);

/// E f(w.u)^k f(w.v)^k, k = 1 to 4.
double rectified_moment(const Rectifier& f, int k, double uv, double uu, double vv);

}  // namespace bochner::kernels
