// SPDX-License-Identifier: Apache-2.0
//
// A head of a pretrained encoder: random features as they are, fitted to the head, and beside the
// nearest keys weighed exactly.
#include <bochner/bochner.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

using namespace bochner;

using Tensor = TensorView<const double, 4>;

/// The first rows as a tensor of one head.
Tensor head(const Matrix<double>& x, Index rows) { return {x.data(), {1, 1, rows, x.cols()}}; }

/// Errors of plain features, of calibrated ones, and of these with a window, in percent.
std::array<double, 3> errors(const std::string& prefix) {
  const Matrix<double> q = io::read_table(prefix + "_queries.npy").rows;
  const Matrix<double> k = io::read_table(prefix + "_keys.npy").rows;
  const Matrix<double> v = io::read_table(prefix + "_values.npy").rows;
  const AttentionInputs<double> inputs{head(q, q.rows()), head(k, k.rows()), head(v, v.rows())};
  FeatureMapSpec plain{.input_dim = q.cols(), .num_frequencies = 256, .seed = {1}};
  plain.kernel = SoftmaxKernel::for_dimension(q.cols());
  plain.features = HyperbolicFeatures{};
  FeatureMapSpec oprf = plain;
  oprf.features = HyperbolicOprfFeatures{};
  const Index half = q.rows() / 2;  // what calibration sees
  const auto calibrated = calibrate(HeadSpecs(oprf), 0, head(q, half), head(k, half)).front().spec;

  Matrix<double> exact(q.rows(), v.cols()), out(q.rows(), v.cols());
  const std::array<Index, 4> extents{1, 1, q.rows(), v.cols()};
  exact_attention<double>(plain.kernel, inputs, {exact.data(), extents});
  const auto error = [&](const FeatureMapSpec& spec, const AttentionOptions& options) {
    attention<double>(FeatureMap<double>(spec), inputs, {out.data(), extents}, options);
    double square = 0.0, norm = 0.0;
    for (Index e = 0; e < out.size(); ++e) {
      square += std::pow(out.data()[e] - exact.data()[e], 2);
      norm += std::pow(exact.data()[e], 2);
    }
    return 100.0 * std::sqrt(square / norm);
  };
  const ExactPairs near{.window = 33};  // the token itself, and 32 keys to each side
  return {error(plain, {}), error(calibrated, {}), error(calibrated, {.exact = near})};
}

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "data/heads";
  std::printf("error in %%  plain  calibrated  and a window\n");
  bool better = true;
  for (const std::string name : {"protein", "chemistry"}) {
    const auto [plain, calibrated, window] = errors(folder + "/" + name);
    std::printf("%-10s %6.0f %11.0f %13.0f\n", name.c_str(), plain, calibrated, window);
    better = better && calibrated < plain && window < calibrated;
  }
  return better ? 0 : 1;
}
