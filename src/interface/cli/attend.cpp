// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/exact.hpp"
#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "core/memory.hpp"
#include "interface/cli/attend_forecast.hpp"
#include "interface/cli/attention_files.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/registry.hpp"
#include "io/matrix_writer.hpp"
#include "io/output_file.hpp"
#include "io/output_lock.hpp"
#include "report/attend_report.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

namespace bochner::cli {
namespace {

struct Options {
  std::string queries;
  std::string keys;
  std::string values;
  std::string synthetic;
  std::string scale;
  std::string mean_square_sum;
  std::string frequencies = "256";
  std::string features = "auto";
  std::string projection = "orthogonal";
  std::string precision = "single";
  std::string compare;
  std::string seed = "1";
  std::string threads = "0";
  std::string output;
  bool causal = false;
  bool centre = false;
  bool exact = false;
  bool json = false;
};

void declare(CLI::App& app, Options& options) {
  const auto array = [&](const char* name, std::string& path, const char* what) {
    return app
        .add_option(name, path,
                    std::string(what) +
                        ": a .npy array of length x dimension, heads x length x dimension or batch "
                        "x heads x length x dimension, or text with 2 dimensions")
        ->type_name("FILE");
  };
  array("--queries", options.queries, "Queries");
  array("--keys", options.keys, "Keys; their heads divide those of the queries");
  array("--values", options.values, "Values");
  app.add_option("--synthetic", options.synthetic,
                 "Instead of files: random inputs of a length, a dimension and a number of heads, "
                 "timed and compared with exact attention")
      ->type_name("L,D,HEADS");
  app.add_flag("--causal", options.causal,
               "Query i sees keys up to i; with more keys than queries, queries are the last ones");
  app.add_option("--scale", options.scale, "s of exp(s q.k) (default: 1/sqrt(dimension))")
      ->type_name("VALUE");
  app.add_option("--mean-square-sum", options.mean_square_sum,
                 "Choose s so that the mean of s |q+k|^2 over pairs is this number")
      ->type_name("VALUE");
  auto* const frequencies =
      app.add_option("--frequencies", options.frequencies,
                     "Numbers of frequencies: 256, or with --compare a list; 64:1024 doubles")
          ->type_name("LIST")
          ->capture_default_str();
  auto* const features =
      app.add_option("--features", options.features,
                     "Feature function: auto (hyperbolic-oprf with the optimal a for the data), " +
                         names_of<FeatureFunction>())
          ->type_name("FEATURES")
          ->capture_default_str();
  auto* const projection =
      app.add_option("--projection", options.projection, "Projection: " + names_of<Projection>())
          ->type_name("NAME")
          ->capture_default_str();
  auto* const centre = app.add_flag("--centre", options.centre,
                                    "Subtract means from queries and keys; exact in the kernel");
  app.add_option("--precision", options.precision, "single, double, or bfloat16 in large products")
      ->type_name("WHICH")
      ->capture_default_str();
  auto* const exact =
      app.add_flag("--exact", options.exact, "Exact attention instead of random features");
  auto* const compare =
      app.add_option("--compare", options.compare,
                     "exact: also run exact attention, measure the error, predict "
                     "it, and advise")
          ->type_name("WITH");
  for (auto* const other : {frequencies, features, projection, centre, compare}) {
    exact->excludes(other);
  }
  app.add_option("--seed", options.seed, "Seed of the frequencies, and of random inputs")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option("-o,--output", options.output,
                 "Write the output here as .npy, in as many dimensions as the queries; - is the "
                 "standard output, which then has no report")
      ->type_name("FILE");
  app.add_flag("--json", options.json, "Print JSON instead of text");
  app.footer(
      "Attention by random features, softmax(s Q K^T) V in time linear in the length.\n\n"
      "Examples:\n"
      "  bochner attend --queries Q.npy --keys K.npy --values V.npy --causal --output O.npy\n"
      "  bochner attend --synthetic 4096,64,8 --frequencies 64:512");
}

/// The command line, parsed.
struct Plan {
  std::vector<Index> frequencies;
  std::optional<FeatureFunction> features;  ///< nothing: chosen by the data
  Projection projection;
  Seed seed;
  Execution execution;
  AttentionOptions attention;
  std::optional<double> scale;
  std::optional<double> mean_square_sum;
  std::optional<std::array<Index, 3>> synthetic;
  bool compare = false;
};

/// Inputs of this size have a mean |q + k|^2 of 1 at the scale 1/sqrt(d).
double synthetic_size(Index dim) { return std::sqrt(0.5 / std::sqrt(static_cast<double>(dim))); }

void parse_inputs(const Options& options, Plan& plan) {
  if (options.synthetic.empty()) {
    for (const auto& [name, path] :
         {std::pair{"--queries", &options.queries}, std::pair{"--keys", &options.keys},
          std::pair{"--values", &options.values}}) {
      if (path->empty()) throw UsageError(std::string(name) + " is required");
    }
    const std::array paths{options.queries, options.keys, options.values};
    if (std::count(paths.begin(), paths.end(), "-") > 1) {
      throw UsageError("only one of --queries, --keys and --values can be the standard input");
    }
    return;
  }
  if (!options.queries.empty() || !options.keys.empty() || !options.values.empty()) {
    throw UsageError("--synthetic and --queries, --keys, --values: only one of the two can hold");
  }
  const std::vector<std::string> items = parse_list("--synthetic", options.synthetic);
  if (items.size() != 3) {
    throw UsageError("--synthetic: expected length, dimension and heads, got '" +
                     options.synthetic + "'");
  }
  plan.synthetic.emplace();
  std::transform(items.begin(), items.end(), plan.synthetic->begin(), [](const auto& item) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    return static_cast<Index>(parse_whole("--synthetic", item, 1, kMost));
  });
}

Plan parse(const Options& options) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  Plan plan;
  parse_inputs(options, plan);
  plan.compare = !options.compare.empty() || (plan.synthetic && !options.exact);
  if (!options.compare.empty() && options.compare != "exact") {
    throw UsageError("--compare: expected exact, got '" + options.compare + "'");
  }
  plan.frequencies = parse_frequencies("--frequencies", options.frequencies);
  if (plan.frequencies.size() > 1 && !plan.compare) {
    throw UsageError("--frequencies: a list needs --compare exact");
  }
  if (plan.frequencies.size() > 1 && !options.output.empty()) {
    throw UsageError("--frequencies: a list has no one output to write");
  }
  if (options.features != "auto") {
    plan.features = parse_option("--features", options.features, parse_features);
  }
  plan.projection = parse_option("--projection", options.projection, parse_projection);
  plan.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  plan.execution.num_threads = static_cast<int>(parse_whole("--threads", options.threads, 0, 4096));
  if (options.causal) plan.attention.mask = Mask::causal;
  if (options.precision == "bfloat16") {
    plan.attention.products = Products::bfloat16;
  } else if (options.precision != "single" && options.precision != "double") {
    throw UsageError("--precision: expected single, double or bfloat16, got '" + options.precision +
                     "'");
  }
  if (options.exact && plan.attention.products == Products::bfloat16) {
    throw UsageError("--precision: exact attention has no bfloat16");
  }
  if (!options.scale.empty()) plan.scale = parse_positive("--scale", options.scale);
  if (!options.mean_square_sum.empty()) {
    plan.mean_square_sum = parse_positive("--mean-square-sum", options.mean_square_sum);
  }
  if (plan.scale && plan.mean_square_sum) {
    throw UsageError("--scale and --mean-square-sum: only one of the two can hold");
  }
  if (options.output.empty() && !plan.compare && !plan.synthetic) {
    throw UsageError("--output is required (or --compare exact, or --synthetic)");
  }
  if (options.output == "-" && options.json) {
    throw UsageError("--json: the report needs an --output file");
  }
  const FeatureFunction features = plan.features.value_or(HyperbolicOprfFeatures{});
  if (const auto reason = incompatibility(SoftmaxKernel{}, plan.projection, features)) {
    throw UsageError(*reason);
  }
  return plan;
}

