// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/search.hpp"

#include "bochner/client/regression/groups.hpp"
#include "bochner/kernel/options.hpp"
#include "client/regression/candidate_score.hpp"
#include "client/regression/checks.hpp"
#include "client/regression/column_spread.hpp"
#include "client/regression/drawn_rows.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/ridge_system.hpp"
#include "core/text.hpp"
#include "estimator/row_law.hpp"
#include "kernel/metric_transform.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace bochner {
namespace {

constexpr Door kSearch("search_hyperparameters");

/// The share of the budget for the first sweep over the columns, two candidates each.
constexpr double kFirstSweep = 0.75;

Kernel with_metric(Kernel kernel, Metric metric) {
  if (Metric* const own = lengthscales_of(kernel)) *own = std::move(metric);
  return kernel;
}

/// `count` of all rows, drawn at random, with the labels of their groups.
template <Scalar T>
struct Sample {
  Sample(const TrainingRows<T>& rows, std::span<const Index> groups, Index count, Seed seed)
      : indices(regression::drawn_rows(rows.x.rows, count, derive_seed(seed, 1))),
        gathered(rows, indices) {
    for (const Index i : indices) {
      if (!groups.empty()) labels.push_back(groups[static_cast<std::size_t>(i)]);
    }
  }

  Folds folds(const SearchOptions& options) const {
    return labels.empty() ? row_folds(gathered.rows().x.rows, options.num_folds, options.seed)
                          : group_folds(labels, options.num_folds, options.seed);
  }

  std::vector<Index> indices;
  regression::GatheredRows<T> gathered;
  std::vector<Index> labels;
};

/// Candidates of one size, in the order tried.
template <Scalar T>
class Trials {
 public:
  Trials(FeatureMapSpec spec, const Sample<T>& sample, const SearchOptions& options,
         SearchResult& result, const Execution& execution)
      : spec_(std::move(spec)),
        sample_(&sample),
        options_(&options),
        result_(&result),
        execution_(execution) {
    if (options.criterion == Criterion::k_fold) folds_ = sample.folds(options);
  }

  SearchCandidate operator()(const Kernel& kernel) {
    spec_.kernel = kernel;
    const SearchCandidate candidate =
        regression::judge(spec_, sample_->gathered.rows(), folds_, *options_, execution_);
    result_->candidates.push_back(candidate);
    if (options_->on_candidate) options_->on_candidate(candidate);
    return candidate;
  }

 private:
  FeatureMapSpec spec_;
  const Sample<T>* sample_;
  const SearchOptions* options_;
  SearchResult* result_;
  Execution execution_;
  Folds folds_;
};

/// The search over the lengthscales of one form of kernel. Lengthscales are 2^exponent times the
/// columns' spreads.
template <Scalar T>
class LengthscaleDescent {
 public:
  LengthscaleDescent(Kernel form, const std::vector<double>& spread, Index budget,
                     Trials<T>& trials)
      : form_(std::move(form)), spread_(spread), budget_(budget), trials_(trials) {}

  SearchCandidate common() {
    // Distances between rows grow like the root of the number of columns.
    const double middle = 0.5 * std::log2(static_cast<double>(spread_.size()));
    for (const double step : {0.0, -1.0, 1.0, -2.0, 2.0}) try_exponents(all(middle + step));
    for (double step = 0.5; step >= 0.25; step /= 2.0) {
      const double centre = best_exponents_.front();
      if (!try_exponents(all(centre - step))) try_exponents(all(centre + step));
    }
    return best_;
  }

  /// From the best common factor: one column after the other, up or down, in steps that shrink.
  /// Where the first sweep would take more than most of the budget, neighbouring columns move
  /// together, so that none is left out.
  SearchCandidate per_column() {
    common();
    const auto columns = static_cast<Index>(spread_.size());
    const Index affordable = static_cast<Index>(kFirstSweep * static_cast<double>(budget_) / 2.0);
    const Index blocks = std::clamp<Index>(affordable, 1, columns);
    for (double step = 2.0; step >= 0.25 && budget_ > 0; step /= 2.0) {
      bool improved = true;
      while (improved && budget_ > 0) {
        improved = false;
        for (Index b = 0; b < blocks; ++b) {
          const Index first = b * columns / blocks;
          const Index last = (b + 1) * columns / blocks;
          improved = move(first, last, step) || move(first, last, -step) || improved;
        }
        if (step < 1.0) break;
      }
    }
    return best_;
  }

 private:
  std::vector<double> all(double exponent) const {
    return std::vector<double>(spread_.size(), exponent);
  }

  /// Columns [first, last) together.
  bool move(Index first, Index last, double step) {
    std::vector<double> exponents = best_exponents_;
    for (Index k = first; k < last; ++k) exponents[static_cast<std::size_t>(k)] += step;
    return try_exponents(exponents);
  }

