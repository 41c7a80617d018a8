// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/kernel/options.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/plan_request.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/study_pairs.hpp"
#include "report/plan_report.hpp"
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

void run_data(const PlanArguments& arguments, const PlanRequest& request) {
  const io::Table input = read_input(arguments.input);
  std::string out;
  naming_long_rows(input, [&] {
    study::DataPlanRequest asked{.kernel = choose_kernel(arguments.kernel, input.rows.view()),
                                 .budget = request.budget,
                                 .chosen = {},
                                 .target = request.target,
                                 .basis = request.basis,
                                 .execution = request.execution};
    if (request.features) asked.chosen = chosen_spec(request, asked.kernel, input.rows.cols());
    const study::DataPlan plan = study::plan_data(asked, input.rows.view());
    out = arguments.json ? report::data_plan_json(input, asked, plan)
                         : report::data_plan_text(input, asked, plan);
  });
  print(out);
}

void run_pairs(const PlanArguments& arguments, const PlanRequest& request) {
  const ErrorTarget& target = *request.target;
  const Index budget = request.budget.num_features;
  study::PairPlans plans;
  plans.kernel = kernel_of_unit_scale(arguments.kernel);
  const std::vector<study::StudyPair> pairs = stated_pairs(arguments);
  try {
    plans.ranking = study::plan_pairs(plans.kernel, pairs, target, request.basis, budget);
    if (!request.features && plans.ranking.empty()) {
      throw UsageError("--basis: no map for it goes with " + to_text(plans.kernel));
    }
    const auto dimension = static_cast<Index>(pairs.front().x.size());
    plans.planned = request.features
                        ? study::plan_pairs(chosen_spec(request, plans.kernel, dimension), pairs,
                                            target, request.basis, budget)
                        : plans.ranking.front();
    plans.bases = study::all_bases(plans.planned, pairs, target);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  print(arguments.json ? report::pair_plans_json(plans) : report::pair_plans_text(plans));
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
  print(arguments.json ? report::ball_plan_json(spec, radius, plan)
                       : report::ball_plan_text(spec, arguments.radius, plan));
}

void run_plan(const PlanArguments& arguments) {
  // What is wrong with the command line is said before a file is read.
  const PlanRequest request = parse_plan(arguments);
  if (!arguments.input.path.empty()) {
    run_data(arguments, request);
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
