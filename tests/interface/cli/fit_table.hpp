// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

/// \file
/// Tables made of formulas, and what `fit` and `evaluate` make of them.

namespace bochner::test {

using Arguments = std::vector<std::string>;

/// A header and lines of numbers with all their digits.
inline std::string table(const std::string& header, int rows,
                         const std::function<std::vector<double>(int)>& row) {
  std::ostringstream out;
  out.precision(17);
  out << header << '\n';
  for (int i = 0; i < rows; ++i) {
    const std::vector<double> cells = row(i);
    for (std::size_t c = 0; c < cells.size(); ++c) out << (c == 0 ? "" : ",") << cells[c];
    out << '\n';
  }
  return out.str();
}

/// In [-1, 1), spread evenly.
inline double spread(int i, double step = 0.6180339887498949) {
  return 2.0 * (i * step - std::floor(i * step)) - 1.0;
}

/// `arguments`, and those of `defaults` (options with a value each) that they do not say.
inline Arguments with_defaults(const Arguments& defaults, const Arguments& arguments) {
  Arguments out;
  for (std::size_t i = 0; i < defaults.size(); i += 2) {
    if (std::find(arguments.begin(), arguments.end(), defaults[i]) != arguments.end()) continue;
    out.insert(out.end(), {defaults[i], defaults[i + 1]});
  }
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

inline Outcome fit(const std::string& data, const std::string& model, const Arguments& more = {}) {
  Arguments arguments = {"fit", "--data", data, "-o", model, "--json"};
  const Arguments rest = with_defaults({"--frequencies", "64"}, more);
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  return run_bochner(arguments);
}

inline const Arguments kFixed = {"--target", "y", "--lengthscale", "median", "--ridge", "1e-6"};

inline Arguments fixed(const Arguments& more) { return with_defaults(kFixed, more); }

/// Metric number `which` of the model on `data`: RMSE, MAE, R2.
inline double metric(const std::string& data, const std::string& model, std::size_t which,
                     const Arguments& more = {}) {
  Arguments arguments = {"evaluate", "--data", data, "--model", model, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Outcome outcome = run_bochner(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return nlohmann::json::parse(outcome.out)["metrics"][which]["value"].get<double>();
}

}  // namespace bochner::test
