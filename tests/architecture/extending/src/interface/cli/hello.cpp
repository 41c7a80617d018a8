// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/command.hpp"

#include <iostream>

namespace bochner::cli {

std::function<void()> declare_hello(CLI::App& /*app*/) {
  return [] { std::cout << "hello\n"; };
}

}  // namespace bochner::cli
