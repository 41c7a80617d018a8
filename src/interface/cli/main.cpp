// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/command.hpp"
#include "interface/cli/signals.hpp"

int main(int argc, char** argv) {
  bochner::cli::guard_standard_streams();
  bochner::cli::install_signal_handlers();
  return bochner::cli::run(argc, argv);
}
