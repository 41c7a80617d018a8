// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/identity.hpp"

#include "bochner/version.hpp"
#include "core/parallel.hpp"
#include "interface/io/message.hpp"
#include "simd/engine.hpp"

#include <limits>

namespace bochner::cli {

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

nlohmann::ordered_json describe(const Input& input) {
  return {{"path", input.path},           {"sha256", input.digest},
          {"layout", input.layout},       {"rows", input.rows.rows()},
          {"columns", input.rows.cols()}, {"column_names", input.columns}};
}

std::string to_text(const nlohmann::ordered_json& document) {
  return io::printable_json(
             document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)) +
         "\n";
}

}  // namespace bochner::cli
