// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "study/study_tables.hpp"

#include <string>

namespace bochner::report {

/// Maps down, places across; what was measured in a second table.
std::string table_text(const study::StudyTable& table);
std::string table_json(const study::StudyTable& table, const Execution& execution);

}  // namespace bochner::report
