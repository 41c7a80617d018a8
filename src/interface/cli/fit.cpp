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

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
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

pipeline::FitRequest checked_request(const FitArguments& arguments) {
  pipeline::FitRequest request = parse_fit(arguments);
  refuse_overwriting(arguments);
  return request;
}

std::string text_of(const FitArguments& arguments, const pipeline::FitRequest& request,
                    const pipeline::Fitted& fit) {
  return arguments.json ? report::fit_json(request, fit) : report::fit_text(request, fit);
}

/// Of all processes that were started together, as far as it is known on each of them.
std::optional<pipeline::Fitted> fitted_together(const FitArguments& arguments,
                                                const pipeline::Partners& partners,
                                                pipeline::FitRequest& request) {
  FitArguments own = arguments;
  own.input.path =
      files_of_ranks(arguments.input.path, partners)[static_cast<std::size_t>(partners.rank())];
  pipeline::share_error<UsageError>(partners, [&] { request = checked_request(own); });
  std::optional<TerminalWatcher> watcher;
  if (partners.rank() == 0) watcher.emplace("fit");
  try {
    return pipeline::fit_together(request, partners, watcher ? &*watcher : nullptr);
  } catch (const pipeline::InvalidRequest& error) {
    throw UsageError(error.what());
  }
}

/// Of this process among those that were started together. InvalidArgument and UsageError are
/// thrown on all, and the first one says it; what is thrown here alone ends all.
void run_shared_fit(const FitArguments& arguments, const pipeline::Partners& partners) {
  const bool first = partners.rank() == 0;
  pipeline::FitRequest request;
  std::optional<pipeline::Fitted> fit;
  try {
    fit = fitted_together(arguments, partners, request);
  } catch (const InvalidArgument&) {
    if (first) throw;
    throw ToldElsewhere();
  } catch (const UsageError&) {
    if (first) throw;
    throw ToldElsewhere();
  } catch (const std::exception& error) {
    partners.abandon(error.what());
  }
  if (!fit) return;
  request.data = arguments.input.path;
  print(text_of(arguments, request, *fit));
}

void run_fit(const FitArguments& arguments) {
  if (const std::unique_ptr<pipeline::Partners> partners = launched_partners()) {
    return run_shared_fit(arguments, *partners);
  }
  FitArguments own = arguments;
  own.input.path = file_alone(arguments.input.path);
  const pipeline::FitRequest request = checked_request(own);
  std::optional<io::OutputFolder> report = open_report(arguments.report);
  const pipeline::Fitted fit = fitted(request, report);
  if (report) commit_report(*report);
  print(text_of(arguments, request, fit));
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
