// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/plan_options.hpp"

#include "interface/cli/numbers.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <cstdint>

namespace bochner::cli {

void declare_options(CLI::App& app, PlanOptions& options) {
  declare_input(app, options.input);
  app.get_option("--input")->required(false);
  app.add_option("--pairs", options.pairs,
                 "Plan for these pairs instead, one a row: the coordinates of x, then those of y")
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
  app.add_option("--projection", options.projection,
                 "Projection, with --features: " + names_of<Projection>())
      ->type_name("NAME")
      ->capture_default_str();
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

Basis parse_basis(const PlanOptions& options) {
  return parse_name<Basis>("--basis", options.basis);
}

Index parse_budget(const PlanOptions& options) {
  return static_cast<Index>(parse_whole("--budget", options.budget, 2, std::uint64_t{1} << 40));
}

}  // namespace bochner::cli
