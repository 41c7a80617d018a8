// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/fit.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/fit_request.hpp"
#include "interface/cli/launched.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/report_folder.hpp"
#include "interface/cli/terminal_watcher.hpp"
#include "interface/cli/usage_error.hpp"
#include "pipeline/shared_fit.hpp"
#include "report/fit_report.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace bochner::cli {
namespace {

/// The data outlive the fit.
void refuse_overwriting(const FitArguments& arguments) {
  std::vector<NamedFile> written =
      report_files(arguments.report, {"report.json", "path.csv", "path.svg", "predicted.svg"});
  written.push_back({"--output", arguments.output});
  written.push_back({"--output", arguments.output + ".checkpoint0"});
  written.push_back({"--output", arguments.output + ".checkpoint1"});
  require_distinct_files({{"--data", arguments.input.path}}, written);
}

/// The report's files are made before the model appears, and appear after it.
pipeline::Fitted fitted(const pipeline::FitRequest& request,
                        std::optional<io::OutputFolder>& report) {
  TerminalWatcher watcher("fit");
  try {
    return pipeline::fit(request, &watcher, [&](const pipeline::Fitted& fit) {
      if (report) report::add_fit_report(*report, request, fit);
    });
  } catch (const pipeline::InvalidRequest& error) {
    throw UsageError(error.what());
  }
}

/// Of this process among those that were started together. What is wrong on one of them is thrown
/// on all; the first one says it.
void run_shared_fit(const FitArguments& arguments, const pipeline::Partners& partners) {
  const bool first = partners.rank() == 0;
  try {
    FitArguments own = arguments;
    pipeline::FitRequest request;
    partners.together([&] {
      own.input.path = file_of_rank(arguments.input.path, partners.rank(), partners.size());
      request = parse_fit(own);
      refuse_overwriting(own);
    });
    std::optional<TerminalWatcher> watcher;
    if (first) watcher.emplace("fit");
    const std::optional<pipeline::Fitted> fit =
        pipeline::fit_together(request, partners, watcher ? &*watcher : nullptr);
    request.data = arguments.input.path;
    if (fit)
      print(arguments.json ? report::fit_json(request, *fit) : report::fit_text(request, *fit));
  } catch (const std::exception&) {
    if (first) throw;
    throw ToldElsewhere();
  }
}

void run_fit(const FitArguments& arguments) {
  if (const std::unique_ptr<pipeline::Partners> partners = launched_partners()) {
    return run_shared_fit(arguments, *partners);
  }
  const pipeline::FitRequest request = parse_fit(arguments);
  refuse_overwriting(arguments);
  std::optional<io::OutputFolder> report = open_report(arguments.report);
  const pipeline::Fitted fit = fitted(request, report);
  if (report) commit_report(*report);
  print(arguments.json ? report::fit_json(request, fit) : report::fit_text(request, fit));
}

}  // namespace

std::function<void()> declare_fit(CLI::App& app) {
  const auto arguments = std::make_shared<FitArguments>();
  declare_fit_arguments(app, *arguments);
  return [arguments, &app] {
    for (const CLI::Option* option : app.get_options()) {
      if (option->count() > 0) arguments->given.insert(option->get_name());
    }
    run_fit(*arguments);
  };
}

}  // namespace bochner::cli
