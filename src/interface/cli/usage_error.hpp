// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace bochner::cli {

/// A command line that is wrong: the program ends with status 2 and points to --help.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bochner::cli