/// Queries, keys and values.
template <Scalar T>
struct Arrays {
  AttentionArray<T> queries;
  AttentionArray<T> keys;
  AttentionArray<T> values;

  AttentionInputs<T> inputs() const { return {queries.view(), keys.view(), values.view()}; }
};

template <Scalar T>
Arrays<T> load(const Options& options, const Plan& plan) {
  if (plan.synthetic) {
    const auto& [length, dim, heads] = *plan.synthetic;
    require_memory("--synthetic", 5.0 * sizeof(T) * static_cast<double>(length) *
                                      static_cast<double>(dim) * static_cast<double>(heads));
    const std::vector<Index> shape{heads, length, dim};
    const auto random = [&](std::uint64_t item, double size) {
      return random_attention_array<T>(shape, size, Stream(plan.seed, Purpose::study, item));
    };
    const double size = synthetic_size(dim);
    return {random(0, size), random(1, size), random(2, 1.0)};
  }
  Arrays<T> arrays{read_attention_array<T>(options.queries), read_attention_array<T>(options.keys),
                   read_attention_array<T>(options.values)};
  for (const auto* array : {&arrays.keys, &arrays.values}) {
    if (array->shape.size() == arrays.queries.shape.size()) continue;
    throw FileError(array->path + ": has " + std::to_string(array->shape.size()) +
                    " dimensions, expected " + std::to_string(arrays.queries.shape.size()) +
                    " as " + arrays.queries.path);
  }
  return arrays;
}

