// SPDX-License-Identifier: Apache-2.0
//
// What planned attention gains on long sequences with the statistics of pretrained heads: rows of a
// model's heads, drawn with replacement, with noise of a tenth of the spread of their coordinates,
// without a mask, one thread, float, against PyTorch's exact attention.
//
// Usage: bench_heads_resampled FOLDER [--quick], FOLDER from heads.sh.

#include "bench/attention/torch.hpp"
#include "bench/attention_heads/heads.hpp"
#include "bench/support/report.hpp"
#include "bench/support/timing.hpp"

#include <bochner/bochner.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace bochner::bench {
namespace {

constexpr double kPromised = 0.2;
constexpr Index kLength = 16384;
constexpr Index kJudged = 512;  ///< rows of a head that are compared with exact attention
const Execution kOneThread{.num_threads = 1};

/// The rows of one layer that `tokens` names, with noise.
std::vector<float> resample(const HeadArray& array, Index l, const std::vector<Index>& tokens,
                            std::mt19937_64& generator) {
  const auto [layers, heads, length, dim] = array.extents;
  std::normal_distribution<double> normal;
  std::vector<float> out(static_cast<std::size_t>(heads * kLength * dim));
  for (Index h = 0; h < heads; ++h) {
    const float* head = array.rows.data() + (l * heads + h) * length * dim;
    for (Index c = 0; c < dim; ++c) {
      double sum = 0.0;
      double squares = 0.0;
      for (Index i = 0; i < length; ++i) sum += static_cast<double>(head[i * dim + c]);
      const double mean = sum / static_cast<double>(length);
      for (Index i = 0; i < length; ++i) {
        squares += std::pow(static_cast<double>(head[i * dim + c]) - mean, 2);
      }
      const double noise = 0.1 * std::sqrt(squares / static_cast<double>(length));
      for (Index i = 0; i < kLength; ++i) {
        const Index token = tokens[static_cast<std::size_t>(i)];
        out[static_cast<std::size_t>((h * kLength + i) * dim + c)] =
            head[token * dim + c] + static_cast<float>(noise * normal(generator));
      }
    }
  }
  return out;
}

/// The heads of one layer at that length.
class LongLayer {
 public:
  LongLayer(const HeadArray& queries, const HeadArray& keys, const HeadArray& values, Index l)
      : heads_(queries.extents[1]), dim_(queries.extents[3]) {
    std::mt19937_64 generator(1 + static_cast<std::uint64_t>(l));
    std::uniform_int_distribution<Index> any(0, queries.extents[2] - 1);
    std::vector<Index> tokens(static_cast<std::size_t>(kLength));
    for (Index& token : tokens) token = any(generator);
    queries_ = resample(queries, l, tokens, generator);
    keys_ = resample(keys, l, tokens, generator);
    values_ = resample(values, l, tokens, generator);
    out_.resize(queries_.size());
    plans_ = plan_attention<float>(HeadSpecs({.input_dim = dim_,
                                              .num_frequencies = 256,  // plans choose their own
                                              .kernel = kernel(),
                                              .projection = OrthogonalProjection{},
                                              .features = HyperbolicOprfFeatures{},
                                              .seed = {1}}),
                                   l, inputs(kLength), {.error = kPromised}, {}, kOneThread);
  }

  Index heads() const { return heads_; }
  const std::vector<HeadPlan>& plans() const { return plans_; }

  void attend() {
    attention<float>(std::span<const HeadPlan>(plans_), inputs(kLength), view(out_.data(), kLength),
                     {}, kOneThread);
  }

