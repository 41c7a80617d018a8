// SPDX-License-Identifier: Apache-2.0
//
// How far attention by features is from exact attention on heads of pretrained encoders, and what
// is gained by weighing some pairs exactly. The error of a head is the library's relative output
// error, sqrt(sum |out - exact|^2 / sum |exact|^2) over its rows, averaged over draws; a value is
// the median over the heads of a model.
//
// Usage: bench_heads_accuracy FOLDER [--quick], FOLDER from heads.sh.

#include "bench/attention_heads/heads.hpp"
#include "bench/support/report.hpp"

#include <bochner/bochner.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

using namespace bochner;

namespace {

constexpr Index kFrequencies = 256;
constexpr KeyBlocks kBlocks{.query_rows = 16, .key_rows = 16, .order = BlockOrder::bisection};

enum class Fit { plain, calibrated };

class Model {
 public:
  Model(const std::string& folder, const std::string& name)
      : queries_(folder + "/" + name + "_queries.npy"),
        keys_(folder + "/" + name + "_keys.npy"),
        values_(folder + "/" + name + "_values.npy") {
    for (Index l = 0; l < layers(); ++l) {
      exact_.emplace_back(static_cast<std::size_t>(heads() * length() * dim()));
      exact_attention<float>(kernel(), layer(l), out(exact_.back()));
    }
  }

  Index length() const { return queries_.extents[2]; }
  Index blocks_of(Index rows) const { return (length() + rows - 1) / rows; }

  /// The maps of each layer of one draw. Calibration sees the first half of the rows.
  std::vector<std::vector<FeatureMap<float>>> maps(Fit fit, std::uint64_t draw) const {
    const HeadSpecs specs({.input_dim = dim(),
                           .num_frequencies = kFrequencies,
                           .kernel = kernel(),
                           .projection = OrthogonalProjection{},
                           .features = fit == Fit::plain ? FeatureFunction(HyperbolicFeatures{})
                                                         : HyperbolicOprfFeatures{},
                           .seed = {1 + draw}});
    std::vector<std::vector<FeatureMap<float>>> out;
    for (Index l = 0; l < layers(); ++l) {
      if (fit == Fit::plain) {
        out.push_back(head_maps<float>(specs, l, heads()));
        continue;
      }
      std::vector<FeatureMap<float>>& layer_maps = out.emplace_back();
      const Index half = length() / 2;
      for (const CalibratedHead& head :
           calibrate<float>(specs, l, queries_.layer(l, half), keys_.layer(l, half))) {
        layer_maps.emplace_back(head.spec);
      }
    }
    return out;
  }

  /// The error of each head, layer by layer.
  std::vector<double> errors(const std::vector<std::vector<FeatureMap<float>>>& maps,
                             const AttentionOptions& options) {
    std::vector<double> errors;
    for (Index l = 0; l < layers(); ++l) {
      out_.resize(exact_[static_cast<std::size_t>(l)].size());
      attention<float>(maps[static_cast<std::size_t>(l)], layer(l), out(out_), options);
      add_errors(l, errors);
    }
    return errors;
  }

  /// The error of each head that does as is planned for this error.
  std::vector<double> planned_errors(double error) {
    const HeadSpecs specs({.input_dim = dim(),
                           .num_frequencies = kFrequencies,
                           .kernel = kernel(),
                           .projection = OrthogonalProjection{},
                           .features = HyperbolicOprfFeatures{},
                           .seed = {1}});
    std::vector<double> errors;
    for (Index l = 0; l < layers(); ++l) {
      const std::vector<HeadPlan> plans =
          plan_attention<float>(specs, l, layer(l), {.error = error});
      out_.resize(exact_[static_cast<std::size_t>(l)].size());
      attention<float>(std::span<const HeadPlan>(plans), layer(l), out(out_));
      add_errors(l, errors);
    }
    return errors;
  }

 private:
  /// Those of the output of one layer.
  void add_errors(Index l, std::vector<double>& errors) const {
    const std::vector<float>& exact = exact_[static_cast<std::size_t>(l)];
    const auto size = static_cast<std::size_t>(length() * dim());
    for (std::size_t head = 0; head < exact.size(); head += size) {
      double error = 0.0;
      double norm = 0.0;
      for (std::size_t e = head; e < head + size; ++e) {
        error += std::pow(static_cast<double>(out_[e]) - static_cast<double>(exact[e]), 2);
        norm += std::pow(static_cast<double>(exact[e]), 2);
      }
      errors.push_back(std::sqrt(error / norm));
    }
  }

  Index layers() const { return queries_.extents[0]; }
  Index heads() const { return queries_.extents[1]; }
  Index dim() const { return queries_.extents[3]; }
  Kernel kernel() const { return SoftmaxKernel::for_dimension(dim()); }
  AttentionInputs<float> layer(Index l) const {
    return {queries_.layer(l, length()), keys_.layer(l, length()), values_.layer(l, length())};
  }
  TensorView<float, 4> out(std::vector<float>& data) const {
    return {data.data(), {1, heads(), length(), dim()}};
  }

  bench::HeadArray queries_, keys_, values_;
  std::vector<std::vector<float>> exact_;  ///< of each layer
  std::vector<float> out_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

/// A model and the maps of its heads, by draw.
class Study {
 public:
  Study(const std::string& folder, const std::string& name, std::uint64_t draws)
      : model_(folder, name) {
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      plain_.push_back(model_.maps(Fit::plain, draw));
      calibrated_.push_back(model_.maps(Fit::calibrated, draw));
    }
  }

