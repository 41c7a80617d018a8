// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/study_request.hpp"

#include "bochner/core/error.hpp"
#include "bochner/estimator/plan.hpp"
#include "bochner/kernel/options.hpp"
#include "core/numbers.hpp"
#include "estimator/row_law.hpp"
#include "features/stage.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/study_pairs.hpp"
#include "study/pairs.hpp"

#include <algorithm>
#include <limits>

namespace bochner::cli {
namespace {

template <class Variant, class Parse>
std::vector<Variant> choose(const char* option, const std::string& text, const Parse& parse) {
  if (text == "all") return all_alternatives<Variant>();
  std::vector<Variant> chosen;
  for (const std::string& item : parse_list(option, text)) {
    chosen.push_back(parse_option(option, item, parse));
  }
  return chosen;
}

std::vector<double> parse_norms(const std::string& text) {
  std::vector<double> norms;
  for (const std::string& item : parse_list("--norm", text)) {
    norms.push_back(parse_positive("--norm", item));
  }
  return norms;
}

std::string label_of(const FeatureFunction& features) {
  // A parameter that was given is part of the name; one that the pair decides is not.
  return features == std::visit([](auto f) { return FeatureFunction(decltype(f){}); }, features)
             ? std::visit([](const auto& f) { return std::string(f.name); }, features)
             : to_text(features);
}

/// Why fewer frequencies of a draw are not the smaller map, as the study takes them to be.
std::optional<std::string> growth_gap(const FeatureFunction& features) {
  if (grows(features)) return std::nullopt;
  return "the study takes the first columns of a draw for a smaller map, which those of " +
         to_text(features) + " features are not; bochner gram measures them";
}

/// Why a combination is not studied: what stands in the way last, when all before it is right.
struct Refusal {
  int step = 0;
  std::string reason;
};

std::optional<Refusal> refusal(const Kernel& kernel, const Projection& projection,
                               const FeatureFunction& features) {
  if (const auto why = incompatibility(kernel, projection, features)) return Refusal{1, *why};
  if (const auto why = closed_form_gap(kernel, projection)) return Refusal{2, *why};
  if (const auto why = growth_gap(features)) return Refusal{3, *why};
  return std::nullopt;
}

/// What was named on the command line must be in the study, or the reason why it is not is said.
class Named {
 public:
  Named(const std::string& text, std::size_t count) : named_(text != "all"), refusals_(count) {}

  void studied(std::size_t item) { refusals_[item].step = kStudied; }
  void refused(std::size_t item, const Refusal& why) {
    if (why.step > refusals_[item].step) refusals_[item] = why;
  }
  void check() const {
    for (const Refusal& why : refusals_) {
      if (named_ && why.step != kStudied) throw UsageError(why.reason);
    }
  }