  /// The relative output error of each head, over its first rows (all are drawn alike).
  std::vector<double> errors() const {
    std::vector<float> exact(static_cast<std::size_t>(heads_ * kJudged * dim_));
    exact_attention<float>(kernel(), inputs(kJudged), {exact.data(), {1, heads_, kJudged, dim_}},
                           {}, {}, kOneThread);
    std::vector<double> out;
    for (Index h = 0; h < heads_; ++h) {
      double error = 0.0;
      double norm = 0.0;
      for (Index e = 0; e < kJudged * dim_; ++e) {
        const auto truth =
            static_cast<double>(exact[static_cast<std::size_t>(h * kJudged * dim_ + e)]);
        const auto ours =
            static_cast<double>(out_[static_cast<std::size_t>(h * kLength * dim_ + e)]);
        error += (ours - truth) * (ours - truth);
        norm += truth * truth;
      }
      out.push_back(std::sqrt(error / norm));
    }
    return out;
  }

 private:
  Kernel kernel() const { return SoftmaxKernel::for_dimension(dim_); }
  /// The first `rows` queries of each head, and all of its keys.
  AttentionInputs<float> inputs(Index rows) const {
    return {view(queries_.data(), rows), view(keys_.data(), kLength),
            view(values_.data(), kLength)};
  }
  /// The first `rows` rows of each head.
  template <class T>
  TensorView<T, 4> view(T* data, Index rows) const {
    return {data, {1, heads_, rows, dim_}, {heads_ * kLength * dim_, kLength * dim_, dim_, 1}};
  }

  Index heads_, dim_;
  std::vector<float> queries_, keys_, values_, out_;
  std::vector<HeadPlan> plans_;
};

std::string methods_of(const std::vector<HeadPlan>& plans) {
  std::map<std::string, int> counts;
  for (const HeadPlan& plan : plans) ++counts[std::string(name_of(plan.method))];
  std::string out;
  for (const auto& [method, count] : counts) {
    out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + method;
  }
  return out;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Median seconds of one head in PyTorch and of all heads here, in turn.
Timing alternate_with_torch(LongLayer& layer, int pairs) {
  layer.attend();
  std::vector<double> theirs;
  std::vector<double> ours;
  for (int pair = 0; pair < pairs; ++pair) {
    theirs.push_back(torch_seconds("exact", 1, kLength, 0));
    const double start = seconds_now(Clock::wall);
    layer.attend();
    ours.push_back(seconds_now(Clock::wall) - start);
  }
  return {.first = median(theirs), .second = median(ours), .pairs = pairs};
}

void against_torch(Report& report, const std::string& folder) {
  const auto version = torch_version();
  if (!version || !has_heads(folder, "protein")) {
    report.note("skipped: blocks_speed, %s",
                version ? "the heads are not there" : "PyTorch is not installed");
    return;
  }
  const HeadArray queries(folder + "/protein_queries.npy");
  const HeadArray keys(folder + "/protein_keys.npy");
  const HeadArray values(folder + "/protein_values.npy");
  double theirs = 0.0;
  double ours = 0.0;
  std::size_t heads = 0;
  std::size_t missed = 0;
  for (Index l = 0; l < report.choose<Index>(queries.extents[0], 1); ++l) {
    LongLayer layer(queries, keys, values, l);
    const auto count = static_cast<double>(layer.heads());
    const Timing timing = alternate_with_torch(layer, report.choose(5, 3));
    const std::vector<double> errors = layer.errors();
    heads += errors.size();
    missed += static_cast<std::size_t>(
        std::count_if(errors.begin(), errors.end(), [](double e) { return e > kPromised; }));
    theirs += count * timing.first;
    ours += timing.second;
    report.note("blocks_speed, layer %td: %.2f, error at most %.3f; %s", l,
                count * timing.first / timing.second,
                *std::max_element(errors.begin(), errors.end()), methods_of(layer.plans()).c_str());
  }
  report.line("blocks_speed", theirs / ours, at_least(2),
              "PyTorch " + *version + ", all heads; " + std::to_string(missed) + " of " +
                  std::to_string(heads) + " err by more than 0.2");
}

}  // namespace
}  // namespace bochner::bench

int main(int argc, char** argv) {
  bochner::bench::Report report(argc, argv);
  if (report.arguments().size() != 1) {
    std::fputs("usage: bench_heads_resampled FOLDER [--quick]\n", stderr);
    return 2;
  }
  bochner::bench::against_torch(report, report.arguments().front());
}
