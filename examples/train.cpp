// SPDX-License-Identifier: Apache-2.0
//
// One layer of attention learns to copy the first half of a sequence into the second: positions are
// learnt queries and keys, tokens the values; gradient descent through FAVOR+ and, beside it,
// exactly.

#include <bochner/bochner.hpp>

#include <cstdio>
#include <vector>

using namespace bochner;

constexpr Index kBatch = 8, kLength = 32, kDim = 16, kTokens = 8, kHalf = kLength / 2;
using Numbers = std::vector<double>;

TensorView<double, 4> view(Numbers& x, Index dim) { return {x.data(), {kBatch, 1, kLength, dim}}; }

/// The losses of `steps` steps.
Numbers train(int steps, const auto& forward, const auto& backward) {
  Numbers positions(2 * kLength * kDim), tokens(kBatch * kLength * kTokens);
  Numbers out(tokens.size()), dout(tokens.size()), dv(tokens.size());
  Numbers dq(kBatch * kLength * kDim), dk(dq.size()), losses;
  Stream(Seed{1}, Purpose::study).normals(0, positions);
  // Every batch entry reads the same positions: its stride is 0.
  const std::array<Index, 4> extents{kBatch, 1, kLength, kDim}, strides{0, 0, kDim, 1};
  const TensorView<double, 4> q{positions.data(), extents, strides};
  const TensorView<double, 4> k{positions.data() + kLength * kDim, extents, strides};
  for (int step = 0; step < steps; ++step) {
    const Stream draw(Seed{2}, Purpose::study, static_cast<std::uint64_t>(step));
    tokens.assign(tokens.size(), 0.0);
    for (Index i = 0; i < kBatch * kHalf; ++i) {
      const Index token = draw.bits(i) % kTokens, row = i / kHalf * kLength + i % kHalf;
      for (const Index at : {row, row + kHalf}) tokens[at * kTokens + token] = 1.0;
    }
    const AttentionInputs<double> inputs{q, k, view(tokens, kTokens)};
    forward(inputs, view(out, kTokens));
    double loss = 0.0;
    for (std::size_t e = 0; e < out.size(); ++e) {
      const double error = e / kTokens % kLength >= kHalf ? out[e] - tokens[e] : 0.0;
      dout[e] = 2.0 * error / (kBatch * kHalf);
      loss += error * error / (kBatch * kHalf);
    }
    losses.push_back(loss);
    backward(inputs, view(out, kTokens), view(dout, kTokens),
             AttentionGradients<double>{view(dq, kDim), view(dk, kDim), view(dv, kTokens)});
    for (std::size_t e = 0; e < dq.size(); ++e) {
      positions[e % (kLength * kDim)] -= 30.0 * dq[e];
      positions[kLength * kDim + e % (kLength * kDim)] -= 30.0 * dk[e];
    }
  }
  return losses;
}

int main() {
  const Kernel kernel = SoftmaxKernel::for_dimension(kDim);
  FeatureMapSpec spec{.input_dim = kDim, .num_frequencies = 128};
  spec.kernel = kernel;
  spec.features = HyperbolicFeatures{};
  const FeatureMap<double> map(spec);
  const AttentionOptions causal{.mask = Mask::causal};
  const Numbers favor = train(
      60, [&](const auto& x, auto out) { attention<double>(map, x, out, causal); },
      [&](const auto& x, auto out, auto dout, const auto& d) {
        attention_gradient<double>(map, x, out, dout, d, causal);
      });
  const Numbers exact = train(
      60, [&](const auto& x, auto out) { exact_attention<double>(kernel, x, out, causal); },
      [&](const auto& x, auto out, auto dout, const auto& d) {
        exact_attention_gradient<double>(kernel, x, out, dout, d, causal);
      });
  for (std::size_t step = 0; step < favor.size(); step += 10) {
    std::printf("step %2zu: loss %.4f with FAVOR+, %.4f exact\n", step, favor[step], exact[step]);
  }
  std::printf("at the end: %.4f and %.4f\n", favor.back(), exact.back());
  return favor.back() < 0.2 * favor.front() && favor.back() < exact.back() + 0.05 ? 0 : 1;
}
