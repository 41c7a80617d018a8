// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/conditional_independence.hpp"
#include "bochner/io/table.hpp"

#include <string>
#include <vector>

/// \file
/// A test of independence of the columns of a file, as text and JSON.

namespace bochner::report {

struct TestRecord {
  io::Table input;                       ///< the columns of all variables
  std::vector<std::string> x, y, given;  ///< as they were chosen
  ConditionalIndependenceOptions options;
  Execution execution;
  ConditionalIndependence found;
};

std::string test_text(const TestRecord& record);
std::string test_json(const TestRecord& record);

}  // namespace bochner::report
