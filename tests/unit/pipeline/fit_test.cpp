// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/fit.hpp"

#include "bochner/core/error.hpp"
#include "bochner/io/table.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

using namespace bochner;
using namespace bochner::pipeline;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

std::string wave(Index rows) {
  std::string out = "x,u,y\n";
  for (Index i = 0; i < rows; ++i) {
    const double x = 0.01 * static_cast<double>(i);
    out += std::to_string(x) + "," + std::to_string(std::cos(3.0 * x)) + "," +
           std::to_string(std::sin(x)) + "\n";
  }
  return out;
}

/// Three classes along x, the target.
std::string classes(Index rows) {
  std::string out = "x,u,y\n";
  for (Index i = 0; i < rows; ++i) {
    const double x = 3.0 * static_cast<double>(i) / static_cast<double>(rows);
    const double u = std::cos(7.0 * static_cast<double>(i));
    const std::string name(1, "abc"[static_cast<std::size_t>(x + 0.2 * u + 0.3) % 3]);
    out += std::to_string(x) + "," + std::to_string(u) + "," + name + "\n";
  }
  return out;
}

FitRequest request(const std::string& data) {
  FitRequest out{.data = data, .columns = {.targets = {"y"}}};
  out.spec.num_frequencies = 32;
  out.search.lengthscales = LengthscaleSearch::fixed;
  out.ridge = 1e-6;
  return out;
}

/// Coefficients, intercepts and all that a model's file holds, as numbers.
std::vector<double> numbers(const Model& model) {
  std::vector<double> out;
  for (const auto& [name, array] : to_archive(model).arrays) {
    std::visit([&](const auto& m) { out.insert(out.end(), m.data(), m.data() + m.size()); }, array);
  }
  return out;
}

/// Stops at the first question while it is guarded, or never.
class Recorder final : public Watcher {
 public:
  explicit Recorder(bool stops) : stops_(stops) {}
  void begin(const Stage& stage) override { stages += std::string(stage.what) + " "; }
  void advance(double work) override { total += work; }
  void end() noexcept override { ++ends; }
  void warn(const std::string& what) override { warnings += what; }
  void guard() override { ++guards; }
  void unguard() noexcept override { --guards; }
  /// While the sums are made.
  bool stopping() override { return stops_ && guards > 0 && stages.ends_with("fit "); }

  std::string stages;
  std::string warnings;
  double total = 0.0;
  int ends = 0;
  int guards = 0;

 private:
  bool stops_;
};

}  // namespace

TEST_CASE("a model goes from a file to a file and predicts", "[pipeline]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(400));
  const Fitted fitted = fit(request(data));
  CHECK(fitted.model.inputs == std::vector<std::string>{"x", "u"});
  CHECK(fitted.model.num_rows == 400);
  save_model(fitted.model, scratch.path("m"));
  const Model model = load_model(scratch.path("m"));
  CHECK(to_text(model.spec()) == to_text(fitted.model.spec()));
  const Matrix<double> out = predict(model, data);
  REQUIRE(out.rows() == 400);
  const Matrix<double> x = io::read_table(data, {.columns = {.keep = {"x", "u"}}}).rows;
  const Matrix<double> direct = fitted.model.outputs(x.view());
  for (Index i = 0; i < out.rows(); ++i) {
    CHECK(out(i, 0) == direct(i, 0));
    CHECK(std::abs(out(i, 0) - std::sin(0.01 * static_cast<double>(i))) < 0.02);
  }
}

TEST_CASE("a model comes back from its archive, and nothing else does", "[pipeline]") {
  const Scratch scratch;
  const Model model = fit(request(scratch.write("x.csv", wave(300)))).model;
  Archive archive = to_archive(model);
  const Model back = from_archive(archive);
  CHECK(numbers(back) == numbers(model));
  CHECK(back.inputs == model.inputs);
  CHECK(back.places == model.places);
  CHECK(back.data_digest == model.data_digest);
  archive.metadata["task"] = "guess";
  CHECK_THROWS_WITH(from_archive(archive), Contains("'task' is 'guess'"));
  CHECK_THROWS_AS(from_archive(Archive{}), InvalidArgument);
}

