// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/io/table.hpp"

#include <nlohmann/json.hpp>

#include <string>

/// \file
/// What a report says about itself, so that it can be repeated.

namespace bochner::report {

/// Raised when a field of a JSON report changes its meaning or goes away.
inline constexpr int kSchemaVersion = 1;

/// The name of the instruction set in use.
std::string instruction_set();

/// Threads that work with `execution`, given enough of it.
int thread_count(const Execution& execution);

/// schema_version, command, version, instruction_set, threads.
nlohmann::ordered_json identity(const std::string& command, const Execution& execution);

/// path, sha256, rows, columns, column_names.
nlohmann::ordered_json describe(const io::Table& table);

/// The document as text; bytes that are not UTF-8 (in a path) are replaced, characters that are not
/// printable are escapes.
std::string json_text(const nlohmann::ordered_json& document);

}  // namespace bochner::report
