// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/row_reader.hpp"
#include "io/table_reader.hpp"
#include "pipeline/stream_watch.hpp"
#include "report/watch_report.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace bochner::cli {
namespace {

struct WatchArguments {
  InputOptions input;
  std::string learned = std::to_string(pipeline::WatchRequest{}.learned);
  std::string frequencies = std::to_string(pipeline::WatchRequest{}.num_frequencies);
  std::string rate = "0.01";
  std::string seed = "1";
  bool json = false;
};

pipeline::WatchRequest parse_watch(const WatchArguments& arguments) {
  constexpr auto kMost = static_cast<std::uint64_t>(1) << 20;
  pipeline::WatchRequest out;
  out.learned = static_cast<Index>(parse_whole("--learn", arguments.learned, 2, kMost));
  out.num_frequencies =
      static_cast<Index>(parse_whole("--frequencies", arguments.frequencies, 1, kMost));
  out.detector.false_alarm_rate = parse_positive("--false-alarm-rate", arguments.rate);
  if (out.detector.false_alarm_rate >= 1.0) {
    throw UsageError("--false-alarm-rate: expected a number between 0 and 1, got '" +
                     arguments.rate + "'");
  }
  out.seed = parse_seed(arguments.seed);
  return out;
}

void run_watch(const WatchArguments& arguments) {
  const pipeline::WatchRequest request = parse_watch(arguments);
  io::ReadOptions reading = read_options(arguments.input);
  reading.svmlight.label = io::Label::left_out;
  const auto reader = io::open_rows(arguments.input.path, reading);
  io::require_used(reading, *reader);
  pipeline::StreamWatch watch(reader->cols(), request);
  if (!arguments.json) print(report::watch_head(reader->file(), reader->layout(), request));
  // One row at a time: a change is printed when it is seen.
  Matrix<double> row(1, reader->cols());
  while (reader->read(row.view()) > 0) {
    try {
      const auto change = watch.add(std::as_const(row).view());
      if (!change) continue;
      print(arguments.json ? report::watch_json(*change) : report::watch_text(*change));
    } catch (const InvalidArgument& error) {
      throw FileError(reader->place(0) + ": " + error.what());
    }
  }
  if (watch.learning()) {
    throw FileError(reader->file() + ": has " + std::to_string(watch.num_rows()) +
                    " rows, expected at least the " + arguments.learned + " of --learn");
  }
}

}  // namespace

std::function<void()> declare_watch(CLI::App& app) {
  const auto arguments = std::make_shared<WatchArguments>();
  declare_input(app, arguments->input);
  declare_text(app, "--learn", arguments->learned, "COUNT",
               "First rows, which say what units the columns have and are not watched");
  declare_text(app, "--frequencies", arguments->frequencies, "COUNT",
               "Frequencies of the features");
  declare_text(app, "--false-alarm-rate", arguments->rate, "P",
               "Probability, at most, that rows of one law are ever taken for a change");
  declare_seed(app, arguments->seed, "Seed of the frequencies");
  declare_json(app, arguments->json, "Print one line of JSON per change");
  app.footer(
      "Reads rows as they come and prints a line when their law has changed; rows are counted "
      "from\n"
      "1. How they are written is found out from the first 64 KiB: a slow stream is silent until\n"
      "these have come. Rows that depend on the ones before them raise false alarms.\n\n"
      "Example:\n"
      "  tail -f -n +1 sensors.csv | bochner watch --input - --columns temperature,pressure");
  return [arguments] { run_watch(*arguments); };
}

}  // namespace bochner::cli
