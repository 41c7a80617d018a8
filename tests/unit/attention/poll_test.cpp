// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/matrix.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <stdexcept>

using namespace bochner;
using namespace bochner::testing;

TEST_CASE("one causal head asks between its chunks whether to go on", "[attention]") {
  constexpr Index kLength = 64 * 20;
  const FeatureMap<double> map(map_spec(4, 40, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, kLength, kLength, 4, 3}, 51, 0.5);
  const AttentionOptions causal{.mask = Mask::causal};
  Tensor<double> out = x.output();
  Tensor<double> error = x.output();
  Qkv<double> gradient = x;
  const std::array<AttentionRow, 1> last{{{0, 0, kLength - 1}}};
  Matrix<double> weights(1, kLength);
  const std::function<void(const Execution&)> calls[] = {
      [&](const Execution& execution) {
        attention<double>(map, x.inputs(), out.view(), causal, execution);
      },
      [&](const Execution& execution) {
        attention_gradient<double>(map, x.inputs(), out.view(), out.view(),
                                   {gradient.q.view(), gradient.k.view(), gradient.v.view()},
                                   causal, execution);
      },
      [&](const Execution& execution) {
        attention_with_error<double>(map, x.inputs(), error.view(), gradient.v.view(), causal, {},
                                     execution);
      },
      [&](const Execution& execution) {
        attention_rows<double>(map, x.q.view(), x.k.view(), last, weights.view(), causal,
                               execution);
      },
  };
  for (const auto& call : calls) {
    CAPTURE(&call - calls);
    int asked = 0;
    call({1, [&] { ++asked; }});
    CHECK(asked >= 20);
    int left = asked / 2;
    CHECK_THROWS_AS(call({1,
                          [&] {
                            if (left-- <= 0) throw std::runtime_error("enough");
                          }}),
                    std::runtime_error);
  }
}