 private:
  static constexpr int kStudied = 4;
  bool named_;
  std::vector<Refusal> refusals_;
};

/// Adds the maps, those of one projection side by side.
void add_maps(const StudyOptions& options, StudyRequest& request) {
  const bool all = options.features == "all" || options.projections == "all";
  const double mean_square_sum =
      error_expected({.input_dim = request.dimension,
                      .num_frequencies = 1,
                      .kernel = SoftmaxKernel{1.0},
                      .projection = IidProjection{},
                      .features = PositiveFeatures{},
                      .seed = {},
                      .centring = {}},
                     request.matrix.queries.view(), request.matrix.keys.view())
          .mean_square_sum *
      (dot_scale_of(request.kernel) ? *dot_scale_of(request.kernel) : 1.0);
  const auto features_list =
      choose<FeatureFunction>("--features", options.features, parse_features);
  const auto projections =
      choose<Projection>("--projection", options.projections, parse_projection);
  Named named_features(options.features, features_list.size());
  Named named_projections(options.projections, projections.size());
  for (std::size_t i = 0; i < projections.size(); ++i) {
    const Projection& projection = projections[i];
    for (std::size_t f = 0; f < features_list.size(); ++f) {
      const FeatureFunction& features = features_list[f];
      if (const auto why = refusal(request.kernel, projection, features)) {
        if (!all) throw UsageError(why->reason);
        named_features.refused(f, *why);
        named_projections.refused(i, *why);
        continue;
      }
      named_features.studied(f);
      named_projections.studied(i);
      FeatureMapSpec spec{.input_dim = request.dimension,
                          .num_frequencies = 1,
                          .kernel = request.kernel,
                          .projection = projection,
                          .features = features,
                          .seed = {},
                          .centring = {}};
      const std::string label = label_of(features);
      const std::size_t before = request.plan.maps.size();
      for (std::size_t p = 0; p < request.plan.pairs.size(); ++p) {
        spec.features = study::fitted(features, square_sum(request.plan.pairs[p], request.kernel),
                                      request.dimension);
        try {
          validate(spec);
        } catch (const InvalidArgument& error) {
          throw UsageError(error.what());
        }
        auto& maps = request.plan.maps;
        if (maps.size() > before && maps.back().spec.features == spec.features) {
          maps.back().pairs.push_back(p);
        } else {
          maps.push_back({label, spec, {p}});
        }
      }
      spec.features = study::fitted(features, mean_square_sum, request.dimension);
      request.matrix.labels.push_back(label);
      request.matrix.maps.push_back(spec);
    }
  }
  named_features.check();
  named_projections.check();
  if (request.plan.maps.empty()) {
    throw UsageError("no feature function and projection go with " + options.kernel);
  }
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

}  // namespace

void declare_study(CLI::App& app, StudyOptions& options) {
  const auto add = [&](const char* name, std::string& value, const std::string& help,
                       const char* type) {
    app.add_option(name, value, help)->type_name(type)->capture_default_str();
  };
  add("--kernel", options.kernel, "Kernel: " + names_of<Kernel>(), "KERNEL");
  add("--features", options.features,
      "Feature functions: all, or a list of " + names_of<FeatureFunction>() +
          "; without an option, a is the optimal one of each pair",
      "LIST");
  add("--projection", options.projections,
      "Projections: all, or a list of " + names_of<Projection>(), "LIST");
  add("--frequencies", options.frequencies,
      "Numbers of frequencies: 16:4096 doubles from 16 on; 100,200 is a list", "LIST");
  add("--norm", options.norms, "Lengths |x| = |y| of the pairs", "LIST");
  add("--angle", options.angles,
      "Angles between x and y in radians: a list, or first:last for five from one to the other (pi "
      "is understood)",
      "LIST");
  add("--dimension", options.dimension, "Dimension of the pairs", "D");
  CLI::Option* const pairs =
      app.add_option("--pairs", options.pairs,
                     "Read the pairs instead, one per row: the coordinates of x, then those of y")
          ->type_name("FILE");
  for (CLI::Option* const option : declare_reading(app, options.reading)) option->needs(pairs);
  app.add_option("--table", options.table,
                 "Print a table that compares maps at equal columns instead: equal-columns (pairs "
                 "in 16 and 64 dimensions) or attention-matrix")
      ->type_name("NAME");
  app.add_option("--replicates", options.replicates,
                 "Draws of each map to measure; 0 prints the closed forms alone (default: 200, for "
                 "a table 0)")
      ->type_name("COUNT");
  add("--seed", options.seed, "Seed; replicate r has a seed derived from it", "N");
  add("--threads", options.threads, "Threads; 0 leaves it to OMP_NUM_THREADS", "COUNT");
  app.add_option("--report", options.report,
                 "Write index.html with its figures, cells.csv, matrix.csv and report.json into "
                 "this directory, and print a summary")
      ->type_name("DIR");
  app.add_flag("--resume", options.resume,
               "Go on with what an interrupted run left in the report directory");
  add("--checkpoint-seconds", options.checkpoint_seconds, "Time between saved states", "SECONDS");
  app.add_flag("--json", options.json, "Print JSON instead of a table");
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

Seed parse_seed(const StudyOptions& options) {
  return {parse_whole("--seed", options.seed, 0, std::numeric_limits<std::uint64_t>::max())};
}

Execution parse_threads(const StudyOptions& options) {
  return {static_cast<int>(parse_whole("--threads", options.threads, 0, 4096))};
}

Index parse_replicates(const StudyOptions& options, Index otherwise) {
  if (options.replicates.empty()) return otherwise;
  const auto replicates =
      static_cast<Index>(parse_whole("--replicates", options.replicates, 0, 1'000'000'000));
  if (replicates == 1) {
    throw UsageError("--replicates: one draw has no variance; expected 0, or at least 2");
  }
  return replicates;
}

StudyRequest parse_study(const StudyOptions& options) {
  constexpr Index kReplicates = 200;
  constexpr Index kMatrixRows = 64;
  constexpr Index kRedraws = 20;
  StudyRequest request;
  request.kernel = parse_option("--kernel", options.kernel, parse_kernel);
  request.plan.frequencies = parse_frequencies("--frequencies", options.frequencies);
  request.plan.replicates = parse_replicates(options, kReplicates);
  request.plan.seed = parse_seed(options);
  request.execution = parse_threads(options);
  if (options.pairs.empty()) {
    request.dimension =
        static_cast<Index>(parse_whole("--dimension", options.dimension, 2, 1 << 20));
    const std::vector<double> norms = parse_norms(options.norms);
    request.plan.pairs =
        study::pairs_at(request.dimension, norms, parse_angles("--angle", options.angles));
    const double norm = *std::max_element(norms.begin(), norms.end());
    request.longest = std::max(request.longest, norm);
    request.matrix.queries = study::normal_rows(kMatrixRows, request.dimension, norm * norm, 1);
    request.matrix.keys = study::normal_rows(kMatrixRows, request.dimension, norm * norm, 2);
    request.matrix_rows =
        std::to_string(kMatrixRows) + " normal queries and keys of norm " + shortest(norm);
  } else {
    InputOptions from;
    from.path = options.pairs;
    from.reading = options.reading;
    request.input = read_input(from);
    request.plan.pairs = pairs_from(*request.input);
    request.dimension = static_cast<Index>(request.plan.pairs.front().x.size());
    set_matrix_rows(request.plan.pairs, kMatrixRows, request.matrix);
    request.matrix_rows =
        "all x against all y of the first " + std::to_string(request.matrix.keys.rows()) + " rows";
  }
  request.matrix.frequencies = request.plan.frequencies;
  request.matrix.seed = request.plan.seed;
  request.matrix.redraws = std::min(request.plan.replicates, kRedraws);
  add_maps(options, request);
  return request;
}

}  // namespace bochner::cli
