// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/matrix.hpp"
#include "interface/cli/program.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <Eigen/Dense>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace bochner::test;
using bochner::Index;
using bochner::Matrix;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

/// y = sin(2 a) + b, with noise.
std::string table(int rows, unsigned seed) {
  std::minstd_rand random(seed);
  const auto uniform = [&] { return static_cast<double>(random() % 10000) / 5000.0 - 1.0; };
  std::ostringstream out;
  out << "a,b,y\n";
  for (int i = 0; i < rows; ++i) {
    const double a = 2.0 * uniform();
    const double b = uniform();
    out << a << ',' << b << ',' << std::sin(2.0 * a) + b + 0.1 * uniform() << '\n';
  }
  return out.str();
}

Arguments fit(const std::string& data, const std::string& model, const Arguments& more = {}) {
  Arguments out = {"fit",    "--data",
                   data,     "--target",
                   "y",      "--frequencies",
                   "40",     "--lengthscale",
                   "1",      "--ridge",
                   "1e-4",   "--precision",
                   "double", "-o",
                   model};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

Matrix<double> read(const std::string& path) {
  return bochner::io::read_all<double>(*bochner::io::open_rows(path));
}

}  // namespace

TEST_CASE("a report of fit has a path, predictions, and changes no bit of the model", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(200, 1));
  REQUIRE(run_bochner(fit(train, scratch.path("plain"))).status == 0);
  const Outcome fitted =
      run_bochner(fit(train, scratch.path("m"), {"--report", scratch.path("report")}));
  REQUIRE(fitted.err.empty());
  CHECK(slurp(scratch.path("m")) == slurp(scratch.path("plain")));
  const Json report = Json::parse(slurp(scratch.path("report/report.json")));
  CHECK(report["ridge"] == 1e-4);
  CHECK(report["input"]["rows"] == 200);
  CHECK_THAT(slurp(scratch.path("report/predicted.svg")), Contains("predicted without itself"));
  CHECK_THAT(slurp(scratch.path("report/path.svg")), Contains("root of GCV"));
  const Matrix<double> path = read(scratch.path("report/path.csv"));
  REQUIRE(path.rows() == 25);
  for (Index r = 0; r < 25; ++r) {
    CHECK(path(r, 0) == Approx(1e-7 * std::pow(10.0, static_cast<double>(r) / 4.0)));
    CHECK(path(r, 1) > 0.0);
    if (r > 0) CHECK(path(r, 3) < path(r - 1, 3));
  }
  // Classes have a path and no predictions to plot.
  std::string classes = "a,b,c\n";
  for (int i = 0; i < 60; ++i) {
    classes +=
        std::to_string(i % 7) + "," + std::to_string(i % 5) + (i % 3 == 0 ? ",odd\n" : ",even\n");
  }
  const std::string labelled = scratch.write("labelled.csv", classes);
  for (const char* loss : {"squared", "logistic"}) {
    const std::string to = scratch.path(std::string("classes-") + loss);
    const Outcome outcome = run_bochner(
        {"fit", "--data", labelled, "--target", "c", "--task", "classify", "--loss", loss,
         "--frequencies", "8", "--lengthscale", "1", "-o", scratch.path("c"), "--report", to});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    CHECK(slurp(to + "/path.csv").starts_with("ridge,"));
    CHECK(slurp(to + "/predicted.svg").empty());
  }
}