TEST_CASE("a fit that is stopped leaves out the groups that its search found", "[pipeline]") {
  // 60 stations of 12 rows, each known by two columns that are no function of one another.
  const auto spread = [](int i, double step) { return std::fmod(step * i, 1.0); };
  std::string rows = "lon,lat,t,y\n";
  for (int i = 0; i < 720; ++i) {
    const double t = spread(i, 0.618034);
    rows += std::to_string(spread(i / 12, 0.618034)) + "," +
            std::to_string(spread(i / 12, 0.7549)) + "," + std::to_string(t) + "," +
            std::to_string(std::sin(3.0 * t)) + "\n";
  }
  const Scratch scratch;
  FitRequest asked = request(scratch.write("x.csv", rows));
  asked.spec.num_frequencies = 8;
  asked.search.lengthscales = SearchPlan{}.lengthscales;
  asked.intervals.held_out = HeldOut::rows;
  const Fitted whole = fit(asked);
  REQUIRE(whole.outcome.search.kernel);
  REQUIRE(whole.outcome.search.kernel->group_columns == std::vector<Index>{0, 1});
  asked.output = scratch.path("m");
  Recorder impatient(true);
  CHECK_THROWS_WITH(fit(asked, &impatient), Contains("holds them"));
  asked.resume = Resume::if_unfinished;
  CHECK(numbers(fit(asked).model) == numbers(whole.model));
}

TEST_CASE("a fit with an output writes what a fit without one holds", "[pipeline]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(300));
  FitRequest asked = request(data);
  const Fitted held = fit(asked);
  asked.output = scratch.path("m");
  static_cast<void>(fit(asked));
  CHECK(numbers(held.model) == numbers(load_model(asked.output)));
  CHECK_FALSE(std::filesystem::exists(asked.output + ".checkpoint0"));
  CHECK_FALSE(std::filesystem::exists(asked.output + ".lock"));
}

TEST_CASE("a fit that is stopped goes on to the same bits", "[pipeline]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(300));
  FitRequest asked = request(data);
  asked.output = scratch.path("m");
  Recorder impatient(true);
  try {
    static_cast<void>(fit(asked, &impatient));
    FAIL("it was not stopped");
  } catch (const Interrupted& error) {
    CHECK(error.kept() == Interrupted::Kept::state);
    CHECK_THAT(error.what(), Contains("interrupted after 0 of 300 rows") && Contains("holds them"));
  }
  CHECK(impatient.guards == 0);
  CHECK_FALSE(std::filesystem::exists(asked.output));
  CHECK_THROWS_WITH(fit(asked), Contains("an unfinished run is there"));
  asked.resume = Resume::if_unfinished;
  Recorder patient(false);
  const Fitted resumed = fit(asked, &patient);
  CHECK(patient.stages == "fit ");
  CHECK(patient.total == 300.0);
  CHECK(patient.ends == 1);
  CHECK(numbers(resumed.model) == numbers(fit(request(data)).model));

  asked.output.clear();
  asked.resume = Resume::no;
  try {
    static_cast<void>(fit(asked, &impatient));
    FAIL("it was not stopped");
  } catch (const Interrupted& error) {
    CHECK(error.kept() == Interrupted::Kept::nothing);
  }
}

TEST_CASE("a request that cannot be met is refused before the file is read", "[pipeline]") {
  const auto refused = [](const FitRequest& asked, const std::string& reason) {
    CHECK_THROWS_AS(fit(asked), InvalidArgument);
    CHECK_THROWS_WITH(fit(asked), Contains(reason));
  };
  const FitRequest good = request("/nonexistent");
  FitRequest bad = good;
  bad.columns.targets.clear();
  refused(bad, "columns.targets is empty");
  bad = good;
  bad.objective = Objective::logistic;
  refused(bad, "expected task classify");
  bad = good;
  bad.task = Task::classify;
  bad.posterior = Posterior::full;
  refused(bad, "is of a regression");
  bad = good;
  bad.solver = Solver::dual;
  refused(bad, "holds all rows");
  bad = good;
  bad.solver = Solver::conjugate_gradients;
  bad.posterior = Posterior::full;
  refused(bad, "needs the solver cholesky");
  bad = good;
  bad.resume = Resume::if_unfinished;
  refused(bad, "a fit without output");
  bad = good;
  bad.output = "-";
  refused(bad, "expected a file");
  bad = good;
  bad.checkpoint_interval = std::chrono::duration<double>(0.0);
  refused(bad, "checkpoint_interval");
  bad = good;
  bad.spec.num_frequencies = 0;
  refused(bad, "spec.num_frequencies is 0");
  bad = good;
  bad.spec.features = PositiveFeatures{};
  bad.spec.kernel = ArcCosineKernel{};
  refused(bad, "fit: ");
  bad = good;
  bad.ridge = -1.0;
  refused(bad, "ridge is -1, expected a positive number");
  bad = good;
  bad.search.num_folds = 1;
  refused(bad, "search.num_folds is 1");
  bad = good;
  bad.reading.groups = {0};
  refused(bad, "codes columns");
  bad = good;
  bad.reading.columns.places = {0};
  refused(bad, "has places");
  bad = good;
  bad.reading.non_finite = io::NonFinite::keep;
  refused(bad, "keeps NaN");
  CHECK_THROWS_AS(fit(bad), InvalidRequest);
  CHECK_THROWS_AS(fit(good), FileError);
}

