// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"

namespace bochner {

// Out of line, so that the type information has one home and crosses library boundaries.
InvalidArgument::~InvalidArgument() = default;
FileError::~FileError() = default;
Interrupted::~Interrupted() = default;

}  // namespace bochner
