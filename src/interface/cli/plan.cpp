// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/kernel/options.hpp"
#include "core/numbers.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/plan_data.hpp"
#include "interface/cli/plan_pairs.hpp"
#include "interface/cli/plan_request.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/study_pairs.hpp"
#include "report/identity.hpp"
#include "study/pairs.hpp"

#include <memory>

namespace bochner::cli {
namespace {

Index parse_dimension(const PlanArguments& arguments) {
  if (arguments.dimension.empty())
    throw UsageError("--dimension: is needed with --norm and --radius");
  return static_cast<Index>(parse_whole("--dimension", arguments.dimension, 1, 1 << 20));
}

std::vector<study::StudyPair> stated_pairs(const PlanArguments& arguments) {
  if (!arguments.pairs.empty()) {
    return pairs_from(read_pairs_file(arguments.pairs, arguments.input.reading));
  }
  const std::vector<double> norms = parse_norms(arguments.norms);
  const Index dimension = parse_dimension(arguments);
  if (dimension < 2) throw UsageError("--dimension: an angle needs at least 2");
  return study::pairs_at(dimension, norms, parse_angles("--angle", arguments.angles));
}

void run_pairs(const PlanArguments& arguments, const PlanRequest& request) {
  const ErrorTarget& target = *request.target;
  const Index budget = request.budget.num_features;
  const Kernel kernel = kernel_of_unit_scale(arguments.kernel);
  const std::vector<study::StudyPair> pairs = stated_pairs(arguments);
  try {
    const std::vector<PairPlan> ranking = plan_pairs(kernel, pairs, target, request.basis, budget);
    if (!request.features && ranking.empty()) {
      throw UsageError("--basis: no map for it goes with " + to_text(kernel));
    }
    const PairPlan planned =
        request.features
            ? plan_pairs(chosen_spec(request, kernel, static_cast<Index>(pairs.front().x.size())),
                         pairs, target, request.basis, budget)
            : ranking.front();
    const std::vector<BasisPlan> bases = all_bases(planned, pairs, target);
    if (!arguments.json) {
      print(pairs_text(kernel, ranking, planned, bases));
      return;
    }
    nlohmann::ordered_json document = report::identity("plan", {1});
    document.update(pairs_json(kernel, ranking, planned, bases));
    print(report::json_text(document));
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
}

void run_ball(const PlanArguments& arguments, PlanRequest request) {
  ErrorTarget target = *request.target;
  target.unit = ErrorUnit::absolute;
  const double radius = parse_positive("--radius", arguments.radius);
  const Index dimension = parse_dimension(arguments);
  const Kernel kernel = kernel_of_unit_scale(arguments.kernel);
  if (!request.features) {
    if (dot_scale_of(kernel)) {
      request.features = PositiveFeatures{};
    } else {
      request.features = TrigonometricFeatures{};
      request.projection = IidProjection{};
    }
  }
  const FeatureMapSpec spec = chosen_spec(request, kernel, dimension);
  FrequencyPlan plan;
  try {
    plan = frequencies_needed_uniformly(spec, radius, target);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  if (arguments.json) {
    nlohmann::ordered_json document = report::identity("plan", {1});
    document["kernel"] = to_text(kernel);
    document["spec"] = to_text(spec);
    document["radius"] = radius;
    document["plan"] = {{"num_frequencies", plan.num_frequencies},
                        {"statement", plan.statement},
                        {"warning", plan.warning}};
    print(report::json_text(document));
    return;
  }
  std::string text = "kernel " + to_text(kernel) + ", " + to_text(spec.features) + ", " +
                     to_text(spec.projection) + ", ball of radius " + arguments.radius + " in " +
                     std::to_string(dimension) + " dimensions\n" + plan.statement;
  if (plan.num_frequencies != 0) {
    text += ": " + std::to_string(plan.num_frequencies) + " frequencies";
  }
  text += "\n";
  if (!plan.warning.empty()) text += "warning: " + plan.warning + "\n";
  print(text);
}

void run_plan(const PlanArguments& arguments) {
  // What is wrong with the command line is said before a file is read.
  const PlanRequest request = parse_plan(arguments);
  if (!arguments.input.path.empty()) {
    print(plan_data(arguments, request));
  } else if (arguments.radius.empty()) {
    run_pairs(arguments, request);
  } else {
    run_ball(arguments, request);
  }
}

}  // namespace

std::function<void()> declare_plan(CLI::App& app) {
  const auto arguments = std::make_shared<PlanArguments>();
  declare_plan_arguments(app, *arguments);
  return [arguments] { run_plan(*arguments); };
}

}  // namespace bochner::cli
