// SPDX-License-Identifier: Apache-2.0
//
// How often out +- factor(0.95) standard_error of `attention_with_error` holds the exact output:
// over entries of one problem and many draws, by map, number of frequencies and mean |q + k|^2.

#include <bochner/bochner.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace bochner;

namespace {

constexpr Index kDim = 16;
constexpr Index kLength = 64;
constexpr int kDraws = 60;

struct Problem {
  std::vector<double> q, k, v;
  static TensorView<const double, 4> view(const std::vector<double>& x) {
    return {x.data(), {1, 1, kLength, kDim}};
  }
  AttentionInputs<double> inputs() const { return {view(q), view(k), view(v)}; }
};

std::vector<double> normals(std::uint64_t item, double size) {
  std::vector<double> x(static_cast<std::size_t>(kLength * kDim));
  Stream(Seed{1}, Purpose::study, item).normals(0, x);
  for (double& e : x) e *= size;
  return x;
}

double coverage(FeatureMapSpec spec, const Problem& problem, const std::vector<double>& exact) {
  std::vector<double> out(exact.size());
  std::vector<double> error(exact.size());
  const std::array<Index, 4> extents{1, 1, kLength, kDim};
  double inside = 0.0;
  for (int draw = 0; draw < kDraws; ++draw) {
    spec.seed = derive_seed({2}, static_cast<std::uint64_t>(draw));
    const AttentionErrorReport report = attention_with_error<double>(
        FeatureMap<double>(spec), problem.inputs(), {out.data(), extents}, {error.data(), extents});
    const double factor = report.factor(0.95);
    for (std::size_t e = 0; e < out.size(); ++e) {
      if (std::abs(out[e] - exact[e]) <= factor * error[e]) inside += 1.0;
    }
  }
  return inside / (kDraws * static_cast<double>(out.size()));
}

}  // namespace

int main() {
  std::printf("| features | frequencies | error from | mean square 0.5 | 1 | 2 | 4 |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{}),
        FeatureFunction(HyperbolicOprfFeatures{})}) {
    for (const Index m : {Index{64}, Index{256}}) {
      std::string line;
      for (const double mean_square : {0.5, 1.0, 2.0, 4.0}) {
        const double size = std::sqrt(mean_square / (2.0 * kDim));
        const Problem problem{normals(0, size), normals(1, size), normals(2, 1.0)};
        FeatureMapSpec spec{.input_dim = kDim, .num_frequencies = m};
        spec.kernel = SoftmaxKernel{};
        spec.features = features;
        if (auto* oprf = std::get_if<HyperbolicOprfFeatures>(&spec.features)) {
          oprf->a = optimal_hyperbolic_oprf_parameter(mean_square, kDim);
        }
        std::vector<double> exact(problem.q.size());
        exact_attention<double>(spec.kernel, problem.inputs(),
                                {exact.data(), {1, 1, kLength, kDim}});
        std::array<char, 32> cell{};
        std::snprintf(cell.data(), cell.size(), " %.3f |", coverage(spec, problem, exact));
        line += cell.data();
      }
      const std::string name =
          std::visit([](const auto& f) { return std::string(f.name); }, features);
      std::printf("| %s | %td | %s |%s\n", name.c_str(), m, m / kDim < 8 ? "8 redraws" : "blocks",
                  line.c_str());
    }
  }
}