template <Scalar T>
Matrix<double> widened(const Matrix<T>& x) {
  Matrix<double> out(x.rows(), x.cols());
  std::copy_n(x.data(), x.size(), out.data());
  return out;
}

void subtract(const std::vector<double>& centre, Matrix<double>& x) {
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index c = 0; c < x.cols(); ++c) x(r, c) -= centre[static_cast<std::size_t>(c)];
  }
}

/// The map for the data, before its number of frequencies.
template <Scalar T>
FeatureMapSpec choose_spec(const Options& options, const Plan& plan, const Arrays<T>& arrays) {
  const Index dim = arrays.queries.rows.cols();
  FeatureMapSpec spec;
  spec.input_dim = dim;
  spec.num_frequencies = plan.frequencies.front();
  spec.projection = plan.projection;
  spec.seed = plan.seed;
  SoftmaxKernel kernel = SoftmaxKernel::for_dimension(dim);
  if (plan.scale) kernel.scale = *plan.scale;
  const bool looks_at_data = plan.mean_square_sum || !plan.features || options.centre;
  const bool data = arrays.queries.rows.rows() > 0 && arrays.keys.rows.rows() > 0 &&
                    arrays.keys.rows.cols() == dim;
  Matrix<double> queries;
  Matrix<double> keys;
  if (looks_at_data && data) {
    queries = widened(arrays.queries.rows);
    keys = widened(arrays.keys.rows);
    if (plan.mean_square_sum) {
      kernel.scale = softmax_scale_for(queries.view(), keys.view(), *plan.mean_square_sum);
    }
  }
  spec.kernel = kernel;
  spec.features = plan.features.value_or(HyperbolicOprfFeatures{});
  double mean_square = 0.0;
  if (looks_at_data && data) {
    if (options.centre) {
      spec.centring = optimal_centring(spec.kernel, spec.features, queries.view(), keys.view());
      subtract(spec.centring.query,
               queries);  // before squares are taken: an offset costs no digits
      subtract(spec.centring.key, keys);
    }
    mean_square = kernel.scale * mean_square_sum(queries.view(), keys.view());
  }
  if (!plan.features) {
    spec.features =
        HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(std::max(mean_square, 0.0), dim)};
  }
  try {
    validate(spec);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  return spec;
}

/// Seconds of a call: of one, or the least of several where times are compared.
template <class Call>
double timed(bool compared, const Call& call) {
  constexpr int kRuns = 5;
  constexpr double kEnough = 1.0;
  double best = std::numeric_limits<double>::infinity();
  double total = 0.0;
  for (int run = 0; run < (compared ? kRuns : 1) && total < kEnough; ++run) {
    const auto start = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
    total += elapsed.count();
  }
  return best;
}

template <Scalar T>
double relative_error(const Matrix<T>& out, const Matrix<T>& exact) {
  double unit = 0.0;  // squares of what is divided by it neither overflow nor vanish
  for (Index e = 0; e < exact.size(); ++e) {
    unit = std::max(unit, std::abs(static_cast<double>(exact.data()[e])));
  }
  if (unit == 0.0) unit = 1.0;
  double error = 0.0;
  double norm = 0.0;
  for (Index e = 0; e < out.size(); ++e) {
    const double o = static_cast<double>(exact.data()[e]) / unit;
    error += std::pow(static_cast<double>(out.data()[e]) / unit - o, 2);
    norm += o * o;
  }
  return error == 0.0 ? 0.0 : std::sqrt(error / norm);
}

