// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/model.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/options.hpp"
#include "interface/io/matrix_writer.hpp"
#include "interface/io/output_file.hpp"

#include <memory>
#include <string>
#include <utility>

namespace bochner::cli {
namespace {

constexpr Index kRowsAtATime = 4096;

struct Options {
  std::string data;
  std::string model;
  std::string header = "auto";
  std::string output = "-";
  std::string threads = "0";
  bool json = false;
};

void append(std::string& line, const std::string& cell) {
  if (!line.empty()) line += ',';
  line += cell;
}

void run_predict(const Options& options) {
  const Execution execution{static_cast<int>(parse_whole("--threads", options.threads, 0, 4096))};
  if (options.json && options.output == "-") {
    throw UsageError("--json: the report goes to the standard output, expected an --output file");
  }
  InputOptions input;
  input.header = options.header;
  const io::ReadOptions reading = read_options(input);
  const Model model = load_model(options.model);
  const auto reader = open_for(model, options.data, reading, ModelColumns::inputs);
  io::OutputFile out(options.output);
  Index rows_done = 0;
  std::string line;
  for (const std::string& target : model.targets) append(line, io::csv_field(target));
  out.write(line + '\n');
  Matrix<double> block(kRowsAtATime, reader->cols());
  for (Index got = kRowsAtATime; got == kRowsAtATime;) {
    got = reader->read(block.view());
    rows_done += got;
    const Matrix<double> y =
        model.outputs(std::as_const(block).view().middle_rows(0, got), execution);
    for (Index i = 0; i < got; ++i) {
      line.clear();
      if (model.classes.empty()) {
        for (Index c = 0; c < y.cols(); ++c) append(line, shortest(y(i, c)));
      } else {
        line = shortest(model.classes[static_cast<std::size_t>(largest(y.view(), i))]);
      }
      out.write(line + '\n');
    }
  }
  out.commit();
  if (!options.json) return;
  nlohmann::ordered_json report = identity("predict", execution);
  report["model"] = options.model;
  report["map"] = to_text(model.spec());
  report["input"] = {{"path", options.data}, {"sha256", reader->digest()}, {"rows", rows_done}};
  report["output"] = options.output;
  io::OutputFile text("-");
  text.write(to_text(report));
  text.commit();
}

}  // namespace

std::function<void()> declare_predict(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("-d,--data", options->data,
                 "Rows to predict; columns are found by the names the model has, other columns do "
                 "not matter")
      ->type_name("FILE")
      ->required();
  app.add_option("-m,--model", options->model, "What bochner fit wrote")
      ->type_name("FILE")
      ->required();
  app.add_option("--header", options->header,
                 "Whether the first line of text holds names: auto, yes or no")
      ->type_name("WHEN")
      ->capture_default_str();
  app.add_option("-o,--output", options->output,
                 "Predictions as comma-separated text; - is the standard output")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--threads", options->threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_flag("--json", options->json, "Print a JSON report; needs an --output file");
  app.footer("A line of target names, then one line a row: predictions, or the class.");
  return [options] { run_predict(*options); };
}

}  // namespace bochner::cli