  const Model& model() const { return model_; }

  double features(const ExactPairs& exact, Fit fit) {
    const auto& draws = fit == Fit::plain ? plain_ : calibrated_;
    std::vector<double> mean;
    for (const auto& maps : draws) {
      const std::vector<double> errors = model_.errors(maps, {.exact = exact});
      mean.resize(errors.size());
      for (std::size_t h = 0; h < errors.size(); ++h) {
        mean[h] += errors[h] / static_cast<double>(draws.size());
      }
    }
    return median(mean);
  }
  /// `Rest::means` or `Rest::none`: nothing is random.
  double certain(const ExactPairs& exact, Rest rest) {
    return median(model_.errors(plain_.front(), {.exact = exact, .rest = rest}));
  }

  /// `divisor` = 4: a quarter of the blocks of keys, rounded down.
  ExactPairs share(KeyBlocks blocks, Index divisor) const {
    blocks.count = std::max<Index>(model_.blocks_of(blocks.key_rows) / divisor, 1);
    return {.blocks = blocks};
  }

 private:
  Model model_;
  std::vector<std::vector<std::vector<FeatureMap<float>>>> plain_, calibrated_;
};

/// What is weighed exactly x how the rest is weighed.
void pairs_table(bench::Report& report, const std::string& name, Study& study) {
  report.note("| %s: weighed exactly | alone | and plain features | and calibrated | and means |",
              name.c_str());
  report.note("|---|---|---|---|---|");
  report.note("| nothing | | %.2f | %.2f | %.2f |", study.features({}, Fit::plain),
              study.features({}, Fit::calibrated), study.certain({}, Rest::means));
  for (const auto& [title, exact] :
       {std::pair{"32 keys to each side", ExactPairs{.window = 33}},
        std::pair{"an eighth of the pairs, in blocks", study.share(kBlocks, 8)},
        std::pair{"a quarter of the pairs, in blocks", study.share(kBlocks, 4)}}) {
    report.note("| %s | %.2f | %.2f | %.2f | %.2f |", title, study.certain(exact, Rest::none),
                study.features(exact, Fit::plain), study.features(exact, Fit::calibrated),
                study.certain(exact, Rest::means));
  }
}

/// A quarter of the pairs, by the size and the order of blocks.
void sizes_table(bench::Report& report, const std::string& name, Study& study) {
  report.note(
      "| %s: queries x keys of a block | order | blocks of keys | and calibrated | and means |",
      name.c_str());
  report.note("|---|---|---|---|---|");
  for (const auto& [query_rows, key_rows, order] : {std::tuple{16, 16, BlockOrder::bisection},
                                                    {32, 32, BlockOrder::bisection},
                                                    {64, 64, BlockOrder::bisection},
                                                    {16, 64, BlockOrder::bisection},
                                                    {64, 16, BlockOrder::bisection},
                                                    {16, 16, BlockOrder::given}}) {
    const ExactPairs exact =
        study.share({.query_rows = query_rows, .key_rows = key_rows, .order = order}, 4);
    report.note("| %d x %d | %s | %td of %td | %.2f | %.2f |", query_rows, key_rows,
                std::string(name_of(order)).c_str(), exact.blocks.count,
                study.model().blocks_of(key_rows), study.features(exact, Fit::calibrated),
                study.certain(exact, Rest::means));
  }
}

struct Bars {
  double features, window, blocks, means;
};

void measure(bench::Report& report, const std::string& folder, const std::string& name,
             const Bars& bars) {
  if (!bench::has_heads(folder, name)) {
    report.note("skipped: %s, whose heads are not in %s", name.c_str(), folder.c_str());
    return;
  }
  Study study(folder, name, report.choose<std::uint64_t>(8, 2));
  const ExactPairs quarter = study.share(kBlocks, 4);
  report.line(name + "_features", study.features({}, Fit::calibrated),
              bench::at_most(bars.features));
  report.line(name + "_window", study.features({.window = 33}, Fit::calibrated),
              bench::at_most(bars.window));
  report.line(name + "_blocks", study.features(quarter, Fit::calibrated),
              bench::at_most(bars.blocks));
  report.line(name + "_means", study.certain(quarter, Rest::means), bench::at_most(bars.means));
  report.note("%s: %td tokens", name.c_str(), study.model().length());
  pairs_table(report, name, study);
  report.note("%s: a quarter of the pairs, in blocks of other sizes", name.c_str());
  sizes_table(report, name, study);
}

/// The share of all heads of the models that miss a promised error by half.
void promises(bench::Report& report, const std::string& folder) {
  constexpr double kPromised = 0.1;
  double heads = 0.0;
  double missed = 0.0;
  for (const std::string name : {"protein", "chemistry"}) {
    if (!bench::has_heads(folder, name)) continue;
    for (const double error : Model(folder, name).planned_errors(kPromised)) {
      heads += 1.0;
      missed += error > 1.5 * kPromised ? 1.0 : 0.0;
    }
  }
  if (heads > 0.0) report.line("plan_error", missed / heads, bench::at_most(0.1));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  if (report.arguments().size() != 1) {
    std::fputs("usage: bench_heads_accuracy FOLDER [--quick]\n", stderr);
    return 2;
  }
  const std::string& folder = report.arguments().front();
  measure(report, folder, "protein",
          {.features = 0.40, .window = 0.26, .blocks = 0.15, .means = 0.09});
  measure(report, folder, "chemistry",
          {.features = 0.82, .window = 0.31, .blocks = 0.21, .means = 0.18});
  promises(report, folder);
}
