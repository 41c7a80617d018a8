// SPDX-License-Identifier: Apache-2.0
//
// Is the predicted error of attention's output the measured one? Root mean squares over queries and
// draws, measured over predicted, by map, projection, dimension and mean |q + k|^2.

#include "bench/support/report.hpp"

#include <bochner/bochner.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace bochner;

namespace {

constexpr Index kQueries = 32;
constexpr Index kKeys = 128;
constexpr Index kFrequencies = 256;

Matrix<double> normals(Index rows, Index cols, std::uint64_t item, double size) {
  Matrix<double> x(rows, cols);
  Stream(Seed{1}, Purpose::study, item).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index e = 0; e < x.size(); ++e) x.data()[e] *= size;
  return x;
}

struct Problem {
  Matrix<double> q, k, v;

  Problem(Index dim, double mean_square)
      : q(normals(kQueries, dim, 0, std::sqrt(0.5 * mean_square / static_cast<double>(dim)))),
        k(normals(kKeys, dim, 1, std::sqrt(0.5 * mean_square / static_cast<double>(dim)))),
        v(normals(kKeys, 16, 2, 1.0)) {}

  static TensorView<const double, 4> view(const Matrix<double>& x) {
    return {x.data(), {1, 1, x.rows(), x.cols()}};
  }
  AttentionInputs<double> inputs() const { return {view(q), view(k), view(v)}; }
};

/// Measured over predicted root mean square.
double ratio(FeatureMapSpec spec, const Problem& problem, int draws) {
  const Matrix<double>& v = problem.v;
  Matrix<double> exact(kQueries, v.cols());
  const std::array<Index, 4> extents{1, 1, exact.rows(), exact.cols()};
  exact_attention<double>(spec.kernel, problem.inputs(), {exact.data(), extents});
  const OutputError predicted =
      output_error(spec, problem.q.view(), problem.k.view(), problem.v.view());
  double expected = 0.0;
  for (const double square : predicted.squared_error) expected += square;
  double measured = 0.0;
  Matrix<double> out(exact.rows(), exact.cols());
  for (int draw = 0; draw < draws; ++draw) {
    spec.seed = derive_seed({2}, static_cast<std::uint64_t>(draw));
    attention<double>(FeatureMap<double>(spec), problem.inputs(), {out.data(), extents});
    for (Index e = 0; e < out.size(); ++e) {
      measured += std::pow(out.data()[e] - exact.data()[e], 2) / draws;
    }
  }
  return std::sqrt(measured / expected);
}

std::vector<FeatureFunction> features_for(double mean_square, Index dim) {
  return {TrigonometricFeatures{}, PositiveFeatures{}, HyperbolicFeatures{},
          OprfFeatures{optimal_oprf_parameter(mean_square, dim)},
          HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(mean_square, dim)}};
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const int draws = report.choose(400, 60);
  const std::vector<double> mean_squares = {0.25, 0.5, 1.0, 2.0};
  report.note(
      "Measured over predicted error of attention's output: root mean squares over %td queries, "
      "%td keys and %d draws of %td frequencies",
      kQueries, kKeys, draws, kFrequencies);
  report.note("| projection | features | dimension | mean of q + k squared 0.25 | 0.5 | 1 | 2 |");
  report.note("|---|---|---|---|---|---|---|");
  double least = INFINITY;
  double most = 0.0;
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{}),
        Projection(OrthogonalProjection{Radii::constant}), Projection(HadamardProjection{}),
        Projection(SimplexProjection{}), Projection(AntitheticProjection{})}) {
    for (std::size_t f = 0; f < features_for(1.0, 16).size(); ++f) {
      for (const Index dim : {Index{16}, Index{64}}) {
        std::string cells;
        for (const double mean_square : mean_squares) {
          const FeatureMapSpec spec{.input_dim = dim,
                                    .num_frequencies = kFrequencies,
                                    .kernel = SoftmaxKernel{},
                                    .projection = projection,
                                    .features = features_for(mean_square, dim)[f],
                                    .seed = {},
                                    .transform = {}};
          const double value = ratio(spec, Problem(dim, mean_square), draws);
          if (mean_square <= 1.0) {
            least = std::min(least, value);
            most = std::max(most, value);
          }
          std::array<char, 32> cell{};
          std::snprintf(cell.data(), cell.size(), " %.3f |", value);
          cells += cell.data();
        }
        report.note(
            "| %s | %s | %td |%s", to_text(projection).c_str(),
            std::visit([](const auto& x) { return std::string(x.name); }, features_for(1.0, 16)[f])
                .c_str(),
            dim, cells.c_str());
      }
    }
  }
  const std::string where = "every projection and map, mean of q + k squared up to 1";
  report.line("output_error_least", least, bench::between(0.9, 1.1), where);
  report.line("output_error_most", most, bench::between(0.9, 1.1), where);
  return 0;
}
