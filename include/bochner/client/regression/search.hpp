// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/cross_validation.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/client/regression/training_rows.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <functional>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// Kernel, lengthscales and ridge chosen from data.

namespace bochner {

/// What a candidate is judged by.
enum class Criterion {
  /// Loss on held-out folds: of groups where there are any, of rows otherwise. The default, because
  /// it alone notices when a model has memorised groups, and because isolated rows are then
  /// predicted without having been seen.
  k_fold,
  leave_one_out,                 ///< mean squared r_i / (1 - h_i); sees single rows only
  generalised_cross_validation,  ///< n RSS / (n - df)^2; sees single rows only
  evidence                       ///< minus the log marginal likelihood per row
};
constexpr std::array<std::string_view, 4> names_of(Criterion) {
  return {"k-fold", "leave-one-out", "generalised-cross-validation", "evidence"};
}

/// Which lengthscales are searched. Columns are measured in units of their own spread (the standard
/// deviation with a hundredth of the entries at either end clipped, so that a few outliers do not
/// count), and centred at their medians; both become numbers in the spec.
enum class LengthscaleSearch {
  fixed,   ///< those of the given kernels
  common,  ///< one factor times every column's spread
  /// One per column: automatic relevance determination. Where there are more columns than about
  /// three eighths of `max_candidates`, neighbouring ones share a factor.
  per_column
};
constexpr std::array<std::string_view, 3> names_of(LengthscaleSearch) {
  return {"fixed", "common", "per-column"};
}

/// One candidate that was tried, at the ridge that suits it best.
struct SearchCandidate {
  Kernel kernel;
  Index num_rows = 0;      ///< that it was judged on
  Index num_features = 0;  ///< of the map it was judged with
  double ridge = 0.0;
  double score = 0.0;           ///< the criterion; smaller is better
  double standard_error = 0.0;  ///< of the score; 0 where the criterion has none

  static constexpr auto fields() {
    return std::tuple{Field{"kernel", &SearchCandidate::kernel},
                      Field{"num_rows", &SearchCandidate::num_rows},
                      Field{"num_features", &SearchCandidate::num_features},
                      Field{"ridge", &SearchCandidate::ridge},
                      Field{"score", &SearchCandidate::score},
                      Field{"standard_error", &SearchCandidate::standard_error}};
  }
};

struct SearchOptions {
  /// Forms to try, such as {GaussianKernel{}, MaternKernel{2.5}}; lengthscales in them count only
  /// when these are fixed. Empty: the form in the given spec.
  std::vector<Kernel> kernels;
  LengthscaleSearch lengthscales = LengthscaleSearch::per_column;
  /// Tried for every candidate. Empty: three per decade from 1e-9 to 1, times the mean |phi|^2.
  std::vector<double> ridges;
  Criterion criterion = Criterion::k_fold;
  Loss loss = Loss::squared;  ///< of k_fold
  Index num_folds = 5;
  /// One label per row: rows of a label are held out together. Empty: labels of `repeated_columns`,
  /// or every row by itself when there are none.
  std::vector<Index> groups;
  Intercept intercept = Intercept::fitted;
  /// Candidates are compared on at most this many rows (whole, evenly drawn) and features; the best
  /// are compared again, and the ridge chosen, with the features of the spec.
  Index search_rows = 10000;
  Index search_features = 512;
  /// Rows of the second comparison.
  Index final_rows = 200000;
  /// Candidates of the first comparison, at most.
  Index max_candidates = 120;
  Seed seed{};  ///< of folds and of the rows drawn
  /// Called after every candidate; what it throws ends the search.
  std::function<void(const SearchCandidate&)> on_candidate;

  static constexpr auto fields() {
    return std::tuple{Field{"kernels", &SearchOptions::kernels},
                      Field{"lengthscales", &SearchOptions::lengthscales},
                      Field{"ridges", &SearchOptions::ridges},
                      Field{"criterion", &SearchOptions::criterion},
                      Field{"loss", &SearchOptions::loss},
                      Field{"num_folds", &SearchOptions::num_folds},
                      Field{"groups", &SearchOptions::groups},
                      Field{"intercept", &SearchOptions::intercept},
                      Field{"search_rows", &SearchOptions::search_rows},
                      Field{"search_features", &SearchOptions::search_features},
                      Field{"final_rows", &SearchOptions::final_rows},
                      Field{"max_candidates", &SearchOptions::max_candidates},
                      Field{"seed", &SearchOptions::seed}};
  }
  static constexpr auto borrowed() {
    return std::tuple{Field{"on_candidate", &SearchOptions::on_candidate}};
  }
};

struct SearchResult {
  FeatureMapSpec spec;  ///< the given one with kernel and centre chosen
  double ridge = 0.0;
  double score = 0.0;                       ///< of the second comparison
  double standard_error = 0.0;              ///< of the score
  std::vector<SearchCandidate> candidates;  ///< in the order tried
  std::vector<Index> group_columns;  ///< found by `repeated_columns`, when no labels were given
  Index num_groups = 0;              ///< 0: rows were held out one by one

  static constexpr auto fields() {
    return std::tuple{Field{"spec", &SearchResult::spec},
                      Field{"ridge", &SearchResult::ridge},
                      Field{"score", &SearchResult::score},
                      Field{"standard_error", &SearchResult::standard_error},
                      Field{"candidates", &SearchResult::candidates},
                      Field{"group_columns", &SearchResult::group_columns},
                      Field{"num_groups", &SearchResult::num_groups}};
  }
};

/// Chooses kernel, lengthscales and ridge for `spec` (its projection, features, seed and
/// num_frequencies stay as they are). Deterministic, the same bits for any number of threads: all
/// candidates share one draw of frequencies, so that the criterion is a smooth function of the
/// lengthscales. Throws InvalidArgument on rows as NormalEquations does, on options out of range,
/// and when there are fewer rows or groups than folds.
template <Scalar T>
SearchResult search_hyperparameters(const FeatureMapSpec& spec, const TrainingRows<T>& rows,
                                    const SearchOptions& options = {},
                                    const Execution& execution = {});

/// From rows in braces, without naming the scalar.
inline SearchResult search_hyperparameters(const FeatureMapSpec& spec,
                                           const TrainingRows<float>& rows,
                                           const SearchOptions& options = {},
                                           const Execution& execution = {}) {
  return search_hyperparameters<float>(spec, rows, options, execution);
}
inline SearchResult search_hyperparameters(const FeatureMapSpec& spec,
                                           const TrainingRows<double>& rows,
                                           const SearchOptions& options = {},
                                           const Execution& execution = {}) {
  return search_hyperparameters<double>(spec, rows, options, execution);
}

extern template BOCHNER_EXPORT SearchResult search_hyperparameters(const FeatureMapSpec&,
                                                                   const TrainingRows<float>&,
                                                                   const SearchOptions&,
                                                                   const Execution&);
extern template BOCHNER_EXPORT SearchResult search_hyperparameters(const FeatureMapSpec&,
                                                                   const TrainingRows<double>&,
                                                                   const SearchOptions&,
                                                                   const Execution&);

}  // namespace bochner
