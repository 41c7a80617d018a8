// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <string>

namespace bochner::report {

/// Where trigonometric features are better than positive ones, and where worse: the decimal
/// logarithm of the ratio of their mean square errors at equal columns, for |x| = |y| up to
/// `longest` (after the kernel's scaling) and all angles between them, from closed forms. One panel
/// for independent frequencies of positive features [Choromanski21, fig. 2], one for whole
/// orthogonal blocks of hyperbolic OPRF features, their parameter optimal at each pair.
std::string ratio_map_svg(Index dimension, double longest);

}  // namespace bochner::report
