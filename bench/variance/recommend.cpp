// SPDX-License-Identifier: Apache-2.0

// How good is the first recommendation? For each problem, the root mean square relative Frobenius
// error over redraws of every candidate, measured, and the first choice's over the least.
// Usage: bench_recommend [--quick] [--redraws N] [NAME=FILE.csv:FIRST_COLUMNS ...]

#include "bench/support/report.hpp"
#include "tests/support/data.hpp"

#include <bochner/client/gram.hpp>
#include <bochner/estimator/recommend.hpp>
#include <bochner/kernel/data_scale.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace bochner;

namespace {

constexpr Index kRows = 300;
constexpr double kBar = 1.10;

struct Problem {
  std::string name;
  Kernel kernel;
  Matrix<double> x;
  Matrix<double> y;
};

/// Evenly spaced rows, so that files sorted by class are seen whole.
Matrix<double> thinned(const Matrix<float>& data) {
  const Index rows = std::min(kRows, data.rows());
  Matrix<double> out(rows, data.cols());
  for (Index i = 0; i < rows; ++i) {
    for (Index k = 0; k < data.cols(); ++k) {
      out(i, k) = static_cast<double>(data(i * data.rows() / rows, k));
    }
  }
  return out;
}

void standardise(Matrix<double>& x) {
  for (Index k = 0; k < x.cols(); ++k) {
    double mean = 0.0;
    double square = 0.0;
    for (Index i = 0; i < x.rows(); ++i) mean += x(i, k) / static_cast<double>(x.rows());
    for (Index i = 0; i < x.rows(); ++i) {
      square += (x(i, k) - mean) * (x(i, k) - mean) / static_cast<double>(x.rows());
    }
    const double scale = square > 0.0 ? 1.0 / std::sqrt(square) : 0.0;
    for (Index i = 0; i < x.rows(); ++i) x(i, k) = (x(i, k) - mean) * scale;
  }
}

Matrix<double> normal_rows(std::uint64_t seed, Index dim) {
  Matrix<double> x(kRows, dim);
  Stream(Seed{seed}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  return x;
}

template <class T>
Matrix<T> converted(const Matrix<double>& x) {
  Matrix<T> out(x.rows(), x.cols());
  std::transform(x.data(), x.data() + x.size(), out.data(),
                 [](double v) { return static_cast<T>(v); });
  return out;
}

/// A candidate's squared relative errors so far.
struct Trial {
  const Candidate* candidate;
  int redraws = 0;
  double sum = 0.0;

  double error() const { return std::sqrt(sum / redraws); }

  void redraw(const Matrix<float>& x, const Matrix<float>& y, int until) {
    FeatureMapSpec spec = candidate->spec;
    for (; redraws < until; ++redraws) {
      spec.seed = derive_seed(Seed{7}, static_cast<std::uint64_t>(redraws));
      const MeasuredGramError distance =
          gram_distance<float>(FeatureMap<float>(spec), x.view(), y.view());
      sum += distance.squared_error / distance.squared_norm;
    }
  }
};

void run(bench::Report& report, const Problem& problem, Index budget, int redraws) {
  const Matrix<float> x = converted<float>(problem.x);
  const Matrix<float> y = converted<float>(problem.y);
  const MatrixView<const double> queries = problem.x;
  const bool same =
      std::equal(problem.x.data(), problem.x.data() + problem.x.size(), problem.y.data());
  const Recommendation advice =
      recommend(problem.kernel, queries, same ? queries : MatrixView<const double>(problem.y),
                {.num_features = budget, .seed = {1}});
  // A few redraws of all; then all redraws of the first choice and of those that may be better.
  constexpr int kFew = 20;
  constexpr double kHopeless = 1.5;
  std::vector<Trial> trials;
  double least = INFINITY;
  for (const Candidate& candidate : advice.ranked) {
    Trial& trial = trials.emplace_back(Trial{&candidate});
    trial.redraw(x, y, std::min(kFew, redraws));
    least = std::min(least, trial.error());
  }
  double best = INFINITY;
  std::string best_name;
  for (Trial& trial : trials) {
    const bool chosen = &trial == trials.data();
    if (!chosen && !(trial.error() < kHopeless * least)) continue;
    trial.redraw(x, y, redraws);
    if (trial.error() < best) {
      best = trial.error();
      const FeatureMapSpec& spec = trial.candidate->spec;
      best_name = to_text(spec.features) + " " + to_text(spec.projection) +
                  (spec.transform == PairTransform{} ? "" : " centred");
    }
  }
  const double first = trials.front().error();
  report.note("%s, %td columns: %s; measured %.4g; best %s, %.4g", problem.name.c_str(), budget,
              advice.reason.c_str(), first, best_name.c_str(), best);
  report.line("recommend_" + problem.name, first / best, bench::at_most(kBar));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const auto redraws =
      static_cast<int>(std::max(2L, report.option("--redraws", report.choose(200, 20))));
  std::vector<Problem> problems;
  for (std::size_t a = 0; a < report.arguments().size(); ++a) {
    const std::string& argument = report.arguments()[a];
    if (argument == "--redraws") {
      ++a;
      continue;
    }
    const auto equals = argument.find('=');
    const auto colon = argument.rfind(':');
    if (equals == std::string::npos || colon == std::string::npos) {
      std::fprintf(stderr,
                   "usage: bench_recommend [--quick] [--redraws N] [NAME=FILE.csv:COLUMNS ...]\n");
      return 2;
    }
    const std::string name = argument.substr(0, equals);
    Matrix<double> x = thinned(testing::read_columns(
        argument.substr(equals + 1, colon - equals - 1), std::atoi(argument.c_str() + colon + 1)));
    problems.push_back(
        {name + "_softmax", SoftmaxKernel{softmax_scale_for(x.view(), x.view(), 0.5)}, x, x});
    standardise(x);
    problems.push_back(
        {name + "_gaussian", GaussianKernel{Isotropic{median_lengthscale(x.view())}}, x, x});
  }
  for (const double target : {0.5, 1.0, 2.0}) {
    const Matrix<double> q = normal_rows(11, 32);
    const Matrix<double> k = normal_rows(12, 32);
    char name[32];
    std::snprintf(name, sizeof name, "synthetic_%.1f", target);
    problems.push_back({name, SoftmaxKernel{softmax_scale_for(q.view(), k.view(), target)}, q, k});
  }
  for (const Problem& problem : problems) run(report, problem, 256, redraws);
  return 0;
}