template <Scalar T>
void run_in(const Options& options, Plan plan) {
  constexpr Index kSampledRows = 64;
  const io::OutputLock lock(options.output);
  std::optional<io::OutputFile> file;
  if (!options.output.empty()) file.emplace(options.output);
  const Arrays<T> arrays = load<T>(options, plan);
  const AttentionInputs<T> inputs = arrays.inputs();
  const auto [batch, heads, length, dim] = inputs.queries.extents;
  if (plan.attention.mask == Mask::causal) {
    plan.attention.query_offset = std::max<Index>(inputs.keys.extent(2) - length, 0);
  }
  FeatureMapSpec spec = choose_spec(options, plan, arrays);
  const Index columns = inputs.values.extent(3);
  if (!options.exact) {
    // Frequencies and their packed copy, and a state of features x values for each head at work.
    const auto most = static_cast<double>(plan.frequencies.back());
    require_memory(
        "--frequencies " + std::to_string(plan.frequencies.back()),
        8.0 * most * (2.0 * static_cast<double>(dim) + 2.0 * static_cast<double>(columns)),
        "fewer of them would do");
  }
  Matrix<T> out(batch * heads * length, columns);
  const TensorView<T, 4> view(out.data(), {batch, heads, length, columns});

  report::AttendStudy study{.inputs = {},
                            .precision = options.precision,
                            .mask = plan.attention.mask,
                            .kernel = spec.kernel,
                            .execution = plan.execution,
                            .runs = {},
                            .exact_seconds = {},
                            .exact_report = {},
                            .output = options.output};
  for (const auto& [name, array] :
       {std::pair{"queries", &arrays.queries}, std::pair{"keys", &arrays.keys},
        std::pair{"values", &arrays.values}}) {
    study.inputs.push_back({name, array->path, array->digest, array->shape});
  }
  const bool timing = plan.compare || plan.synthetic.has_value();
  AttentionOptions exactly = plan.attention;
  exactly.products = Products::full;
  Matrix<T> exact;
  if (options.exact || plan.compare) {
    announce("attend: exact attention",
             exact_attention_seconds<T>(spec.kernel, inputs, plan.attention.mask, plan.execution),
             options.exact ? "without --exact there are random features instead" : "");
    study.exact_seconds = timed(timing, [&] {
      study.exact_report =
          exact_attention<T>(spec.kernel, inputs, view, exactly, {}, plan.execution);
    });
    if (plan.compare) exact = out;
  }
  for (const Index m : options.exact ? std::vector<Index>{} : plan.frequencies) {
    report::AttendRun run;
    spec.num_frequencies = m;
    run.spec = spec;
    const FeatureMap<T> map(spec);
    run.seconds = timed(timing, [&] {
      run.report = attention<T>(map, inputs, view, plan.attention, plan.execution);
    });
    if (plan.compare) {
      run.error = relative_error(out, exact);
      run.quality = attention_report<T>(map, inputs, kSampledRows, plan.attention, plan.execution);
    }
    study.runs.push_back(std::move(run));
  }

  if (file) {
    std::vector<Index> shape = arrays.queries.shape;
    shape.back() = columns;
    io::write_npy<T>(*file, out.view(), shape);
  }
  if (options.output == "-") {
    file->commit();
  } else {
    print(options.json ? report::attend_json(study) : report::attend_text(study));
    if (file) file->commit();
  }
  if (const std::string complaint = report::attend_complaint(study); !complaint.empty()) {
    throw FileError(complaint);
  }
}

void run_attend(const Options& options) {
  const Plan plan = parse(options);
  require_distinct_files(
      {{"--queries", options.queries}, {"--keys", options.keys}, {"--values", options.values}},
      {{"--output", options.output}});
  if (options.precision == "double") {
    run_in<double>(options, plan);
  } else {
    run_in<float>(options, plan);
  }
}

}  // namespace

std::function<void()> declare_attend(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare(app, *options);
  return [options] { run_attend(*options); };
}

}  // namespace bochner::cli
