// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/plan_options.hpp"

#include "core/numbers.hpp"
#include "estimator/row_law.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <cstdint>
#include <limits>

namespace bochner::cli {

void declare_options(CLI::App& app, PlanOptions& options) {
  declare_input(app, options.input);
  app.get_option("--input")->required(false);
  app.add_option("--pairs", options.pairs,
                 "Plan for these pairs instead, one per row: the coordinates of x, then those of y")
      ->type_name("FILE");
  app.add_option("--norm", options.norms,
                 "Plan for pairs of these lengths |x| = |y|, after the kernel's scaling, in "
                 "--dimension dimensions")
      ->type_name("LIST");
  app.add_option("--angle", options.angles, "Angles between x and y, with --norm")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_option("--radius", options.radius,
                 "Plan for all pairs of a ball of this radius at once, after the kernel's scaling, "
                 "in --dimension dimensions")
      ->type_name("R");
  app.add_option("--dimension", options.dimension, "Dimension of the pairs or of the ball")
      ->type_name("D");
  declare_kernel(app, options.kernel);
  app.add_option("--features", options.features,
                 "Feature function: " + names_of<FeatureFunction>() +
                     " (default: the first of the ranking)")
      ->type_name("NAME");
  app.add_option(
         "--projection", options.projection,
         "Projection, with --features: " + names_of<Projection>() + " (default: orthogonal)")
      ->type_name("NAME");
  app.add_option("--budget", options.budget, "Columns of the features that maps are ranked at")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option("--error", options.error,
                 "How many frequencies reach this error: of the Gram matrix (Frobenius), at each "
                 "pair, or (absolute) over the ball?")
      ->type_name("E");
  app.add_option("--unit", options.unit, "Of the error: relative (to |K|) or absolute")
      ->type_name("UNIT")
      ->capture_default_str();
  app.add_option("--confidence", options.confidence, "Probability of the promise")
      ->type_name("P")
      ->capture_default_str();
  app.add_option("--basis", options.basis,
                 "What stands behind the number: asymptotic (exact variance); guarantees by "
                 "chebyshev and, for pairs, bernstein or median-of-means")
      ->type_name("BASIS")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of the sample and of the recommended map")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print JSON instead of text");
  app.footer(
      "Ranks the maps for the Gram matrix of the rows by their predicted error, and says how many\n"
      "frequencies an error needs: of the matrix, at stated pairs, or over a ball. Nothing is\n"
      "drawn: every number is a closed form.\n\n"
      "Examples:\n"
      "  bochner plan --input concrete.csv --skip-columns compressive_strength --error 0.05\n"
      "  bochner plan --kernel softmax --norm 1 --dimension 64 --error 0.1\n"
      "  bochner plan --kernel gaussian --radius 2 --dimension 8 --error 0.1");
}

namespace {

ErrorTarget parse_target(const PlanOptions& options) {
  ErrorTarget target;
  target.error = parse_positive("--error", options.error);
  target.unit = parse_name<ErrorUnit>("--unit", options.unit);
  target.confidence = parse_positive("--confidence", options.confidence);
  if (target.confidence >= 1.0) {
    throw UsageError("--confidence: expected a number between 0 and 1, got '" + options.confidence +
                     "'");
  }
  return target;
}

/// Which subjects go with which options.
void check_subject(const PlanOptions& options) {
  const int subjects =
      static_cast<int>(!options.input.path.empty()) + static_cast<int>(!options.pairs.empty()) +
      static_cast<int>(!options.norms.empty()) + static_cast<int>(!options.radius.empty());
  if (subjects != 1) {
    throw UsageError("expected one of --input, --pairs, --norm and --radius: what to plan for");
  }
  const bool rows = !options.input.path.empty();
  if (!rows && options.error.empty()) {
    throw UsageError("--error: is needed for pairs and for a ball");
  }
  if (!options.dimension.empty() && options.norms.empty() && options.radius.empty()) {
    throw UsageError("--dimension: goes with --norm and --radius; a file says its own");
  }
  if (!options.projection.empty() && options.features.empty()) {
    throw UsageError("--projection: goes with --features, which it is the projection of");
  }
}

}  // namespace

PlanRequest parse_request(const PlanOptions& options) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  check_subject(options);
  PlanRequest request;
  if (!options.error.empty()) request.target = parse_target(options);
  request.basis = parse_name<Basis>("--basis", options.basis);
  if (!options.input.path.empty() && request.basis != Basis::asymptotic &&
      request.basis != Basis::chebyshev) {
    throw UsageError("--basis: " + options.basis +
                     " is for pairs; for the matrix of a file use asymptotic or chebyshev");
  }
  request.budget.num_features =
      static_cast<Index>(parse_whole("--budget", options.budget, 2, std::uint64_t{1} << 40));
  request.budget.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  request.execution = {static_cast<int>(parse_whole("--threads", options.threads, 0, 4096))};
  if (!options.features.empty()) {
    request.features = parse_option("--features", options.features, parse_features);
  }
  if (!options.projection.empty()) {
    request.projection = parse_option("--projection", options.projection, parse_projection);
  }
  const Kernel kernel = parse_kernel_options(options.kernel);
  if (request.features) {
    if (const auto why = incompatibility(kernel, request.projection, *request.features)) {
      throw UsageError(*why);
    }
    const auto gap = closed_form_gap(kernel, request.projection);
    if (gap && !options.input.path.empty()) throw UsageError(*gap);
  }
  static_cast<void>(read_options(options.input));
  return request;
}

FeatureMapSpec chosen_spec(const PlanRequest& request, const Kernel& kernel, Index dimension) {
  FeatureMapSpec spec{.input_dim = dimension,
                      .num_frequencies = 1,
                      .kernel = kernel,
                      .projection = request.projection,
                      .features = *request.features,
                      .seed = {},
                      .centring = {}};
  spec.num_frequencies = least_frequencies(spec);
  try {
    validate(spec);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  return spec;
}

}  // namespace bochner::cli
