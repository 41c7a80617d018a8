// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/study_request.hpp"

#include "bochner/kernel/options.hpp"
#include "core/numbers.hpp"
#include "interface/cli/choices.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/study_maps.hpp"
#include "interface/cli/study_pairs.hpp"
#include "study/pairs.hpp"

#include <algorithm>

namespace bochner::cli {
namespace {

constexpr Index kMatrixRows = 64;

void declare_maps(CLI::App& app, StudyArguments& arguments) {
  declare_text(app, "--kernel", arguments.kernel, "KERNEL", "Kernel: " + names_of<Kernel>());
  declare_text(app, "--features", arguments.features, "LIST",
               "Feature functions: all, or a list of " + names_of<FeatureFunction>() +
                   "; without an option, a is the optimal one of each pair");
  declare_text(app, "--projection", arguments.projections, "LIST",
               "Projections: all, or a list of " + names_of<Projection>());
  declare_frequencies(app, arguments.frequencies);
}

void declare_pairs(CLI::App& app, StudyArguments& arguments) {
  declare_text(app, "--norm", arguments.norms, "LIST", "Lengths |x| = |y| of the pairs");
  declare_text(app, "--angle", arguments.angles, "LIST",
               "Angles between x and y in radians: a list, or first:last for five from one to the "
               "other (pi is understood)");
  declare_text(app, "--dimension", arguments.dimension, "D", "Dimension of the pairs");
  CLI::Option* const pairs =
      declare_text(app, "--pairs", arguments.pairs, "FILE",
                   "Read the pairs instead, one per row: the coordinates of x, then those of y");
  for (CLI::Option* const option : declare_reading(app, arguments.reading)) option->needs(pairs);
}

/// `otherwise` where none are asked for.
Index parse_replicates(const StudyArguments& arguments, Index otherwise) {
  if (arguments.replicates.empty()) return otherwise;
  const auto replicates =
      static_cast<Index>(parse_whole("--replicates", arguments.replicates, 0, 1'000'000'000));
  if (replicates == 1) {
    throw UsageError("--replicates: one draw has no variance; expected 0, or at least 2");
  }
  return replicates;
}

/// The first rows of x and of y as queries and keys.
void set_matrix_rows(const std::vector<study::StudyPair>& pairs, Index most,
                     study::MatrixStudyPlan& matrix) {
  const Index rows = std::min(most, static_cast<Index>(pairs.size()));
  const auto dim = static_cast<Index>(pairs.front().x.size());
  matrix.queries = Matrix<double>(rows, dim);
  matrix.keys = Matrix<double>(rows, dim);
  for (Index i = 0; i < rows; ++i) {
    const study::StudyPair& pair = pairs[static_cast<std::size_t>(i)];
    std::copy(pair.x.begin(), pair.x.end(), matrix.queries.row(i));
    std::copy(pair.y.begin(), pair.y.end(), matrix.keys.row(i));
  }
}

/// Pairs of stated lengths and angles, and a matrix of normal rows.
void set_stated_pairs(const StudyArguments& arguments, StudyRequest& request) {
  request.dimension =
      static_cast<Index>(parse_whole("--dimension", arguments.dimension, 2, 1 << 20));
  const std::vector<double> norms = parse_norms(arguments.norms);
  request.plan.pairs =
      study::pairs_at(request.dimension, norms, parse_angles("--angle", arguments.angles));
  const double norm = *std::max_element(norms.begin(), norms.end());
  request.longest = std::max(request.longest, norm);
  request.matrix.queries = study::normal_rows(kMatrixRows, request.dimension, norm * norm, 1);
  request.matrix.keys = study::normal_rows(kMatrixRows, request.dimension, norm * norm, 2);
  request.matrix_rows =
      std::to_string(kMatrixRows) + " normal queries and keys of norm " + shortest(norm);
}

/// Pairs of a file, and the matrix of its first rows.
void read_pairs(const StudyArguments& arguments, StudyRequest& request) {
  request.input = read_pairs_file(arguments.pairs, arguments.reading);
  request.plan.pairs = pairs_from(*request.input);
  request.dimension = static_cast<Index>(request.plan.pairs.front().x.size());
  set_matrix_rows(request.plan.pairs, kMatrixRows, request.matrix);
  request.matrix_rows =
      "all x against all y of the first " + std::to_string(request.matrix.keys.rows()) + " rows";
}

}  // namespace

void declare_study_arguments(CLI::App& app, StudyArguments& arguments) {
  declare_maps(app, arguments);
  declare_pairs(app, arguments);
  declare_text(app, "--table", arguments.table, "NAME",
               "Print a table that compares maps at equal columns instead: equal-columns (pairs in "
               "16 and 64 dimensions) or attention-matrix");
  declare_text(app, "--replicates", arguments.replicates, "COUNT",
               "Draws of each map to measure; 0 prints the closed forms alone (default: 200, for a "
               "table 0)");
  declare_seed(app, arguments.seed, "Seed; replicate r has a seed derived from it");
  declare_threads(app, arguments.threads);
  declare_report(app, arguments.report,
                 "Write index.html with its figures, cells.csv, matrix.csv and report.json into "
                 "this directory, and print a summary");
  app.add_flag("--resume", arguments.resume,
               "Go on with what an interrupted run left in the report directory");
  declare_checkpoint_seconds(app, arguments.checkpoint_seconds, "Time between saved states");
  declare_json(app, arguments.json, "Print JSON instead of a table");
  app.footer(
      "Prints bias, variance and relative error of the kernel estimate, predicted in closed form\n"
      "beside measured over independent draws with one standard error. Interrupted, a study with "
      "a\n"
      "report leaves its finished rows in cells.csv, and its state; the same command with "
      "--resume\n"
      "goes on, to the same numbers.\n\n"
      "Examples:\n"
      "  bochner variance --features positive,hyperbolic-oprf --projection iid,orthogonal \\\n"
      "    --frequencies 16:256 --norm 0.5 --angle 0:pi\n"
      "  bochner variance --norm 0.5,1 --report study       # all maps; open study/index.html\n"
      "  bochner variance --table equal-columns");
}

StudyRequest parse_study(const StudyArguments& arguments) {
  constexpr Index kReplicates = 200;
  constexpr Index kRedraws = 20;
  StudyRequest request;
  request.kernel = parse_option("--kernel", arguments.kernel, parse_kernel);
  request.plan.frequencies = parse_frequencies("--frequencies", arguments.frequencies);
  request.plan.replicates = parse_replicates(arguments, kReplicates);
  request.plan.seed = parse_seed(arguments.seed);
  request.execution = parse_threads(arguments.threads);
  request.checkpoint_interval = parse_checkpoint_seconds(arguments.checkpoint_seconds);
  if (arguments.pairs.empty()) {
    set_stated_pairs(arguments, request);
  } else {
    read_pairs(arguments, request);
  }
  request.matrix.frequencies = request.plan.frequencies;
  request.matrix.seed = request.plan.seed;
  request.matrix.redraws = std::min(request.plan.replicates, kRedraws);
  add_maps(arguments, request);
  return request;
}

TableRequest parse_table(const StudyArguments& arguments) {
  if (!arguments.report.empty() || arguments.resume || !arguments.pairs.empty()) {
    throw UsageError("--table: is printed; it goes with neither --pairs nor --report");
  }
  TableRequest request;
  request.execution = parse_threads(arguments.threads);
  request.replicates = parse_replicates(arguments, 0);
  request.seed = parse_seed(arguments.seed);
  request.name = parse_choice<TableName>("--table", arguments.table);
  return request;
}

}  // namespace bochner::cli
