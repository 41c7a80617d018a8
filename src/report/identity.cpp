// SPDX-License-Identifier: Apache-2.0
#include "report/identity.hpp"

#include "bochner/version.hpp"
#include "core/parallel.hpp"
#include "io/message.hpp"
#include "simd/engine.hpp"

#include <limits>

namespace bochner::report {

std::string instruction_set() { return std::string(simd::kernels<float>().name); }

int thread_count(const Execution& execution) {
  return worker_count(std::numeric_limits<int>::max(), execution);
}

nlohmann::ordered_json identity(const std::string& command, const Execution& execution) {
  return {{"schema_version", kSchemaVersion},
          {"command", command},
          {"version", version_string()},
          {"instruction_set", instruction_set()},
          {"threads", thread_count(execution)}};
}

nlohmann::ordered_json describe(const io::Table& table) {
  return {{"path", table.path},           {"sha256", table.digest},
          {"layout", table.layout},       {"rows", table.rows.rows()},
          {"columns", table.rows.cols()}, {"column_names", table.columns}};
}

std::string json_text(const nlohmann::ordered_json& document) {
  return io::printable_json(
             document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)) +
         "\n";
}

}  // namespace bochner::report
