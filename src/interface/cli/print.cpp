// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/print.hpp"

#include "io/message.hpp"
#include "io/output_file.hpp"

namespace bochner::cli {

void print(std::string_view report) {
  io::OutputFile out("-");
  out.write(io::printable_lines(report));
  out.commit();
}

}  // namespace bochner::cli
