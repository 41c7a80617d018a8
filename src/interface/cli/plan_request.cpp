// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/plan_request.hpp"

#include "estimator/row_law.hpp"
#include "interface/cli/choices.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <cstdint>

namespace bochner::cli {
namespace {

void declare_subject(CLI::App& app, PlanArguments& arguments) {
  declare_input(app, arguments.input);
  app.get_option("--input")->required(false);
  declare_text(app, "--pairs", arguments.pairs, "FILE",
               "Plan for these pairs instead, one per row: the coordinates of x, then those of y");
  declare_text(app, "--norm", arguments.norms, "LIST",
               "Plan for pairs of these lengths |x| = |y|, after the kernel's scaling, in "
               "--dimension dimensions");
  declare_text(app, "--angle", arguments.angles, "LIST", "Angles between x and y, with --norm");
  declare_text(app, "--radius", arguments.radius, "R",
               "Plan for all pairs of a ball of this radius at once, after the kernel's scaling, "
               "in --dimension dimensions");
  declare_text(app, "--dimension", arguments.dimension, "D",
               "Dimension of the pairs or of the ball");
}

void declare_map(CLI::App& app, PlanArguments& arguments) {
  declare_kernel(app, arguments.kernel);
  declare_text(
      app, "--features", arguments.features, "NAME",
      "Feature function: " + names_of<FeatureFunction>() + " (default: the first of the ranking)");
  declare_text(app, "--projection", arguments.projection, "NAME",
               "Projection, with --features: " + names_of<Projection>() + " (default: orthogonal)");
  declare_text(app, "--budget", arguments.budget, "COUNT",
               "Columns of the features that maps are ranked at");
}

void declare_promise(CLI::App& app, PlanArguments& arguments) {
  declare_text(app, "--error", arguments.error, "E",
               "How many frequencies reach this error: of the Gram matrix (Frobenius), at each "
               "pair, or (absolute) over the ball?");
  declare_text(app, "--unit", arguments.unit, "UNIT",
               "Of the error: relative (to |K|) or absolute");
  declare_text(app, "--confidence", arguments.confidence, "P", "Probability of the promise");
  declare_text(app, "--basis", arguments.basis, "BASIS",
               "What stands behind the number: asymptotic (exact variance); guarantees by "
               "chebyshev and, for pairs, bernstein or median-of-means");
}

ErrorTarget parse_target(const PlanArguments& arguments) {
  ErrorTarget target;
  target.error = parse_positive("--error", arguments.error);
  target.unit = parse_choice<ErrorUnit>("--unit", arguments.unit);
  target.confidence = parse_positive("--confidence", arguments.confidence);
  if (target.confidence >= 1.0) {
    throw UsageError("--confidence: expected a number between 0 and 1, got '" +
                     arguments.confidence + "'");
  }
  return target;
}

/// Which subjects go with which options.
void check_subject(const PlanArguments& arguments) {
  const int subjects =
      static_cast<int>(!arguments.input.path.empty()) + static_cast<int>(!arguments.pairs.empty()) +
      static_cast<int>(!arguments.norms.empty()) + static_cast<int>(!arguments.radius.empty());
  if (subjects != 1) {
    throw UsageError("expected one of --input, --pairs, --norm and --radius: what to plan for");
  }
  const bool rows = !arguments.input.path.empty();
  if (!rows && arguments.error.empty()) {
    throw UsageError("--error: is needed for pairs and for a ball");
  }
  if (!arguments.dimension.empty() && arguments.norms.empty() && arguments.radius.empty()) {
    throw UsageError("--dimension: goes with --norm and --radius; a file says its own");
  }
  if (!arguments.projection.empty() && arguments.features.empty()) {
    throw UsageError("--projection: goes with --features, which it is the projection of");
  }
}

}  // namespace

void declare_plan_arguments(CLI::App& app, PlanArguments& arguments) {
  declare_subject(app, arguments);
  declare_map(app, arguments);
  declare_promise(app, arguments);
  declare_seed(app, arguments.seed, "Seed of the sample and of the recommended map");
  declare_threads(app, arguments.threads);
  declare_json(app, arguments.json, "Print JSON instead of text");
  app.footer(
      "Ranks the maps for the Gram matrix of the rows by their predicted error, and says how many\n"
      "frequencies an error needs: of the matrix, at stated pairs, or over a ball. Nothing is\n"
      "drawn: every number is a closed form.\n\n"
      "Examples:\n"
      "  bochner plan --input concrete.csv --skip-columns compressive_strength --error 0.05\n"
      "  bochner plan --kernel softmax --norm 1 --dimension 64 --error 0.1\n"
      "  bochner plan --kernel gaussian --radius 2 --dimension 8 --error 0.1");
}

PlanRequest parse_plan(const PlanArguments& arguments) {
  check_subject(arguments);
  PlanRequest request;
  if (!arguments.error.empty()) request.target = parse_target(arguments);
  request.basis = parse_choice<Basis>("--basis", arguments.basis);
  if (!arguments.input.path.empty() && request.basis != Basis::asymptotic &&
      request.basis != Basis::chebyshev) {
    throw UsageError("--basis: " + arguments.basis +
                     " is for pairs; for the matrix of a file use asymptotic or chebyshev");
  }
  request.budget.num_features =
      static_cast<Index>(parse_whole("--budget", arguments.budget, 2, std::uint64_t{1} << 40));
  request.budget.seed = parse_seed(arguments.seed);
  request.execution = parse_threads(arguments.threads);
  if (!arguments.features.empty()) {
    request.features = parse_option("--features", arguments.features, parse_features);
  }
  if (!arguments.projection.empty()) {
    request.projection = parse_option("--projection", arguments.projection, parse_projection);
  }
  const Kernel kernel = parse_kernel_options(arguments.kernel);
  if (request.features) {
    if (const auto why = incompatibility(kernel, request.projection, *request.features)) {
      throw UsageError(*why);
    }
    const auto gap = estimator::closed_form_gap(kernel, request.projection);
    if (gap && !arguments.input.path.empty()) throw UsageError(*gap);
  }
  static_cast<void>(read_options(arguments.input));
  return request;
}

FeatureMapSpec chosen_spec(const PlanRequest& request, const Kernel& kernel, Index dimension) {
  FeatureMapSpec spec{.input_dim = dimension,
                      .num_frequencies = 1,
                      .kernel = kernel,
                      .projection = request.projection,
                      .features = *request.features,
                      .seed = {},
                      .transform = {}};
  spec.num_frequencies = estimator::least_frequencies(spec);
  try {
    validate(spec);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  return spec;
}

}  // namespace bochner::cli
