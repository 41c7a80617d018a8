// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/conditional_independence.hpp"
#include "bochner/core/error.hpp"
#include "bochner/core/names.hpp"
#include "interface/cli/choices.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/resolve_columns.hpp"
#include "io/row_reader.hpp"
#include "io/table_reader.hpp"
#include "report/test_report.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bochner::cli {
namespace {

using TestOptions = ConditionalIndependenceOptions;

struct TestArguments {
  std::string input;
  std::string x;
  std::string y;
  std::string given;
  ReadingOptions reading;
  std::string test{name_of(TestOptions{}.test)};
  std::string features = std::to_string(TestOptions{}.features);
  std::string condition_features;
  std::string null{name_of(TestOptions{}.null)};
  std::string law;
  std::string permutations;
  std::string draws = std::to_string(TestOptions{}.draws);
  std::string seed = "1";
  std::string threads = "0";
  bool json = false;
};

void declare_test_variables(CLI::App& app, TestArguments& arguments) {
  declare_text(app, "-i,--input", arguments.input, "FILE",
               "Rows of numbers, observed independently of each other; - is the standard input")
      ->required();
  declare_text(app, "--x", arguments.x, "LIST",
               "Columns of the one variable, by number from 1 or by name: age,3-5,8-")
      ->required();
  declare_text(app, "--y", arguments.y, "LIST", "Columns of the other")->required();
  declare_text(app, "--given", arguments.given, "LIST",
               "Columns that are known: are x and y independent given these?");
  declare_reading(app, arguments.reading);
}

void declare_test_method(CLI::App& app, TestArguments& arguments) {
  declare_text(app, "--test", arguments.test, "NAME",
               "What is compared once --given is regressed away: features of x and of y (rcot), or "
               "of x and of y with the given ones, which sees all dependence (rcit)");
  declare_text(app, "--features", arguments.features, "COUNT", "Features of x and of y each");
  declare_text(app, "--condition-features", arguments.condition_features, "COUNT",
               "Features of the given columns (default: 100, or a fifth of the rows below 500)");
  declare_text(app, "--null", arguments.null, "NAME",
               "Where p-values come from: " + words_of(choices_of<NullLaw>()));
  declare_text(app, "--law", arguments.law, "NAME",
               "How the law of weighted chi-squares is computed: " +
                   words_of(choices_of<ChiSquareLaw>()) + " (default: inversion)");
  declare_text(app, "--permutations", arguments.permutations, "COUNT",
               "For each draw, with --null permutations (default: 999)");
  declare_text(app, "--draws", arguments.draws, "COUNT",
               "Draws of the frequencies: the spread of their p-values says how much the answer "
               "owes to them");
}

/// The command line, read in full before the file is.
struct TestRequest {
  std::vector<std::string> x, y, given;
  io::ReadOptions reading;
  TestOptions options;
  Execution execution;
};

TestRequest parse_test(const TestArguments& arguments) {
  constexpr auto kMost = static_cast<std::uint64_t>(1) << 20;
  const auto count = [&](const char* option, const std::string& text) {
    return static_cast<Index>(parse_whole(option, text, 1, kMost));
  };
  TestRequest out;
  out.x = parse_list("--x", arguments.x);
  out.y = parse_list("--y", arguments.y);
  if (!arguments.given.empty()) out.given = parse_list("--given", arguments.given);
  out.reading = read_options(arguments.reading);
  out.reading.svmlight.label = io::Label::column;
  out.options.test = parse_choice<ConditionalTest>("--test", arguments.test);
  out.options.features = count("--features", arguments.features);
  out.options.null = parse_choice<NullLaw>("--null", arguments.null);
  const bool permuting = out.options.null == NullLaw::permutations;
  if (!arguments.condition_features.empty()) {
    if (out.given.empty()) throw UsageError("--condition-features: goes with --given");
    out.options.condition_features = count("--condition-features", arguments.condition_features);
  }
  if (!arguments.law.empty()) {
    if (permuting) throw UsageError("--law: goes with --null weighted-chi-squares");
    out.options.law = parse_choice<ChiSquareLaw>("--law", arguments.law);
  }
  if (!arguments.permutations.empty()) {
    if (!permuting) throw UsageError("--permutations: goes with --null permutations");
    out.options.permutations = count("--permutations", arguments.permutations);
  }
  out.options.draws = count("--draws", arguments.draws);
  out.options.seed = parse_seed(arguments.seed);
  out.execution = parse_threads(arguments.threads);
  return out;
}

/// Where the columns of a variable stand among those that are read.
using ColumnPlaces = std::vector<Index>;

/// Reads each column once, whichever variables it belongs to.
io::Table read_variables(const std::string& path, const TestRequest& request,
                         std::vector<ColumnPlaces>& variables) {
  io::ReadOptions reading = request.reading;
  reading.columns.choose = [&](const io::ColumnNames& names, const std::string& file) {
    ColumnPlaces read;
    for (const auto* list : {&request.x, &request.y, &request.given}) {
      ColumnPlaces& own = variables.emplace_back();
      if (list->empty()) continue;
      for (const Index column : io::resolve({.keep = *list}, names, file)) {
        const auto at = std::find(read.begin(), read.end(), column);
        own.push_back(at - read.begin());
        if (at == read.end()) read.push_back(column);
      }
    }
    return read;
  };
  const auto reader = io::open_rows(path, reading);
  io::require_used(reading, *reader);
  return io::read_table(*reader);
}

Matrix<double> variable_of(const io::Table& table, const ColumnPlaces& places) {
  Matrix<double> out(table.rows.rows(), static_cast<Index>(places.size()));
  for (Index i = 0; i < out.rows(); ++i) {
    for (Index k = 0; k < out.cols(); ++k) {
      out(i, k) = table.rows(i, places[static_cast<std::size_t>(k)]);
    }
  }
  return out;
}

report::TestRecord test_record(const TestArguments& arguments) {
  const TestRequest request = parse_test(arguments);
  std::vector<ColumnPlaces> variables;
  report::TestRecord out{.input = {},
                         .x = request.x,
                         .y = request.y,
                         .given = request.given,
                         .options = request.options,
                         .execution = request.execution,
                         .found = {}};
  out.input = read_variables(arguments.input, request, variables);
  try {
    out.found = conditional_independence_test(
        variable_of(out.input, variables[0]).view(), variable_of(out.input, variables[1]).view(),
        variable_of(out.input, variables[2]).view(), request.options, out.execution);
  } catch (const InvalidArgument& error) {
    throw FileError(arguments.input + ": " + error.what());
  }
  return out;
}

}  // namespace

std::function<void()> declare_test(CLI::App& app) {
  const auto arguments = std::make_shared<TestArguments>();
  declare_test_variables(app, *arguments);
  declare_test_method(app, *arguments);
  declare_seed(app, arguments->seed, "Seed of the frequencies and permutations");
  declare_threads(app, arguments->threads);
  declare_json(app, arguments->json, "Print JSON instead of text");
  app.footer(
      "Whether two variables are independent, given others or not, by random features. The "
      "p-value\n"
      "is that of the first draw; those of all draws, and one that combines them, follow.\n\n"
      "Example:\n"
      "  bochner test --input concrete.csv --x water --y compressive_strength --given cement,age");
  return [arguments] {
    const report::TestRecord record = test_record(*arguments);
    print(arguments->json ? report::test_json(record) : report::test_text(record));
  };
}

}  // namespace bochner::cli
