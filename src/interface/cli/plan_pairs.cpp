// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/plan_pairs.hpp"

#include "bochner/core/error.hpp"
#include "bochner/estimator/variance.hpp"
#include "core/numbers.hpp"
#include "estimator/row_law.hpp"
#include "interface/cli/registry.hpp"
#include "report/text_table.hpp"
#include "study/pairs.hpp"

#include <algorithm>
#include <utility>

namespace bochner::cli {

PairPlan plan_pairs(FeatureMapSpec spec, const std::vector<study::StudyPair>& pairs,
                    const ErrorTarget& target, Basis basis, Index budget) {
  double z2 = 0.0;
  for (const study::StudyPair& pair : pairs) {
    z2 += study::square_sum(pair, spec.kernel) / static_cast<double>(pairs.size());
  }
  spec.features = study::fitted(spec.features, z2, spec.input_dim);
  spec.num_frequencies = 1;
  spec.num_frequencies = std::max(least_frequencies(spec), budget / num_features(spec));
  PairPlan out;
  for (const study::StudyPair& pair : pairs) {
    FrequencyPlan plan = frequencies_needed(spec, pair.x, pair.y, target, basis);
    const bool out_of_reach = plan.num_frequencies == 0;
    out.relative_error =
        std::max(out.relative_error, kernel_moments(spec, pair.x, pair.y).relative_error);
    if (out.pair.empty() || out_of_reach ||
        (out.plan.num_frequencies != 0 && plan.num_frequencies > out.plan.num_frequencies)) {
      out.plan = std::move(plan);
      out.pair = pair.label;
    }
    if (out_of_reach) break;
  }
  out.spec = spec;
  out.spec.num_frequencies = std::max<Index>(1, out.plan.num_frequencies);
  return out;
}

std::vector<PairPlan> plan_pairs(const Kernel& kernel, const std::vector<study::StudyPair>& pairs,
                                 const ErrorTarget& target, Basis basis, Index budget) {
  std::vector<PairPlan> plans;
  for (const FeatureFunction& features : all_alternatives<FeatureFunction>()) {
    for (const Projection& projection : all_alternatives<Projection>()) {
      if (incompatibility(kernel, projection, features) || closed_form_gap(kernel, projection)) {
        continue;
      }
      FeatureMapSpec spec{.input_dim = static_cast<Index>(pairs.front().x.size()),
                          .num_frequencies = 1,
                          .kernel = kernel,
                          .projection = projection,
                          .features = features,
                          .seed = {},
                          .centring = {}};
      // Bernstein's inequality is for bounded features, groups are of independent frequencies.
      if (basis == Basis::bernstein && row_law(features).argument != RowLaw::Argument::difference) {
        continue;
      }
      if (basis == Basis::median_of_means &&
          block_law(projection, spec.input_dim).pairing == BlockLaw::Pairing::sketch) {
        continue;
      }
      plans.push_back(plan_pairs(std::move(spec), pairs, target, basis, budget));
    }
  }
  const auto columns = [](const PairPlan& p) { return num_features(p.spec); };
  std::stable_sort(plans.begin(), plans.end(), [&](const PairPlan& a, const PairPlan& b) {
    const bool reached_a = a.plan.num_frequencies != 0;
    const bool reached_b = b.plan.num_frequencies != 0;
    if (reached_a != reached_b) return reached_a;
    return reached_a ? columns(a) < columns(b)
                     : a.plan.log10_frequencies < b.plan.log10_frequencies;
  });
  return plans;
}

std::vector<BasisPlan> all_bases(const PairPlan& planned,
                                 const std::vector<study::StudyPair>& pairs,
                                 const ErrorTarget& target) {
  std::vector<BasisPlan> out;
  for (const Basis basis :
       {Basis::asymptotic, Basis::bernstein, Basis::chebyshev, Basis::median_of_means}) {
    try {
      out.push_back({basis, plan_pairs(planned.spec, pairs, target, basis, 2).plan});
    } catch (const InvalidArgument&) {
      // Not for this map: unbounded features, biased radii.
    }
  }
  return out;
}

namespace {

std::string map_name(const FeatureMapSpec& spec) {
  return to_text(spec.features) + ", " + to_text(spec.projection);
}

std::string count(Index frequencies) {
  return frequencies == 0 ? "-" : std::to_string(frequencies);
}

std::string basis_name(Basis basis) {
  return std::string(names_of(basis)[static_cast<std::size_t>(basis)]);
}

/// Which map reaches the target where the planned one does not.
std::string who_reaches(const std::vector<PairPlan>& ranking) {
  if (ranking.empty() || ranking.front().plan.num_frequencies == 0) {
    return "no map reaches it; use the exact kernel";
  }
  return "it is reached by " + map_name(ranking.front().spec) + ": " +
         count(ranking.front().plan.num_frequencies) + " frequencies";
}

}  // namespace

std::string pairs_text(const Kernel& kernel, const std::vector<PairPlan>& ranking,
                       const PairPlan& planned, const std::vector<BasisPlan>& bases) {
  constexpr std::size_t kShown = 8;
  std::string out = "kernel " + to_text(kernel) + "\n\n";
  report::TextTable maps(
      {{"features"}, {"projection"}, {"frequencies"}, {"columns"}, {"worst pair"}});
  for (std::size_t i = 0; i < std::min(kShown, ranking.size()); ++i) {
    const PairPlan& map = ranking[i];
    const bool reached = map.plan.num_frequencies != 0;
    maps.add_row({to_text(map.spec.features), to_text(map.spec.projection),
                  count(map.plan.num_frequencies),
                  reached ? std::to_string(num_features(map.spec)) : "-", map.pair});
  }
  out += maps.text() + "\nplanned: " + map_name(planned.spec) + "\n" + planned.plan.statement;
  if (planned.plan.num_frequencies == 0) {
    out += "; " + who_reaches(ranking);
  } else {
    out += ": " + count(planned.plan.num_frequencies) + " frequencies";
    if (planned.plan.whole_blocks != planned.plan.num_frequencies) {
      out += " (in whole blocks " + count(planned.plan.whole_blocks) + ", recommended)";
    }
  }
  out += "\n\n";
  report::TextTable promises({{"basis"}, {"frequencies"}});
  for (const BasisPlan& basis : bases) {
    promises.add_row({basis_name(basis.basis), count(basis.plan.num_frequencies)});
  }
  out += promises.text();
  if (!planned.plan.warning.empty()) out += "\nwarning: " + planned.plan.warning + "\n";
  return out;
}

nlohmann::ordered_json pairs_json(const Kernel& kernel, const std::vector<PairPlan>& ranking,
                                  const PairPlan& planned, const std::vector<BasisPlan>& bases) {
  nlohmann::ordered_json out = {{"kernel", to_text(kernel)},
                                {"ranking", nlohmann::ordered_json::array()}};
  const auto entry = [](const PairPlan& map) -> nlohmann::ordered_json {
    return {{"spec", to_text(map.spec)},
            {"num_frequencies", map.plan.num_frequencies},
            {"whole_blocks", map.plan.whole_blocks},
            {"log10_frequencies", map.plan.log10_frequencies},
            {"worst_pair", map.pair},
            {"statement", map.plan.statement},
            {"warning", map.plan.warning},
            {"relative_error_at_budget", map.relative_error}};
  };
  for (const PairPlan& map : ranking) out["ranking"].push_back(entry(map));
  out["planned"] = entry(planned);
  if (planned.plan.num_frequencies == 0) out["planned"]["reachable"] = who_reaches(ranking);
  out["bases"] = nlohmann::ordered_json::object();
  for (const BasisPlan& basis : bases) {
    out["bases"][basis_name(basis.basis)] = basis.plan.num_frequencies;
  }
  return out;
}

}  // namespace bochner::cli
