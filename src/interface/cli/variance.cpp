// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/report_folder.hpp"
#include "interface/cli/study_request.hpp"
#include "interface/cli/terminal_watcher.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/checkpoint.hpp"
#include "io/message.hpp"
#include "io/output_file.hpp"
#include "pipeline/saving.hpp"
#include "report/identity.hpp"
#include "report/ratio_map.hpp"
#include "report/study_report.hpp"
#include "report/study_table_report.hpp"
#include "study/study_tables.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

namespace bochner::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// What a saved state must have been made with.
std::string run_identity(const StudyRequest& request) {
  nlohmann::ordered_json run = {{"version", report::identity("variance", {})["version"]},
                                {"instruction_set", report::instruction_set()},
                                {"replicates", request.plan.replicates},
                                {"seed", request.plan.seed.value},
                                {"frequencies", request.plan.frequencies},
                                {"maps", nlohmann::ordered_json::array()},
                                {"pairs", nlohmann::ordered_json::array()}};
  for (const study::StudyMap& map : request.plan.maps) {
    run["maps"].push_back({to_text(map.spec), map.pairs});
  }
  for (const study::StudyPair& pair : request.plan.pairs) run["pairs"].push_back({pair.x, pair.y});
  return run.dump();
}

/// The finished rows, and the state that the others can go on from.
void save(const study::Study& study, const std::string& directory, io::Checkpoint& checkpoint) {
  io::OutputFile rows(directory + "/cells.csv");
  rows.write(report::study_csv(study.cells()));
  rows.commit();
  checkpoint.save(study.save());
}

/// Runs the study to its end, saving its state from time to time where there is a directory for it.
void run_study(study::Study& study, const StudyArguments& arguments, const StudyRequest& request,
               std::optional<io::Checkpoint>& checkpoint) {
  TerminalWatcher watcher("variance");
  pipeline::Saving saving(&watcher, "the study");
  const auto save_now = [&] {
    saving.attempt([&] { save(study, arguments.report, *checkpoint); });
  };
  std::optional<StopRequests> stop;
  if (checkpoint) stop.emplace(&watcher);
  Progress progress(&watcher, {"variance", study.work(), "", study.work_done()});
  auto saved = Clock::now();
  while (!study.finished()) {
    const double before = study.work_done();
    study.advance(request.execution);
    progress.advance(study.work_done() - before);
    if (!checkpoint) continue;
    if (stop->pending() && !study.finished()) {
      save_now();
      if (saving.failure().empty()) {
        throw Interrupted("interrupted; " + arguments.report + "/cells.csv holds the finished rows",
                          Interrupted::Kept::state);
      }
      throw Interrupted("interrupted; the last rows are lost: " + saving.failure(),
                        Interrupted::Kept::nothing);
    }
    if (Clock::now() - saved < request.checkpoint_interval) continue;
    save_now();
    saved = Clock::now();
  }
}

void write_report(const report::StudyResult& result, const StudyRequest& request,
                  io::OutputFolder& report) {
  const std::string errors = report::error_svg(result);
  const std::string matrix = report::matrix_svg(result);
  const std::string ratio =
      request.dimension >= 2 ? report::ratio_map_svg(request.dimension, request.longest) : "";
  report.add("report.json", report::study_json(result));
  report.add("cells.csv", report::study_csv(result.cells));
  report.add("matrix.csv", report::matrix_csv(result.matrix));
  report.add("error.svg", errors);
  report.add("matrix.svg", matrix);
  if (!ratio.empty()) report.add("ratio.svg", ratio);
  report.add("index.html", report::study_page(result, errors, ratio, matrix));
  commit_report(report);
}

/// Each thread draws maps of its own: frequencies and their packed copy, and features of a block.
void require_room(const StudyRequest& request) {
  const Index most =
      *std::max_element(request.plan.frequencies.begin(), request.plan.frequencies.end());
  require_memory("--frequencies " + std::to_string(most),
                 8.0 * static_cast<double>(report::thread_count(request.execution)) *
                     static_cast<double>(most) *
                     (2.0 * static_cast<double>(request.dimension) + 4.0),
                 "fewer of them, or of --threads, would do");
}

void run_grid(const StudyArguments& arguments) {
  if (arguments.resume && arguments.report.empty()) {
    throw UsageError("--resume: needs --report DIR, where the interrupted run left its state");
  }
  require_distinct_files(
      {{"--pairs", arguments.pairs}},
      report_files(arguments.report, {"report.json", "cells.csv", "matrix.csv", "error.svg",
                                      "matrix.svg", "ratio.svg", "index.html"}));
  const StudyRequest request = parse_study(arguments);
  require_room(request);
  std::optional<io::OutputFolder> report = open_report(arguments.report);
  std::optional<io::Checkpoint> checkpoint;
  study::Study study(request.plan);
  if (report) {
    checkpoint.emplace(arguments.report + "/study", run_identity(request));
    if (!arguments.resume && checkpoint->exists()) {
      throw FileError(checkpoint->name() +
                      ": an unfinished run is there; --resume goes on with it, removing it begins "
                      "again");
    }
    if (arguments.resume) {
      if (const auto state = checkpoint->load()) study.load(*state);
    }
  }
  run_study(study, arguments, request, checkpoint);

  report::StudyResult result{.kernel = request.kernel,
                             .dimension = request.dimension,
                             .replicates = request.plan.replicates,
                             .seed = request.plan.seed,
                             .execution = request.execution,
                             .input = request.input,
                             .cells = study.cells(),
                             .matrix = {},
                             .matrix_rows = request.matrix_rows,
                             .matrix_redraws = request.matrix.redraws};
  if (report) {
    TerminalWatcher watcher("variance");
    result.matrix = study::study_matrix(request.matrix, request.execution, &watcher);
    write_report(result, request, *report);
    checkpoint->remove();
  }
  print(arguments.json ? report::study_json(result)
        : report ? report::study_summary(result) + "\nreport: " + io::printable(arguments.report) +
                       "/index.html\n"
                 : report::study_text(result));
}

void run_table(const StudyArguments& arguments) {
  const TableRequest request = parse_table(arguments);
  TerminalWatcher watcher("variance");
  const auto make =
      request.name == TableName::equal_columns ? study::equal_columns : study::attention_matrix;
  const study::StudyTable table =
      make(request.replicates, request.seed, request.execution, &watcher);
  print(arguments.json ? report::table_json(table, request.execution) : report::table_text(table));
}

}  // namespace

std::function<void()> declare_variance(CLI::App& app) {
  const auto arguments = std::make_shared<StudyArguments>();
  declare_study_arguments(app, *arguments);
  return [arguments] { arguments->table.empty() ? run_grid(*arguments) : run_table(*arguments); };
}

}  // namespace bochner::cli
