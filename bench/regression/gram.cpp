// SPDX-License-Identifier: Apache-2.0

// Gram matrices: products through features against the exact operator, coverage of the sampled
// certificate, and randomly pivoted Cholesky against uniform columns. Columns are standardised,
// lengthscales the median distance. Usage: bench_gram FOLDER [--quick]

#include "bench/support/report.hpp"
#include "tests/support/data.hpp"

#include <bochner/client/gram.hpp>
#include <bochner/kernel/data_scale.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

using namespace bochner;

namespace {

/// Columns of mean 0 and variance 1; constant ones 0.
Matrix<float> standardised(Matrix<float> x) {
  const auto n = static_cast<double>(x.rows());
  for (Index k = 0; k < x.cols(); ++k) {
    double mean = 0.0;
    double square = 0.0;
    for (Index i = 0; i < x.rows(); ++i) mean += static_cast<double>(x(i, k)) / n;
    for (Index i = 0; i < x.rows(); ++i) square += std::pow(static_cast<double>(x(i, k)) - mean, 2);
    const double deviation = std::sqrt(square / n);
    for (Index i = 0; i < x.rows(); ++i) {
      x(i, k) = deviation > 0.0
                    ? static_cast<float>((static_cast<double>(x(i, k)) - mean) / deviation)
                    : 0.0F;
    }
  }
  return x;
}

Matrix<float> every_row(const Matrix<float>& x, Index step) {
  Matrix<float> rows((x.rows() + step - 1) / step, x.cols());
  for (Index i = 0; i < rows.rows(); ++i) std::copy_n(x.row(i * step), x.cols(), rows.row(i));
  return rows;
}

Kernel kernel_for(const Matrix<float>& x) {
  return GaussianKernel{Isotropic{median_lengthscale(testing::widened(x))}};
}

FeatureMapSpec spec_for(const Matrix<float>& x, Index frequencies, std::uint64_t seed) {
  return {.input_dim = x.cols(),
          .num_frequencies = frequencies,
          .kernel = kernel_for(x),
          .projection = OrthogonalProjection{},
          .features = TrigonometricFeatures{},
          .seed = {seed},
          .transform = {}};
}

/// K^ b against K b on one thread, features of 1,024 frequencies stored in single precision.
void matvec(bench::Report& report, const std::string& name, const Matrix<float>& x,
            bench::Bar bar) {
  const Execution kOneThread{1};
  const FeatureMapSpec spec = spec_for(x, 1024, 1);
  const GramApproximation<float> gram(FeatureMap<float>(spec), x);
  const ExactGram exact(spec.kernel, x);
  std::vector<double> b(static_cast<std::size_t>(x.rows()));
  Stream({1}, Purpose::study).normals(0, b);
  std::vector<double> found(b.size());
  std::vector<double> right(b.size());
  report.speed_ratio("gram_matvec_" + name, bar, {[&] { gram.multiply(b, found, kOneThread); }},
                     {[&] { exact.multiply(b, right, kOneThread); }}, bench::Clock::thread);
  double error = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error += std::pow(found[i] - right[i], 2);
    size += std::pow(right[i], 2);
  }
  const Interval frobenius = sampled_error(gram, exact).interval();
  report.note(
      "%s: %td x %td, relative error of the product %.3g; root mean square error of an "
      "entry %.3g to %.3g (95%% interval)",
      name.c_str(), x.rows(), x.cols(), std::sqrt(error / size),
      frobenius.low / static_cast<double>(x.rows()),
      frobenius.high / static_cast<double>(x.rows()));
}

/// How often the sampled interval holds the true error, over draws of map and sample.
void certificate(bench::Report& report, const Matrix<float>& digits) {
  const MatrixView<const float> x = digits.view().middle_rows(0, 500);
  FeatureMapSpec spec = spec_for(digits, 128, 0);
  const ExactGram exact(spec.kernel, x);
  const int draws = report.choose(1000, 200);
  int covered = 0;
  for (int draw = 0; draw < draws; ++draw) {
    spec.seed = {static_cast<std::uint64_t>(draw)};
    const FeatureMap<float> map(spec);
    const double truth = std::sqrt(gram_distance<float>(map, x, x).squared_error);
    const Interval interval =
        sampled_error(GramApproximation<float>(map, x), exact, {.seed = spec.seed}).interval();
    covered += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  report.line("certificate", covered / static_cast<double>(draws), bench::between(0.93, 0.97),
              std::to_string(draws) + " draws");
}

void rpcholesky(bench::Report& report, const Matrix<float>& letter) {
  const ExactGram exact(kernel_for(letter), letter);
  const int seeds = report.choose(5, 1);
  double random = 0.0;
  double uniform = 0.0;
  double leverage = 0.0;
  for (int seed = 0; seed < seeds; ++seed) {
    const auto error = [&](Pivoting pivoting) {
      return nystrom<float>(exact, {500, pivoting, {static_cast<std::uint64_t>(seed)}})
                 .relative_trace_error /
             seeds;
    };
    random += error(Pivoting::randomly_pivoted);
    uniform += error(Pivoting::uniform);
    leverage += error(Pivoting::ridge_leverage);
  }
  report.note(
      "relative trace error at rank 500: randomly pivoted %.4f, ridge leverage %.4f, "
      "uniform %.4f",
      random, leverage, uniform);
  report.line("rpcholesky", random / uniform, bench::at_most(0.8));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  if (report.arguments().empty()) {
    std::fprintf(stderr, "usage: bench_gram FOLDER [--quick]\n");
    return 2;
  }
  const std::string folder = report.arguments().front();
  const Matrix<float> digits =
      standardised(testing::read_columns(std::string(BOCHNER_DATA_DIR) + "/digits.csv", 64));
  const Matrix<float> letter = standardised(testing::read_columns(folder + "/letter.csv", 16));
  matvec(report, "digits", digits, bench::at_least(1.0));
  matvec(report, "letter", letter, bench::at_least(8.0));
  certificate(report, digits);
  rpcholesky(report, letter);
  const Matrix<float> colorado = standardised(testing::read_columns(folder + "/colorado.csv", 6));
  // The exact operator is quadratic in the rows; the ratio grows with them.
  matvec(report, "colorado", every_row(colorado, report.choose(1, 4)), bench::at_least(30.0));
}
