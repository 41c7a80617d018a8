// SPDX-License-Identifier: Apache-2.0
#include "bochner/version.hpp"

namespace bochner {

const char* version_string() noexcept { return BOCHNER_VERSION_STRING; }

}  // namespace bochner