TEST_CASE("the models beside ours are what they are called", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(150, 3));
  const std::string test = scratch.write("test.csv", table(60, 4));
  REQUIRE(run_bochner(fit(train, scratch.path("m"))).status == 0);
  const Outcome evaluated = run_bochner(
      {"evaluate", "--data", test, "--model", scratch.path("m"), "--train", train, "--json"});
  REQUIRE(evaluated.err.empty());
  const Json metrics = Json::parse(evaluated.out)["metrics"];
  REQUIRE(metrics.size() == 9);
  CHECK(metrics[3]["model"] == "linear ridge");
  CHECK(metrics[6]["model"] == "exact kernel ridge");

  // By dense algebra: standardised inputs, an intercept that is not penalised.
  const Matrix<double> rows = read(train);
  const Matrix<double> unseen = read(test);
  Matrix<double> x(150, 2), z(60, 2);
  Eigen::VectorXd y(150), truth(60);
  for (Index j = 0; j < 2; ++j) {
    double mean = 0.0, square = 0.0;
    for (Index i = 0; i < 150; ++i) mean += rows(i, j) / 150.0;
    for (Index i = 0; i < 150; ++i) square += std::pow(rows(i, j) - mean, 2) / 150.0;
    for (Index i = 0; i < 150; ++i) x(i, j) = (rows(i, j) - mean) / std::sqrt(square);
    for (Index i = 0; i < 60; ++i) z(i, j) = (unseen(i, j) - mean) / std::sqrt(square);
  }
  for (Index i = 0; i < 150; ++i) y(i) = rows(i, 2);
  for (Index i = 0; i < 60; ++i) truth(i) = unseen(i, 2);
  using Dense = Eigen::Matrix<double, -1, -1, Eigen::RowMajor>;
  const auto dense = [](const Matrix<double>& m) -> Eigen::MatrixXd {
    return Eigen::Map<const Dense>(m.data(), m.rows(), m.cols());
  };
  const auto rmse = [&](const Eigen::VectorXd& f) {
    return std::sqrt((f - truth).squaredNorm() / 60.0);
  };
  // Linear: columns of mean zero, so the intercept is the mean target.
  const Eigen::MatrixXd xd = dense(x);
  const Eigen::VectorXd slope =
      (xd.transpose() * xd + 150.0 * 1e-4 * Eigen::MatrixXd::Identity(2, 2))
          .ldlt()
          .solve(xd.transpose() * y);
  CHECK(metrics[3]["value"].get<double>() ==
        Approx(rmse((dense(z) * slope).array() + y.mean())).epsilon(1e-9));
  // Kernel: the bordered system of a penalised function and a free constant.
  const bochner::Kernel kernel = bochner::GaussianKernel{bochner::Isotropic{1.0}};
  Matrix<double> k(150, 150), cross(60, 150);
  bochner::exact_gram(kernel, x, x, k.view());
  bochner::exact_gram(kernel, z, x, cross.view());
  Eigen::MatrixXd bordered = Eigen::MatrixXd::Ones(151, 151);
  bordered.topLeftCorner(150, 150) = dense(k) + 150.0 * 1e-4 * Eigen::MatrixXd::Identity(150, 150);
  bordered(150, 150) = 0.0;
  Eigen::VectorXd right = Eigen::VectorXd::Zero(151);
  right.head(150) = y;
  const Eigen::VectorXd solution = bordered.partialPivLu().solve(right);
  const double exact = rmse((dense(cross) * solution.head(150)).array() + solution(150));
  CHECK(metrics[6]["value"].get<double>() == Approx(exact).epsilon(1e-8));
  // Features come close to the kernel, and a line does not.
  CHECK(metrics[0]["value"].get<double>() < 1.2 * exact);
  CHECK(metrics[3]["value"].get<double>() > 2.0 * exact);

  const auto refused = [&](const std::string& file) {
    return run_bochner({"evaluate", "--data", test, "--model", scratch.path("m"), "--train", file})
        .err;
  };
  CHECK_THAT(refused(scratch.write("empty.csv", "a,b,y\n")), Contains("has no rows"));
  CHECK_THAT(refused(scratch.write("bad.csv", "a,b,y\n1,2,nan\n")),
             Contains("'nan' is not finite"));
  std::string many = "a,b,y\n";
  for (int i = 0; i <= 10000; ++i) many += "1,2,3\n";
  CHECK_THAT(refused(scratch.write("many.csv", many)), Contains("expected at most 10000"));
}

TEST_CASE("a kernel's options leave its lengthscale open", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(60, 5));
  const auto map = [&](const std::string& kernel) {
    const Outcome fitted =
        run_bochner(fit(train, scratch.path("m"), {"--kernel", kernel, "--json"}));
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
    return Json::parse(fitted.out)["map"].get<std::string>();
  };
  CHECK(map("matern52") == map("matern(nu=2.5)"));
  CHECK_THAT(map("matern32"), Contains("nu=1.5") && Contains("lengthscale=1)"));
  CHECK_THAT(run_bochner(fit(train, scratch.path("m"),
                             {"--kernel", "gaussian(metric=isotropic(lengthscale=2))"}))
                 .err,
             Contains("says the scale already"));
}
