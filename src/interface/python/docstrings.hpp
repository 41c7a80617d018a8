// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// \file
/// The docstrings of the public headers, for Python.

namespace bochner::python {

/// What the header says of a struct, with its members; empty where it says nothing.
/// Lives as long as the program. The table is made from the headers by docstrings.py.
const char* docstring(const std::string& name);

}  // namespace bochner::python
