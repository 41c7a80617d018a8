// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/attention.hpp"

#include <array>
#include <ostream>
#include <utility>

namespace bochner {

std::string to_text(const AttentionReport& report) {
  const std::array<std::pair<Index, const char*>, 4> counts = {{
      {report.empty_rows, "rows without a key: "},
      {report.underflowed_rows, "rows with a normaliser of zero: "},
      {report.negative_rows, "rows with a negative normaliser: "},
      {report.nonfinite_rows, "rows with a NaN or an infinity: "},
  }};
  std::string out = "products in " + report.arithmetic;
  for (const auto& [rows, what] : counts) {
    if (rows > 0) out += std::string("; ") + what + std::to_string(rows);
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const AttentionReport& report) {
  return out << to_text(report);
}

}  // namespace bochner
