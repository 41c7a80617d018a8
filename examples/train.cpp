// SPDX-License-Identifier: Apache-2.0
//
// One layer of attention learns to copy: row i of the second half of a sequence must read row i of
// the first. Queries and keys are learnt by gradient descent, through FAVOR+ and, beside it,
// exactly.

#include <bochner/bochner.hpp>

#include <cstdio>
#include <vector>

using namespace bochner;

constexpr std::size_t kLength = 32, kHalf = 16, kDim = 16, kTokens = 8, kSteps = 401;
using Numbers = std::vector<double>;

TensorView<double, 4> view(Numbers& x) {
  return {x.data(), {1, 1, kLength, std::ssize(x) / Index{kLength}}};
}

Numbers train(const auto& forward, const auto& backward) {
  Numbers q(kLength * kDim), k(q.size()), v(kLength * kTokens), out(v.size()), dout(v.size());
  Numbers dq(q.size()), dk(q.size()), dv(v.size()), losses(kSteps);
  Stream(Seed{1}, Purpose::study, 0).normals(0, q);
  Stream(Seed{1}, Purpose::study, 1).normals(0, k);
  for (std::size_t step = 0; step < kSteps; ++step) {
    const Stream draw(Seed{2}, Purpose::study, step);
    v.assign(v.size(), 0.0);  // random tokens in the first half
    for (std::size_t i = 0; i < kHalf; ++i) v[i * kTokens + draw.bits(i) % kTokens] = 1.0;
    const AttentionInputs<double> inputs{view(q), view(k), view(v)};
    forward(inputs, view(out));
    for (std::size_t e = kHalf * kTokens; e < kLength * kTokens; ++e) {
      const double error = out[e] - v[e - kHalf * kTokens];
      dout[e] = 2.0 * error / kHalf;
      losses[step] += error * error / kHalf;
    }
    backward(inputs, view(out), view(dout),
             AttentionGradients<double>{view(dq), view(dk), view(dv)});
    for (std::size_t e = 0; e < q.size(); ++e) q[e] -= 2.0 * dq[e], k[e] -= 2.0 * dk[e];
  }
  return losses;
}

int main() {
  const FeatureMap<double> map(parse_spec(
      "input_dim=16 num_frequencies=128 kernel=softmax(scale=0.25) features=hyperbolic"));
  const Kernel& kernel = map.spec().kernel;
  const AttentionOptions causal{.mask = Mask::causal};
  const Numbers favor =
      train([&](auto& x, auto out) { attention<double>(map, x, out, causal); },
            [&](auto& x, auto... rest) { attention_gradient<double>(map, x, rest..., causal); });
  const Numbers exact = train(
      [&](auto& x, auto out) { exact_attention<double>(kernel, x, out, causal); },
      [&](auto& x, auto... rest) { exact_attention_gradient<double>(kernel, x, rest..., causal); });
  for (std::size_t step = 0; step < kSteps; step += 50) {
    std::printf("step %3zu: loss %.4f with FAVOR+, %.4f exact\n", step, favor[step], exact[step]);
  }
  return favor.back() < 0.2 * favor.front() && favor.back() < exact.back() + 0.05 ? 0 : 1;
}