  bool try_exponents(const std::vector<double>& exponents) {
    if (budget_ == 0) return false;
    --budget_;
    Diagonal metric;
    for (std::size_t k = 0; k < spread_.size(); ++k) {
      metric.lengthscales.push_back(spread_[k] * std::exp2(exponents[k]));
    }
    const SearchCandidate found = trials_(with_metric(form_, std::move(metric)));
    if (!best_exponents_.empty() && !(found.score < best_.score)) return false;
    best_ = found;
    best_exponents_ = exponents;
    return true;
  }

  Kernel form_;
  const std::vector<double>& spread_;
  Index budget_;
  Trials<T>& trials_;
  SearchCandidate best_;
  std::vector<double> best_exponents_;
};

Kernel scaled(Kernel kernel, double factor) {
  if (Metric* const metric = lengthscales_of(kernel)) kernels::stretch(*metric, factor);
  return kernel;
}

void require_options(const FeatureMapSpec& spec, const SearchOptions& options, Index rows) {
  const bool folded = options.criterion == Criterion::k_fold;
  if (folded) kSearch.at_least("num_folds", options.num_folds, 2);
  const Index least = folded ? 2 * options.num_folds : 2;
  kSearch.at_least("search_rows", options.search_rows, least)
      .at_least("final_rows", options.final_rows, least)
      .at_least("search_features", options.search_features, 2)
      .at_least("max_candidates", options.max_candidates, 1);
  if (rows < least) {
    kSearch.refuse(
        "x has " + std::to_string(rows) + " rows, expected at least " + std::to_string(least) +
        (folded
             ? ", two for each of the num_folds = " + std::to_string(options.num_folds) + " folds"
             : ""));
  }
  for (const double ridge : options.ridges) regression::require_ridge(kSearch, ridge);
  if (!options.groups.empty()) {
    if (!folded) {
      kSearch.refuse(
          "groups are given, and the criterion holds out no groups; expected Criterion::k_fold or "
          "no groups");
    }
    kSearch.entries("groups", static_cast<Index>(options.groups.size()), rows,
                    "one per row of x, or none");
  }
  FeatureMapSpec tried = spec;
  for (const Kernel& kernel : options.kernels) {
    // Lengthscales that are searched do not count.
    const bool fixed = options.lengthscales == LengthscaleSearch::fixed;
    tried.kernel = fixed ? kernel : with_metric(kernel, Isotropic{});
    validate(tried);
  }
}

/// When no candidate has a score.
[[noreturn]] void refuse_all_ridges(const SearchOptions& options,
                                    const SearchCandidate& candidate) {
  const std::string which =
      options.ridges.empty()
          ? "that was tried (1e-9 to 1 times the mean |phi|^2)"
          : "from " +
                text::number(*std::min_element(options.ridges.begin(), options.ridges.end())) +
                " to " +
                text::number(*std::max_element(options.ridges.begin(), options.ridges.end()));
  kSearch.refuse("at every ridge " + which + " the system of " +
                 std::to_string(candidate.num_features) + " features and " +
                 std::to_string(candidate.num_rows) +
                 " rows is singular; give larger ridges (options.ridges) or fewer features "
                 "(spec.num_frequencies)");
}

bool shift_invariant(const Kernel& kernel) {
  return lengthscales_of(kernel) != nullptr && !needs_origin(spectral_measure(kernel));
}

/// The smallest ridge from `ridge` on, in steps of a third of a decade or in the options' own, at
/// which the system of all rows is regular: their sums carry more rounding than those of the folds
/// that were scored.
template <Scalar T>
double solvable_ridge(const FeatureMapSpec& spec, const TrainingRows<T>& rows, double ridge,
                      const SearchOptions& options, const Execution& execution) {
  NormalEquations<T> equations(FeatureMap<T>(spec),
                               {.num_targets = rows.targets.cols, .target_offset = {}});
  equations.add(rows, execution);
  const Matrix<double> moments = equations.moments(execution);
  const auto next = [&](double current) {
    if (options.ridges.empty()) return current * std::cbrt(10.0);
    double larger = std::numeric_limits<double>::infinity();
    for (const double r : options.ridges) {
      if (r > current) larger = std::min(larger, r);
    }
    return larger;
  };
  for (; std::isfinite(ridge); ridge = next(ridge)) {
    regression::RidgeSystem system =
        regression::ridge_system(kSearch, moments, equations.num_features(), rows.targets.cols,
                                 equations.num_rows(), options.intercept);
    if (!regression::factorise(system.square(), system.weight * ridge, execution)) break;
  }
  return ridge;
}

/// The groups that folds keep together: those given, or those that the columns show.
template <Scalar T>
std::vector<Index> groups_of(const TrainingRows<T>& rows, const SearchOptions& options,
                             SearchResult& result) {
  std::vector<Index> groups = options.groups;
  if (groups.empty() && options.criterion == Criterion::k_fold) {
    result.group_columns = repeated_columns(rows.x);
    if (!result.group_columns.empty()) {
      Matrix<T> columns(rows.x.rows, static_cast<Index>(result.group_columns.size()));
      for (Index i = 0; i < rows.x.rows; ++i) {
        for (Index k = 0; k < columns.cols(); ++k) {
          columns(i, k) = rows.x(i, result.group_columns[static_cast<std::size_t>(k)]);
        }
      }
      groups = group_labels<T>(columns.view());
    }
  }
  if (!groups.empty()) {
    std::vector<Index> distinct = groups;
    std::sort(distinct.begin(), distinct.end());
    result.num_groups = std::unique(distinct.begin(), distinct.end()) - distinct.begin();
  }
  return groups;
}

bool better(const SearchCandidate& a, const SearchCandidate& b) { return a.score < b.score; }

/// The best of each form on few rows and few features.
template <Scalar T>
SearchCandidate first_round(const Sample<T>& sample, const std::vector<Kernel>& forms,
                            const std::vector<double>& spread, const SearchOptions& options,
                            SearchResult& result, const Execution& execution) {
  FeatureMapSpec small = result.spec;
  const Index each = num_features(small) / small.num_frequencies;
  // Exact terms have columns that cannot be saved.
  small.num_frequencies =
      std::min(small.num_frequencies,
               std::max(estimator::least_frequencies(small), options.search_features / each));
  Trials<T> trials(small, sample, options, result, execution);
  std::vector<SearchCandidate> best;
  const Index budget =
      std::max<Index>(1, options.max_candidates / static_cast<Index>(forms.size()));
  for (const Kernel& form : forms) {
    LengthscaleDescent<T> descent(form, spread, budget, trials);
    if (options.lengthscales == LengthscaleSearch::fixed || !lengthscales_of(form)) {
      best.push_back(trials(form));
    } else if (options.lengthscales == LengthscaleSearch::common) {
      best.push_back(descent.common());
    } else {
      best.push_back(descent.per_column());
    }
  }
  return *std::min_element(best.begin(), best.end(), better);
}

/// The winner with all features and more rows, which allow shorter lengthscales and another
/// ridge.
template <Scalar T>
SearchCandidate second_round(const Sample<T>& sample, const Kernel& winner,
                             const SearchOptions& options, SearchResult& result,
                             const Execution& execution) {
  Trials<T> trials(result.spec, sample, options, result, execution);
  SearchCandidate chosen = trials(winner);
  if (options.lengthscales == LengthscaleSearch::fixed || !lengthscales_of(winner)) return chosen;
  for (const double step : {0.5, 0.25}) {
    for (const double direction : {-step, step}) {
      const SearchCandidate before = chosen;
      for (;;) {
        const SearchCandidate next = trials(scaled(chosen.kernel, std::exp2(direction)));
        if (!better(next, chosen)) break;
        chosen = next;
      }
      if (better(chosen, before)) break;
    }
  }
  return chosen;
}

}  // namespace

