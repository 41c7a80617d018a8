// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/study_pairs.hpp"

#include "core/numbers.hpp"
#include "interface/cli/options.hpp"

#include <numbers>

namespace bochner::cli {
namespace {

double parse_angle(const std::string& option, const std::string& text) {
  if (text == "0") return 0.0;
  if (text == "pi") return std::numbers::pi;
  if (text.starts_with("pi/")) return std::numbers::pi / parse_positive(option, text.substr(3));
  return parse_positive(option, text);
}

}  // namespace

std::vector<double> parse_angles(const std::string& option, const std::string& text) {
  constexpr int kSteps = 4;
  std::vector<double> angles;
  for (const std::string& item : parse_list(option, text)) {
    const auto colon = item.find(':');
    if (colon == std::string::npos) {
      angles.push_back(parse_angle(option, item));
      continue;
    }
    const double first = parse_angle(option, item.substr(0, colon));
    const double last = parse_angle(option, item.substr(colon + 1));
    for (int k = 0; k <= kSteps; ++k) angles.push_back(first + (last - first) * k / kSteps);
  }
  return angles;
}

std::vector<double> parse_norms(const std::string& text) {
  std::vector<double> norms;
  for (const std::string& item : parse_list("--norm", text)) {
    norms.push_back(parse_positive("--norm", item));
  }
  return norms;
}

io::Table read_pairs_file(const std::string& path, const ReadingOptions& reading) {
  InputOptions from;
  from.path = path;
  from.reading = reading;
  return read_input(from);
}

std::vector<study::StudyPair> pairs_from(const io::Table& input) {
  const Index dim = input.rows.cols() / 2;
  if (dim < 1 || input.rows.cols() % 2 != 0) {
    throw UsageError("--pairs " + input.path + ": " + std::to_string(input.rows.cols()) +
                     " columns, expected an even number: x, then y");
  }
  std::vector<study::StudyPair> pairs;
  for (Index i = 0; i < input.rows.rows(); ++i) {
    const double* const row = input.rows.row(i);
    pairs.push_back({.label = input.where(i),
                     .x = std::vector<double>(row, row + dim),
                     .y = std::vector<double>(row + dim, row + 2 * dim)});
  }
  return pairs;
}

}  // namespace bochner::cli
