// SPDX-License-Identifier: Apache-2.0
#include "narrow.hpp"
#include "parts.hpp"

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// More than two pieces that are widened at a time.
constexpr Index kLength = 600;

template <Narrow N>
Qkv<N> some_narrow(std::uint64_t seed) {
  return narrow_qkv<N>({2, 4, 2, kLength, kLength, 6, 3}, seed);
}

AttentionState<float> fresh(const FeatureMap<float>& map) { return {map, 2, 2, 3}; }

/// Two states that answer a question alike.
bool same_answers(const AttentionState<float>& a, const AttentionState<float>& b) {
  const Tensor<float> question = normal_tensor<float>(2, 4, 5, 6, 99);
  Tensor<float> of_a(2, 4, 5, 3);
  Tensor<float> of_b(2, 4, 5, 3);
  a.attend(question.view(), of_a.view());
  b.attend(question.view(), of_b.view());
  return a.lengths() == b.lengths() && same_bits(of_a, of_b);
}

}  // namespace

TEMPLATE_TEST_CASE("a state of narrow rows is the state of their float copies",
                   "[attention][narrow][state]", Half, BFloat16) {
  using N = TestType;
  const FeatureMap<float> map(map_spec(6, 20, HyperbolicFeatures{}));
  const Qkv<N> x = some_narrow<N>(91);
  const Qkv<float> copies = converted<float>(x);
  std::vector<char> live(2 * kLength);
  for (std::size_t i = 0; i < live.size(); ++i) live[i] = (i * i) % 7 < 4;
  const std::vector<Index> lengths{kLength, 130};
  const std::vector<Index> none{0, 0};
  const LiveKeys masked{.key_mask = {reinterpret_cast<const bool*>(live.data()), 2, kLength}};
  for (const LiveKeys& which :
       {LiveKeys{}, masked, LiveKeys{.key_lengths = lengths}, LiveKeys{.key_lengths = none}}) {
    for (const int threads : {1, 2}) {
      AttentionState<float> expected = fresh(map);
      expected.append(copies.k.view(), copies.v.view(), which);
      AttentionState<float> state = fresh(map);
      append<N>(state, x.k.view(), x.v.view(), which, Execution{threads});
      CHECK(same_answers(state, expected));

      Tensor<float> outs = copies.output();
      const AttentionReport report = expected.attend(copies.q.view(), outs.view());
      Tensor<float> out = copies.output();
      CHECK(same_report(attend<N>(state, x.q.view(), out.view(), Execution{threads}), report));
      CHECK(same_bits(out, outs));
      Tensor<N> stored = x.output();
      attend<N>(state, x.q.view(), stored.view(), Execution{threads});
      CHECK(same_bits(stored, converted<N>(outs)));

      const AttentionReport advanced = expected.advance(copies.inputs(), outs.view(), which);
      AttentionState<float> other = state;
      CHECK(
          same_report(advance(state, x.inputs(), out.view(), which, Execution{threads}), advanced));
      CHECK(same_bits(out, outs));
      CHECK(same_report(advance(other, x.inputs(), stored.view(), which, Execution{threads}),
                        advanced));
      CHECK(same_bits(stored, converted<N>(outs)));
      CHECK(same_answers(state, expected));
      CHECK(same_answers(other, expected));
    }
  }
}

TEMPLATE_TEST_CASE("narrow tokens one by one are causal attention", "[attention][narrow][state]",
                   Half, BFloat16) {
  using N = TestType;
  const FeatureMap<float> map(map_spec(6, 20, PositiveFeatures{}));
  const Qkv<N> x = some_narrow<N>(92);
  Tensor<N> whole = x.output();
  attention(map, x.inputs(), whole.view(), {.mask = Mask::causal});
  AttentionState<float> state = fresh(map);
  Tensor<N> out = x.output();
  Index first = 0;
  for (const Index count : {300, 0, 1, 1, 298}) {
    advance(state, part(x, first, count), part(out, first, count));
    first += count;
  }
  CHECK(same_bits(out, whole));
  CHECK(state.length() == kLength);
}

TEST_CASE("narrow rows that are refused leave a state as it was", "[attention][narrow][state]") {
  const FeatureMap<float> map(map_spec(6, 20, PositiveFeatures{}));
  Qkv<Half> x = some_narrow<Half>(93);
  AttentionState<float> state = fresh(map);
  append<Half>(state, part(x.k, 0, 40), part(x.v, 0, 40));
  const AttentionState<float> before = state;
  Tensor<Half> out = x.output();
  const auto require = [&](const std::string& words, const auto& call, const auto& of_copies) {
    AttentionState<float> other = before;
    const std::string refused = refusal([&] { of_copies(other); });
    CHECK_THAT(refused, Contains(words));
    CHECK(refusal([&] { call(state); }) == refused);
    CHECK(same_answers(state, before));
  };
  x.k(1, 1, 580, 2) = Half(60000.0F);
  Qkv<float> copies = converted<float>(x);
  Tensor<float> outs = copies.output();
  require(
      "AttentionState::append: keys: batch 1, head 1, row 580 is too long",
      [&](auto& s) { append<Half>(s, x.k.view(), x.v.view()); },
      [&](auto& s) { s.append(copies.k.view(), copies.v.view()); });
  require(
      "AttentionState::advance: keys: batch 1, head 1, row 580 is too long",
      [&](auto& s) { advance(s, x.inputs(), out.view()); },
      [&](auto& s) { s.advance(copies.inputs(), outs.view()); });
  x.q(0, 3, 590, 0) = Half(60000.0F);
  copies = converted<float>(x);
  require(
      "AttentionState::attend: queries: batch 0, head 3, row 590 is too long",
      [&](auto& s) { attend<Half>(s, x.q.view(), out.view()); },
      [&](auto& s) { s.attend(copies.q.view(), outs.view()); });
  require(
      "AttentionState::append: values is 2 x 2 x 599 x 3",
      [&](auto& s) { append<Half>(s, x.k.view(), part(x.v, 0, 599)); },
      [&](auto& s) { s.append(copies.k.view(), part(copies.v, 0, 599)); });
  require(
      "there are 300 queries and 600 keys",
      [&](auto& s) {
        advance(s, AttentionInputs<Half>{part(x.q, 0, 300), x.k.view(), x.v.view()},
                part(out, 0, 300));
      },
      [&](auto& s) {
        s.advance({part(copies.q, 0, 300), copies.k.view(), copies.v.view()}, part(outs, 0, 300));
      });
  const std::vector<Index> too_long{600, 601};
  require(
      "key_lengths[1] is 601",
      [&](auto& s) { append<Half>(s, x.k.view(), x.v.view(), {.key_lengths = too_long}); },
      [&](auto& s) { s.append(copies.k.view(), copies.v.view(), {.key_lengths = too_long}); });
  CHECK_THROWS_WITH(attend<Half>(state, x.q.view(), part(out, 0, 3)), Contains("out is 2 x 4"));
  CHECK_THROWS_WITH(advance(state, x.inputs(), x.q.view()), Contains("out is"));
  Qkv<Half> square = narrow_qkv<Half>({2, 2, 2, 8, 8, 6, 6}, 94);
  AttentionState<float> other(map, 2, 2, 6);
  CHECK_THROWS_WITH(advance(other, square.inputs(), square.v.view()),
                    Contains("out overlaps values"));
  CHECK(other.length() == 0);
}
