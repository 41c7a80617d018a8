// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/optimal_parameter.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/report_directory.hpp"
#include "interface/cli/study.hpp"
#include "interface/cli/study_report.hpp"
#include "interface/io/output_file.hpp"
#include "linalg/orthonormal.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <optional>

namespace bochner::cli {
namespace {

struct Options {
  std::string kernel = "softmax";
  std::string features = "all";
  std::string projections = "all";
  std::string frequencies = "16:4096";
  std::string norms = "0.5,1";
  std::string angles = "0:pi";
  std::string dimension = "16";
  std::string pairs;
  std::string replicates = "200";
  std::string seed = "1";
  std::string threads = "0";
  std::string report;
  bool json = false;
};

void declare(CLI::App& app, Options& options) {
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
  app.add_option("--pairs", options.pairs,
                 "Read the pairs instead, one a row: the coordinates of x, then those of y")
      ->type_name("FILE");
  add("--replicates", options.replicates,
      "Draws of each map to measure; 0 prints the closed forms alone", "COUNT");
  add("--seed", options.seed, "Seed; replicate r has a seed derived from it", "N");
  add("--threads", options.threads, "Threads; 0 leaves it to OMP_NUM_THREADS", "COUNT");
  app.add_option("--report", options.report,
                 "Also write report.json, cells.csv and error.svg into this directory")
      ->type_name("DIR");
  app.add_flag("--json", options.json, "Print JSON instead of a table");
  app.footer(
      "Prints bias, variance and relative error of the kernel estimate, predicted in closed form\n"
      "beside measured over independent draws with one standard error.\n\n"
      "Example:\n"
      "  bochner variance --kernel softmax --features positive,hyperbolic-oprf \\\n"
      "    --projection iid,orthogonal --frequencies 16:256 --norm 0.5 --angle 0:pi");
}

double parse_angle(const std::string& text) {
  if (text == "0") return 0.0;
  if (text == "pi") return std::numbers::pi;
  return parse_positive("--angle", text);
}

std::vector<double> parse_angles(const std::string& text) {
  constexpr int kSteps = 4;
  std::vector<double> angles;
  for (const std::string& item : parse_list("--angle", text)) {
    const auto colon = item.find(':');
    if (colon == std::string::npos) {
      angles.push_back(parse_angle(item));
      continue;
    }
    const double first = parse_angle(item.substr(0, colon));
    const double last = parse_angle(item.substr(colon + 1));
    for (int k = 0; k <= kSteps; ++k) angles.push_back(first + (last - first) * k / kSteps);
  }
  return angles;
}

/// Pairs of given length and angle in a plane spanned by two random directions, the same for all.
std::vector<StudyPair> pairs_of(const Options& options) {
  const auto dim = static_cast<Index>(parse_whole("--dimension", options.dimension, 2, 1 << 20));
  Matrix<double> plane(2, dim);
  const Stream stream(Seed{}, Purpose::study);
  stream.normals(0, {plane.data(), static_cast<std::size_t>(plane.size())});
  orthonormal_rows(plane.view());
  std::vector<StudyPair> pairs;
  for (const std::string& item : parse_list("--norm", options.norms)) {
    const double norm = parse_positive("--norm", item);
    for (const double angle : parse_angles(options.angles)) {
      StudyPair pair{.label = "norm " + item + " angle " + short_angle(angle), .x = {}, .y = {}};
      for (Index k = 0; k < dim; ++k) {
        pair.x.push_back(norm * plane(0, k));
        pair.y.push_back(norm * (std::cos(angle) * plane(0, k) + std::sin(angle) * plane(1, k)));
      }
      pairs.push_back(std::move(pair));
    }
  }
  return pairs;
}

std::vector<StudyPair> pairs_from(const Input& input) {
  const Index dim = input.rows.cols() / 2;
  if (dim < 1 || input.rows.cols() % 2 != 0) {
    throw UsageError("--pairs " + input.path + ": " + std::to_string(input.rows.cols()) +
                     " columns, expected an even number: x, then y");
  }
  std::vector<StudyPair> pairs;
  for (Index i = 0; i < input.rows.rows(); ++i) {
    const double* const row = input.rows.row(i);
    pairs.push_back({.label = "row " + std::to_string(i + 1),
                     .x = std::vector<double>(row, row + dim),
                     .y = std::vector<double>(row + dim, row + 2 * dim)});
  }
  return pairs;
}

template <class... A>
std::vector<std::variant<A...>> all_of(const std::variant<A...>* /*type*/) {
  return {std::variant<A...>(A{})...};
}

template <class Variant, class Parse>
std::vector<Variant> choose(const char* option, const std::string& text, const Parse& parse) {
  if (text == "all") return all_of(static_cast<const Variant*>(nullptr));
  std::vector<Variant> chosen;
  for (const std::string& item : parse_list(option, text)) {
    chosen.push_back(parse_option(option, item, parse));
  }
  return chosen;
}

/// The parameter that suits a pair, where the feature function has one and none was given.
FeatureFunction fitted(FeatureFunction features, const StudyPair& pair, const Kernel& kernel) {
  double z2 = 0.0;
  for (std::size_t k = 0; k < pair.x.size(); ++k) {
    z2 += (pair.x[k] + pair.y[k]) * (pair.x[k] + pair.y[k]);
  }
  if (const auto* softmax = std::get_if<SoftmaxKernel>(&kernel)) z2 *= softmax->scale;
  const auto dim = static_cast<Index>(pair.x.size());
  if (auto* oprf = std::get_if<OprfFeatures>(&features); oprf && oprf->a == 0.0) {
    oprf->a = optimal_oprf_parameter(z2, dim);
  }
  if (auto* oprf = std::get_if<HyperbolicOprfFeatures>(&features); oprf && oprf->a == 0.0) {
    oprf->a = optimal_hyperbolic_oprf_parameter(z2, dim);
  }
  return features;
}

/// One map on the pairs that it suits: all of them, or one where its parameter depends on the pair.
struct Job {
  StudyGroup group;
  std::vector<StudyPair> pairs;
};

std::vector<Job> make_jobs(const Options& options, const std::vector<StudyPair>& pairs) {
  const Kernel kernel = parse_option("--kernel", options.kernel, parse_kernel);
  const auto frequencies = parse_frequencies("--frequencies", options.frequencies);
  std::vector<Job> jobs;
  for (const FeatureFunction& features :
       choose<FeatureFunction>("--features", options.features, parse_features)) {
    for (const Projection& projection :
         choose<Projection>("--projection", options.projections, parse_projection)) {
      if (const auto reason = incompatibility(kernel, projection, features)) {
        if (options.features == "all" || options.projections == "all") continue;
        throw UsageError(*reason);
      }
      for (const StudyPair& pair : pairs) {
        Job job;
        job.group.frequencies = frequencies;
        job.group.spec.input_dim = static_cast<Index>(pair.x.size());
        job.group.spec.num_frequencies = frequencies.back();
        job.group.spec.kernel = kernel;
        job.group.spec.projection = projection;
        job.group.spec.features = fitted(features, pair, kernel);
        try {
          validate(job.group.spec);
        } catch (const InvalidArgument& error) {
          throw UsageError(error.what());
        }
        // Consecutive pairs with the same map share its draws.
        if (!jobs.empty() && jobs.back().group.spec == job.group.spec) {
          jobs.back().pairs.push_back(pair);
        } else {
          job.pairs.push_back(pair);
          jobs.push_back(std::move(job));
        }
      }
    }
  }
  if (jobs.empty())
    throw UsageError("no feature function and projection go with " + options.kernel);
  return jobs;
}

void run_variance(const Options& options) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  StudySettings settings;
  settings.replicates =
      static_cast<Index>(parse_whole("--replicates", options.replicates, 0, 1'000'000'000));
  if (settings.replicates == 1) {
    throw UsageError("--replicates: one draw has no variance; expected 0, or at least 2");
  }
  settings.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  settings.execution.num_threads =
      static_cast<int>(parse_whole("--threads", options.threads, 0, 4096));

  std::vector<StudyPair> pairs;
  if (options.pairs.empty()) {
    pairs = pairs_of(options);
  } else {
    InputOptions from;
    from.path = options.pairs;
    settings.input = read_input(from);
    pairs = pairs_from(*settings.input);
  }
  const std::vector<Job> jobs = make_jobs(options, pairs);
  settings.kernel = jobs.front().group.spec.kernel;
  settings.dimension = jobs.front().group.spec.input_dim;

  std::optional<ReportDirectory> report;
  if (!options.report.empty()) report.emplace(options.report);
  Progress progress("variance", static_cast<double>(jobs.size()) *
                                    static_cast<double>(std::max<Index>(settings.replicates, 1)));
  std::vector<StudyCell> cells;
  for (const Job& job : jobs) {
    const auto done = study(job.group, job.pairs, settings.seed, settings.replicates,
                            settings.execution, [&] { progress.advance(1.0); });
    cells.insert(cells.end(), done.begin(), done.end());
  }
  if (report) {
    report->add("report.json", study_json(settings, cells));
    report->add("cells.csv", study_csv(cells));
    report->add("error.svg", study_svg(settings, cells));
    report->commit();
  }
  io::OutputFile out("-");
  out.write(options.json ? study_json(settings, cells) : study_text(settings, cells));
  out.commit();
}

}  // namespace

std::function<void()> declare_variance(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare(app, *options);
  return [options] { run_variance(*options); };
}

}  // namespace bochner::cli
