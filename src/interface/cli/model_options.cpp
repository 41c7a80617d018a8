// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/model_options.hpp"

#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/print.hpp"
#include "io/npz.hpp"
#include "report/identity.hpp"

#include <utility>

namespace bochner::cli {

void declare_model_options(CLI::App& app, ModelOptions& options, const std::string& data_words) {
  declare_text(app, "-d,--data", options.data, "FILE", data_words)->required();
  declare_text(app, "-m,--model", options.model, "FILE", "What bochner fit wrote")->required();
  declare_reading(app, options.reading);
  declare_threads(app, options.threads);
}

void declare_model_output(CLI::App& app, ModelOptions& options, std::string& output,
                          const std::string& output_words) {
  declare_output(app, output, output_words + "; - is the standard output");
  declare_json(app, options.json, "Print a JSON report; needs an --output file");
}

io::ReadOptions reading_of(const ModelOptions& options) { return read_options(options.reading); }

ModelAtWork open_model(const ModelOptions& options, const pipeline::UsedColumns& columns) {
  const Execution execution = parse_threads(options.threads);
  const io::ReadOptions reading = reading_of(options);
  pipeline::Model model = pipeline::load_model(options.model);
  auto reader = pipeline::open_for(model, io::open_source(options.data), reading, columns);
  return {execution, std::move(model), std::move(reader)};
}

std::optional<io::ColumnSelection> kept_columns(const std::string& list) {
  if (list.empty()) return std::nullopt;
  io::ColumnSelection out;
  out.keep = parse_list("--keep", list);
  return out;
}

std::vector<std::string> text_names(const io::RowReader& reader) {
  std::vector<std::string> out;
  for (const Index place : reader.text_places()) {
    out.push_back(reader.columns().name_or_number(place));
  }
  return out;
}

void require_place_for_report(const ModelOptions& options, const std::string& output) {
  if (options.json && output == "-") {
    throw UsageError("--json: the report goes to the standard output, expected an --output file");
  }
}

void print_report(const std::string& command, const ModelOptions& options, ModelAtWork& work,
                  Index rows, const std::string& output) {
  if (!options.json) return;
  nlohmann::ordered_json report = report::identity(command, work.execution);
  report["model"] = options.model;
  report["map"] = to_text(work.model.spec());
  report["input"] = {{"path", options.data},
                     {"layout", work.reader->layout()},
                     {"sha256", work.reader->digest()},
                     {"rows", rows}};
  report["output"] = output;
  print(report::json_text(report));
}

}  // namespace bochner::cli