template <Scalar T>
SearchResult search_hyperparameters(const FeatureMapSpec& spec, const TrainingRows<T>& rows,
                                    const SearchOptions& options, const Execution& execution) {
  validate(spec);
  require_options(spec, options, rows.x.rows);
  regression::require_rows(kSearch, rows, spec.input_dim, rows.targets.cols);
  SearchResult result;
  result.spec = spec;
  const std::vector<Index> groups = groups_of(rows, options, result);
  const Sample<T> few(rows, groups, options.search_rows, options.seed);
  const regression::ColumnSpread columns = regression::column_spread(few.gathered.rows());
  std::vector<Kernel> forms = options.kernels;
  if (forms.empty()) forms.push_back(spec.kernel);
  const bool searched = options.lengthscales != LengthscaleSearch::fixed;
  if (searched && std::all_of(forms.begin(), forms.end(), shift_invariant)) {
    result.spec.transform = {.query = columns.median, .key = columns.median};
  }
  const SearchCandidate winner =
      first_round(few, forms, columns.spread, options, result, execution);
  const Sample<T> many(rows, groups, options.final_rows, options.seed);
  SearchCandidate chosen = second_round(many, winner.kernel, options, result, execution);
  result.spec.kernel = chosen.kernel;
  double ridge = chosen.ridge;
  if (std::isfinite(chosen.score)) {
    ridge = solvable_ridge(result.spec, many.gathered.rows(), ridge, options, execution);
  }
  if (!std::isfinite(chosen.score) || !std::isfinite(ridge)) refuse_all_ridges(options, chosen);
  if (ridge != chosen.ridge) {
    SearchOptions settled = options;
    settled.ridges = {ridge};
    chosen = Trials<T>(result.spec, many, settled, result, execution)(chosen.kernel);
  }
  result.ridge = chosen.ridge;
  result.score = chosen.score;
  result.standard_error = chosen.standard_error;
  return result;
}

template SearchResult search_hyperparameters(const FeatureMapSpec&, const TrainingRows<float>&,
                                             const SearchOptions&, const Execution&);
template SearchResult search_hyperparameters(const FeatureMapSpec&, const TrainingRows<double>&,
                                             const SearchOptions&, const Execution&);

}  // namespace bochner
