// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/model.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/options.hpp"
#include "interface/io/output_file.hpp"
#include "interface/io/svmlight_writer.hpp"

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

constexpr Index kRowsAtATime = 1024;

struct Options {
  std::string data;
  std::string model;
  std::string header = "auto";
  std::string output = "-";
  std::string threads = "0";
  bool json = false;
};

/// Features with their exponents multiplied in.
template <Scalar T>
Matrix<T> features_of(const RidgeRegression<T>& fitted, const Model& model,
                      MatrixView<const double> rows, const Execution& execution) {
  Matrix<T> x(rows.rows, rows.cols);
  model.standardisation.apply<T>(rows, x.view());
  Matrix<T> phi(rows.rows, fitted.map().num_features());
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(rows.rows));
  fitted.map().apply(Side::query, std::as_const(x).view(), {phi.view(), exponent}, execution);
  for (Index i = 0; i < phi.rows(); ++i) {
    const std::int32_t power = exponent[static_cast<std::size_t>(i)];
    for (Index j = 0; j < phi.cols(); ++j) phi(i, j) = std::ldexp(phi(i, j), power);
  }
  return phi;
}

void run_features(const Options& options) {
  const Execution execution{static_cast<int>(parse_whole("--threads", options.threads, 0, 4096))};
  if (options.json && options.output == "-") {
    throw UsageError("--json: the report goes to the standard output, expected an --output file");
  }
  InputOptions input;
  input.header = options.header;
  const io::ReadOptions reading = read_options(input);
  const Model model = load_model(options.model);
  if (model.targets.size() != 1) {
    throw FileError(options.model + ": has " + std::to_string(model.targets.size()) +
                    " targets, and a line of svmlight has one label");
  }
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto reader = open_for(model, options.data, reading, ModelColumns::inputs_and_targets);
  io::OutputFile out(options.output);
  Index rows_done = 0;
  Matrix<double> block(kRowsAtATime, reader->cols());
  for (Index got = kRowsAtATime; got == kRowsAtATime;) {
    got = reader->read(block.view());
    rows_done += got;
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, got);
    std::visit(
        [&]<Scalar T>(const RidgeRegression<T>& fitted) {
          const Matrix<T> phi = features_of(fitted, model, rows.middle_cols(0, inputs), execution);
          io::write_svmlight<T>(out, rows.middle_cols(inputs, 1), phi.view());
        },
        model.regression);
  }
  out.commit();
  if (!options.json) return;
  nlohmann::ordered_json report = identity("features", execution);
  report["model"] = options.model;
  report["map"] = to_text(model.spec());
  report["input"] = {{"path", options.data}, {"sha256", reader->digest()}, {"rows", rows_done}};
  report["output"] = options.output;
  io::OutputFile text("-");
  text.write(to_text(report));
  text.commit();
}

}  // namespace

std::function<void()> declare_features(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("-d,--data", options->data, "Rows with their target, under the model's names")
      ->type_name("FILE")
      ->required();
  app.add_option("-m,--model", options->model,
                 "What bochner fit wrote: its map and its standardisation are used")
      ->type_name("FILE")
      ->required();
  app.add_option("--header", options->header,
                 "Whether the first line of text holds names: auto, yes or no")
      ->type_name("WHEN")
      ->capture_default_str();
  app.add_option(
         "-o,--output", options->output,
         "Features as svmlight text, `target 1:value 2:value ...`; - is the standard output")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--threads", options->threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_flag("--json", options->json, "Print a JSON report; needs an --output file");
  app.footer(
      "For linear learners such as LIBLINEAR, which then learn with the kernel:\n"
      "  bochner features --data train.csv --model model.safetensors -o train.svm\n"
      "  liblinear-train -s 2 -c 1 train.svm");
  return [options] { run_features(*options); };
}

}  // namespace bochner::cli
