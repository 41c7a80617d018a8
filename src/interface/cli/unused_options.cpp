// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/unused_options.hpp"

#include "interface/cli/usage_error.hpp"

#include <string>

namespace bochner::cli {

void refuse_unused(const FitArguments& arguments, const pipeline::FitRequest& request) {
  const auto refuse = [&](const char* option, bool unused, const std::string& reason) {
    if (unused && arguments.given.contains(option)) {
      throw UsageError(std::string(option) + ": would change nothing, since " + reason);
    }
  };
  const bool logistic = request.objective == pipeline::Objective::logistic;
  const bool kernel_open = searches_lengthscales(request);
  const bool ridge_open = !request.ridge.has_value();
  // By least squares: the kernel, and the ridge of least squares.
  const bool searched = kernel_open || (ridge_open && !logistic);
  const bool folds = request.search.criterion == Criterion::k_fold;
  const std::string nothing_open = "nothing is searched for (kernel and ridge are given)";
  refuse("--validate", !searched && !ridge_open, nothing_open);
  refuse(
      "--validate", !folds && !searched,
      "the ridge of a logistic regression is chosen by folds; expected 5-fold or another number");
  const bool no_intervals = request.intervals.held_out == pipeline::HeldOut::none;
  refuse("--groups", !searched && !ridge_open && no_intervals, nothing_open);
  refuse("--groups", !folds && !(logistic && ridge_open) && no_intervals,
         "--validate " + arguments.validate +
             " looks at single rows; expected --validate 5-fold or another number of folds");
  refuse("--solver", logistic && arguments.solver != "auto", "--loss logistic has its own");
  refuse("--checkpoint-seconds", logistic, "a logistic regression has no checkpoints");
  refuse("--checkpoint-seconds", arguments.solver == "iterative",
         "conjugate gradients keep no checkpoints");
}

}  // namespace bochner::cli
