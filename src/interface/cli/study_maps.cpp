// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/study_maps.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/registry.hpp"
#include "bochner/kernel/options.hpp"
#include "estimator/mean_square_sum.hpp"
#include "estimator/row_law.hpp"
#include "features/stage.hpp"
#include "interface/cli/options.hpp"
#include "study/pairs.hpp"

#include <optional>
#include <vector>

namespace bochner::cli {
namespace {

template <class Variant, class Parse>
std::vector<Variant> choose(const char* option, const std::string& text, const Parse& parse) {
  if (text == "all") return all_alternatives<Variant>();
  std::vector<Variant> chosen;
  for (const std::string& item : parse_list(option, text)) {
    chosen.push_back(parse_option(option, item, parse));
  }
  return chosen;
}

std::string label_of(const FeatureFunction& features) {
  // A parameter that was given is part of the name; one that the pair decides is not.
  return features == std::visit([](auto f) { return FeatureFunction(decltype(f){}); }, features)
             ? std::visit([](const auto& f) { return std::string(f.name); }, features)
             : to_text(features);
}

/// Why fewer frequencies of a draw are not the smaller map, as the study takes them to be.
std::optional<std::string> growth_gap(const FeatureFunction& features) {
  if (grows(features)) return std::nullopt;
  return "the study takes the first columns of a draw for a smaller map, which those of " +
         to_text(features) + " features are not; bochner gram measures them";
}

/// Why a combination is not studied: what stands in the way last, when all before it is right.
struct Refusal {
  int step = 0;
  std::string reason;
};

std::optional<Refusal> refusal(const Kernel& kernel, const Projection& projection,
                               const FeatureFunction& features) {
  if (const auto why = incompatibility(kernel, projection, features)) return Refusal{1, *why};
  if (const auto why = estimator::closed_form_gap(kernel, projection)) return Refusal{2, *why};
  if (const auto why = growth_gap(features)) return Refusal{3, *why};
  return std::nullopt;
}

/// What was named on the command line must be in the study, or the reason why it is not is said.
class Named {
 public:
  Named(const std::string& text, std::size_t count) : named_(text != "all"), refusals_(count) {}

  void studied(std::size_t item) { refusals_[item].step = kStudied; }
  void refused(std::size_t item, const Refusal& why) {
    if (why.step > refusals_[item].step) refusals_[item] = why;
  }
  void check() const {
    for (const Refusal& why : refusals_) {
      if (named_ && why.step != kStudied) throw UsageError(why.reason);
    }
  }

 private:
  static constexpr int kStudied = 4;
  bool named_;
  std::vector<Refusal> refusals_;
};

/// Mean |x + y|^2 over the rows of the matrix, after the kernel's scaling.
double matrix_square_sum(const StudyRequest& request) {
  const bool softmax = dot_scale_of(request.kernel) != nullptr;
  const FeatureMapSpec single{.input_dim = request.dimension,
                              .num_frequencies = 1,
                              .kernel = softmax ? request.kernel : Kernel(SoftmaxKernel{}),
                              .projection = IidProjection{},
                              .features = PositiveFeatures{},
                              .seed = {},
                              .transform = {}};
  return estimator::mean_square_sum(Door("study"), single, request.matrix.queries.view(),
                                    request.matrix.keys.view());
}

/// One map with the pairs, whose parameter may differ between them, and with the matrix.
void add_map(const Projection& projection, const FeatureFunction& features, double square_sum,
             StudyRequest& request) {
  FeatureMapSpec spec{.input_dim = request.dimension,
                      .num_frequencies = 1,
                      .kernel = request.kernel,
                      .projection = projection,
                      .features = features,
                      .seed = {},
                      .transform = {}};
  const std::string label = label_of(features);
  auto& maps = request.plan.maps;
  const std::size_t before = maps.size();
  for (std::size_t p = 0; p < request.plan.pairs.size(); ++p) {
    spec.features = study::fitted(
        features, study::square_sum(request.plan.pairs[p], request.kernel), request.dimension);
    try {
      validate(spec);
    } catch (const InvalidArgument& error) {
      throw UsageError(error.what());
    }
    if (maps.size() > before && maps.back().spec.features == spec.features) {
      maps.back().pairs.push_back(p);
    } else {
      maps.push_back({label, spec, {p}});
    }
  }
  spec.features = study::fitted(features, square_sum, request.dimension);
  request.matrix.labels.push_back(label);
  request.matrix.maps.push_back(spec);
}

}  // namespace

void add_maps(const StudyArguments& arguments, StudyRequest& request) {
  const bool all = arguments.features == "all" || arguments.projections == "all";
  const double square_sum = matrix_square_sum(request);
  const auto features = choose<FeatureFunction>("--features", arguments.features, parse_features);
  const auto projections =
      choose<Projection>("--projection", arguments.projections, parse_projection);
  Named named_features(arguments.features, features.size());
  Named named_projections(arguments.projections, projections.size());
  for (std::size_t i = 0; i < projections.size(); ++i) {
    for (std::size_t f = 0; f < features.size(); ++f) {
      if (const auto why = refusal(request.kernel, projections[i], features[f])) {
        if (!all) throw UsageError(why->reason);
        named_features.refused(f, *why);
        named_projections.refused(i, *why);
        continue;
      }
      named_features.studied(f);
      named_projections.studied(i);
      add_map(projections[i], features[f], square_sum, request);
    }
  }
  named_features.check();
  named_projections.check();
  if (request.plan.maps.empty()) {
    throw UsageError("no feature function and projection go with " + arguments.kernel);
  }
}

}  // namespace bochner::cli