TEST_CASE("a fit never writes over its data", "[pipeline]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(50));
  FitRequest asked = request(data);
  asked.output = data;
  CHECK_THROWS_WITH(fit(asked), Contains("is the file of the data"));
  asked = request(scratch.write("m.checkpoint0", wave(50)));
  asked.output = scratch.path("m");
  CHECK_THROWS_WITH(fit(asked), Contains("is the file of the data"));
  CHECK(io::read_table(data).rows.rows() == 50);
}

TEST_CASE("what is done before writing can keep the model from appearing", "[pipeline]") {
  const Scratch scratch;
  FitRequest asked = request(scratch.write("x.csv", wave(50)));
  asked.output = scratch.path("m");
  Index seen = 0;
  const auto fails = [&](const Fitted& fitted) {
    seen = fitted.model.num_rows;
    throw FileError("the report cannot be written");
  };
  CHECK_THROWS_WITH(fit(asked, nullptr, fails), "the report cannot be written");
  CHECK(seen == 50);
  CHECK_FALSE(std::filesystem::exists(asked.output));
}

TEST_CASE("a kernel without lengthscales takes its scale by the rule", "[pipeline]") {
  const Scratch scratch;
  FitRequest asked = request(scratch.write("x.csv", wave(50)));
  asked.spec.kernel = SoftmaxKernel{};
  asked.search = {};
  asked.scale = DimensionScale{};
  CHECK(fit(asked).model.spec().kernel == Kernel(SoftmaxKernel{1.0 / std::sqrt(2.0)}));
}

TEST_CASE("a rule sees the weights of the rows", "[pipeline]") {
  const Scratch scratch;
  // Each row as often as its weight says, those of weight 0 not at all.
  std::string weighted = "x,u,y,w\n";
  std::string repeated = "x,u,y\n";
  for (int i = 0; i < 200; ++i) {
    const double x = std::exp(0.02 * i);
    const std::string row = std::to_string(x) + "," + std::to_string(std::cos(3.0 * i)) + "," +
                            std::to_string(std::sin(x));
    const int copies = i % 50 == 7 ? 0 : 1 + i / 100;
    weighted += row + "," + std::to_string(copies) + "\n";
    for (int c = 0; c < copies; ++c) repeated += row + "\n";
  }
  const auto lengthscale = [](const FitRequest& request) {
    const Kernel kernel = fit(request).model.spec().kernel;
    return std::get<Isotropic>(std::get<GaussianKernel>(kernel).metric).lengthscale;
  };
  FitRequest copies = request(scratch.write("repeated.csv", repeated));
  copies.scale = MedianScale{};
  FitRequest request = copies;
  request.data = scratch.write("weighted.csv", weighted);
  request.columns.weights = {"w"};
  const double expected = lengthscale(copies);
  CHECK(lengthscale(request) == Approx(expected).epsilon(1e-12));
  request.columns.weights.clear();
  request.reading.columns.drop = {"w"};
  CHECK(std::abs(lengthscale(request) - expected) > 0.01 * expected);
}

TEST_CASE("a watcher stops a fit in the search as well", "[pipeline]") {
  const Scratch scratch;
  FitRequest asked = request(scratch.write("x.csv", wave(100)));
  asked.search = {};
  asked.ridge.reset();
  /// Stops once a search has begun.
  struct Searching final : Watcher {
    void begin(const Stage& stage) override { searching = stage.what == "search"; }
    bool stopping() override { return searching; }
    bool searching = false;
  } watcher;
  CHECK_THROWS_AS(fit(asked, &watcher), Interrupted);
  CHECK(watcher.searching);
}

