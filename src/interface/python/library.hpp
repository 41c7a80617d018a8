// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

/// \file
/// What is asked of the library as a whole.

namespace bochner::python {

void define_library(nanobind::module_& m);

}  // namespace bochner::python
