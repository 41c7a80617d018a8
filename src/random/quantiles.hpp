// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Quantile functions (tier A): they turn uniform points into draws of a law. 0 < u < 1.

namespace bochner {

/// Of the standard normal law, to 1e-15 relative (AS 241) [Wichura88].
double normal_quantile(double u) noexcept;

/// Of the standard Cauchy law: -cot(pi u).
double cauchy_quantile(double u) noexcept;

/// Of the Laplace law of scale 1 (density exp(-|x|) / 2).
double laplace_quantile(double u) noexcept;

}  // namespace bochner