TEST_CASE("a watcher sees the iterations of a logistic fit, and stops it there", "[pipeline]") {
  const Scratch scratch;
  FitRequest asked = request(scratch.write("x.csv", classes(200)));
  asked.task = Task::classify;
  asked.objective = Objective::logistic;
  asked.output = scratch.path("m");
  /// Stops after so many questions within the fit.
  struct Iterating final : Watcher {
    explicit Iterating(int most) : left(most) {}
    void begin(const Stage& stage) override {
      fitting = stage.what == "fit";
      total = stage.total;
    }
    void advance(double work) override { done += fitting ? work : 0.0; }
    void end() noexcept override { fitting = false; }
    void guard() override { ++guards; }
    void unguard() noexcept override { --guards; }
    bool stopping() override { return guards > 0 && fitting && left-- == 0; }
    bool fitting = false;
    double total = 0.0;
    double done = 0.0;
    int guards = 0;
    int left;
  };
  Iterating impatient(7);
  try {
    static_cast<void>(fit(asked, &impatient));
    FAIL("it was not stopped");
  } catch (const Interrupted& error) {
    CHECK(error.kept() == Interrupted::Kept::nothing);
    CHECK_THAT(error.what(), Contains("Newton steps"));
  }
  CHECK(impatient.left == -1);
  CHECK(impatient.guards == 0);
  CHECK_FALSE(std::filesystem::exists(asked.output));
  Iterating patient(-1);
  const Fitted fitted = fit(asked, &patient);
  REQUIRE(fitted.outcome.logistic);
  CHECK(fitted.outcome.logistic->converged);
  CHECK(patient.total > 0.0);
  CHECK(patient.done == Approx(patient.total));
  CHECK(patient.left < -7);
}

TEST_CASE("a model whose members contradict each other is not written", "[pipeline]") {
  const Scratch scratch;
  const Model good = fit(request(scratch.write("x.csv", wave(50)))).model;
  const auto refused = [&](const auto& spoil, const std::string& reason) {
    Model bad = good;
    spoil(bad);
    CHECK_THROWS_WITH(save_model(bad, scratch.path("m")), Contains(reason));
    CHECK_THROWS_WITH(predict(bad, scratch.path("x.csv")), Contains(reason));
    CHECK_FALSE(std::filesystem::exists(scratch.path("m")));
  };
  refused([](Model& m) { m.inputs.pop_back(); }, "inputs has 1 entries, expected 2");
  refused([](Model& m) { m.places.pop_back(); }, "places has 2 entries, expected 3");
  refused([](Model& m) { m.standardisation.scale[0] = 0.0; }, "is not positive");
  refused([](Model& m) { m.standardisation.centre.clear(); }, "as many columns");
  refused(
      [](Model& m) {
        m.targets.emplace_back("z");
        m.places.push_back(3);
      },
      "one per output");
  refused([](Model& m) { m.inputs[0] = "\xff"; }, "not UTF-8");
  refused([](Model& m) { m.classes = {"only"}; }, "two or more different names");
  refused([](Model& m) { m.classes = {"same", "same"}; }, "two or more different names");
  refused([](Model& m) { m.classes = {"yes", "no"}; }, "one per output");
  CHECK_THROWS_AS(save_model(good, "-"), FileError);
  Model elsewhere = good;
  elsewhere.places.clear();
  CHECK(predict(elsewhere, scratch.path("x.csv")).rows() == 50);
  CHECK_THROWS_WITH(predict(good, scratch.path("x.csv"), {.columns = {.keep = {"x"}}}),
                    Contains("choose or code columns"));
}

TEST_CASE("rows that a model cannot take are refused at its door", "[pipeline]") {
  const Scratch scratch;
  const Model model = fit(request(scratch.write("x.csv", wave(50)))).model;
  const Matrix<double> narrow(3, 1);
  CHECK_THROWS_WITH(model.outputs(narrow.view()), Contains("rows is 3 x 1, expected n x 2"));
  const Matrix<double> x(3, 2);
  CHECK_THROWS_WITH(model.outputs_and_variances(x.view()), Contains("Posterior::full"));
  Matrix<double> far(1, 2);
  far(0, 1) = 1e300;
  CHECK_THROWS_WITH(model.outputs(far.view()), Contains("row 0, column 1: 1e+300 is too far"));
}

TEST_CASE("an option of reading that says nothing about the format is refused", "[pipeline]") {
  const Scratch scratch;
  FitRequest asked = request(scratch.write("x.csv", wave(50)));
  asked.reading.svmlight.width = 3;
  CHECK_THROWS_AS(fit(asked), io::UnusedOption);
  CHECK_THROWS_WITH(fit(asked), Contains("width: is for svmlight text, and"));
}
