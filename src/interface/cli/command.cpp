// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/command.hpp"

#include "bochner/io/read_options.hpp"
#include "bochner/version.hpp"
#include "interface/cli/last_words.hpp"
#include "interface/cli/launched.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/signals.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/message.hpp"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner::cli {

// clang-format off
/// Declares the function that the file NAME.cpp defines.
#define BOCHNER_COMMAND(NAME, SUMMARY)                           \
  Command{#NAME, SUMMARY, [](CLI::App& app) {                    \
            std::function<void()> declare_##NAME(CLI::App& own); \
            return declare_##NAME(app);                          \
          }}
// clang-format on

constexpr std::array kCommands = {
    BOCHNER_COMMAND(attend, "Attention by random features, beside exact attention"),
    BOCHNER_COMMAND(evaluate, "Error of a fitted model, with confidence intervals"),
    BOCHNER_COMMAND(features, "Features of a fitted model as svmlight text"),
    BOCHNER_COMMAND(fit, "Kernel ridge regression on a file of any size"),
    BOCHNER_COMMAND(gram, "Approximate a kernel matrix, and say how wrong that is"),
    BOCHNER_COMMAND(info, "Version, instruction set, threads and what maps are made of"),
    BOCHNER_COMMAND(plan, "Which map to use, and how many frequencies an error needs"),
    BOCHNER_COMMAND(predict, "Predictions of a fitted model"),
    BOCHNER_COMMAND(test, "Are two variables independent, given others or not"),
    BOCHNER_COMMAND(variance, "Bias and variance of the kernel estimate, predicted and measured"),
    BOCHNER_COMMAND(watch, "Changes in the law of a stream of rows, as they come"),
};

#undef BOCHNER_COMMAND

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr std::size_t kNameColumn = 30;
constexpr std::size_t kLineLength = 80;

/// Breaks descriptions at blanks, so that help fits a terminal.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(kNameColumn); }
  std::string make_option_desc(const CLI::Option* option) const override {
    std::istringstream words(option->get_description());
    std::string out;
    std::size_t length = kNameColumn;
    for (std::string word; words >> word;) {
      if (length + 1 + word.size() > kLineLength) {
        out += '\n';
        length = kNameColumn;
      } else if (!out.empty()) {
        out += ' ';
        ++length;
      }
      out += word;
      length += word.size();
    }
    return out;
  }
};

/// The parser passes over an empty argument, and takes the next one for its value.
void refuse_empty(int argc, char** argv) {
  for (int a = 1; a < argc; ++a) {
    if (argv[a][0] != '\0') continue;
    throw UsageError(a > 1 ? std::string("the argument after ") + argv[a - 1] + " is empty"
                           : std::string("the first argument is empty"));
  }
}

/// Takes no memory.
int complain(std::string_view command, std::string_view message, int status) noexcept {
  io::write_line(STDERR_FILENO, {command, ": ", message});
  if (status == kUsage) {
    io::write_line(STDERR_FILENO, {"Try '", command, " --help' for more information."});
  }
  return status;
}

/// `name` becomes that of the command that runs.
void parse_and_run(int argc, char** argv, std::string& name) {
  CLI::App app("Random features for scalable kernel methods, with their error in closed form.",
               "bochner");
  app.set_version_flag("--version", std::string("bochner ") + version_string());
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 done, 1 something failed, 2 the command line is wrong,\n"
      "128 + N ended by signal N.");
  std::vector<std::pair<CLI::App*, std::function<void()>>> bodies;
  for (const Command& command : kCommands) {
    CLI::App* const sub = app.add_subcommand(command.name, command.summary);
    bodies.emplace_back(sub, command.declare(*sub));
  }
  refuse_empty(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(app.help());
  } catch (const CLI::CallForVersion& version) {
    return print(std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    for (const auto& [sub, body] : bodies) {
      if (sub->parsed()) name += " " + sub->get_name();
    }
    throw UsageError(error.what());
  }
  for (const auto& [sub, body] : bodies) {
    if (!sub->parsed()) continue;
    name += " " + sub->get_name();
    body();
  }
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run(int argc, char** argv) {
  std::string name = "bochner";  // short enough to take no memory
  try {
    parse_and_run(argc, argv, name);
    return 0;
  } catch (const UsageError& error) {
    return complain(name, error.what(), kUsage);
  } catch (const io::UnusedOption& error) {
    return complain(name, "--" + std::string(error.what()), kUsage);
  } catch (const Interrupted& error) {
    const bool resumable = error.kept() == Interrupted::Kept::state;
    return complain(
        name,
        error.what() + std::string(resumable ? "; the same command with --resume goes on" : ""),
        128 + noted_signal());
  } catch (const ToldElsewhere&) {
    return 0;
  } catch (const std::bad_alloc&) {
    return complain(name, kNoMemory, kFailed);
  } catch (const std::exception& error) {
    return complain(name, error.what(), kFailed);
  }
}

}  // namespace bochner::cli
