// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kClasses = 3;

/// Three clouds that overlap.
struct Clouds {
  Matrix<double> x;
  std::vector<Index> labels;
  std::vector<double> weights;

  LabelledRows<double> rows() const { return {x.view(), labels, weights}; }
};

Clouds clouds(Index n, std::uint64_t seed) {
  Clouds out{Matrix<double>(n, 2), {}, {}};
  const Stream stream(Seed{seed}, Purpose::study);
  for (Index i = 0; i < n; ++i) {
    const Index label = i % kClasses;
    out.labels.push_back(label);
    for (Index k = 0; k < 2; ++k) {
      out.x(i, k) = stream.normal(static_cast<std::uint64_t>(2 * i + k)) +
                    1.5 * static_cast<double>(label == k);
    }
  }
  return out;
}

Matrix<double> p_values(const LabelSets<double>& sets, const Matrix<double>& x,
                        const Execution& execution = {}) {
  Matrix<double> out(x.rows(), sets.num_classes());
  sets.p_values(x.view(), out.view(), execution);
  return out;
}

/// Scores of all classes by the model without fold f.
Matrix<double> scores_without(const FeatureMap<double>& map, const Clouds& data, const Folds& folds,
                              Index f, ClassScore by, const Matrix<double>& x) {
  Matrix<double> out(x.rows(), kClasses);
  std::vector<double> weights(data.labels.size(), 1.0);
  double rest = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (folds.fold[i] == f) weights[i] = 0.0;
    rest += weights[i];
  }
  const double ridge = 1e-2 * static_cast<double>(weights.size()) / rest;
  if (by == ClassScore::probability) {
    LogisticRegression<double>(map, {data.x.view(), data.labels, weights}, kClasses,
                               {.ridge = ridge})
        .predict_probabilities(x.view(), out.view());
    return out;
  }
  const Matrix<double> targets = class_targets<double>(data.labels, kClasses);
  fit_ridge<double>(map, {data.x.view(), targets.view(), weights}, {.model = {.ridge = ridge}})
      .model.predict(x.view(), out.view());
  return out;
}

LabelSets<double> label_sets(const FeatureMap<double>& map, const Clouds& data, const Folds& folds,
                             ClassScore by) {
  if (by == ClassScore::probability) {
    return {map, data.rows(), kClasses, folds, LogisticOptions{.ridge = 1e-2}};
  }
  return {map, data.rows(), kClasses, folds, RidgeOptions{.ridge = 1e-2}};
}

}  // namespace

TEST_CASE("label sets are their definition, by either score", "[regression]") {
  const Clouds data = clouds(60, 1);
  const Clouds unseen = clouds(8, 2);
  const FeatureMap<double> map(regression_spec(2, 12));
  std::vector<Index> groups;
  for (Index i = 0; i < 60; ++i) groups.push_back(i / 4);
  for (const Folds& folds : {row_folds(60, 4, {3}), group_folds(groups, 5, {4})}) {
    for (const ClassScore by : {ClassScore::output, ClassScore::probability}) {
      const LabelSets<double> sets = label_sets(map, data, folds, by);
      CHECK(sets.scored_by() == by);
      CHECK(sets.num_models() == folds.count);
      Matrix<double> expected(8, kClasses);
      std::fill_n(expected.data(), expected.size(), 1.0);
      for (Index f = 0; f < folds.count; ++f) {
        const Matrix<double> own = scores_without(map, data, folds, f, by, data.x);
        const Matrix<double> other = scores_without(map, data, folds, f, by, unseen.x);
        for (Index i = 0; i < 60; ++i) {
          if (folds.fold[static_cast<std::size_t>(i)] != f) continue;
          const double unit_rows = folds.num_units == 60 ? 1.0 : 4.0;
          const double share = 1.0 / ((static_cast<double>(folds.num_units) + 1.0) * unit_rows);
          for (Index j = 0; j < 8; ++j) {
            for (Index c = 0; c < kClasses; ++c) {
              if (other(j, c) < own(i, data.labels[static_cast<std::size_t>(i)])) {
                expected(j, c) -= share;
              }
            }
          }
        }
      }
      const Matrix<double> p = p_values(sets, unseen.x);
      const auto found = sets.predict(unseen.x.view(), 0.8);
      for (Index j = 0; j < 8; ++j) {
        std::vector<Index> members;
        for (Index c = 0; c < kClasses; ++c) {
          CHECK(std::abs(p(j, c) - expected(j, c)) < 1e-9);
          if (expected(j, c) > 0.2 + 1e-9) members.push_back(c);
        }
        CHECK(found[static_cast<std::size_t>(j)] == members);
      }
    }
  }
}

TEST_CASE("label sets have the same bits for any threads and after loading", "[regression]") {
  const Clouds data = clouds(150, 5);
  const FeatureMap<double> map(regression_spec(2, 12));
  const Folds folds = row_folds(150, 3, {6});
  for (const ClassScore by : {ClassScore::output, ClassScore::probability}) {
    const LabelSets<double> sets = label_sets(map, data, folds, by);
    const Matrix<double> one = p_values(sets, data.x, {1});
    const Matrix<double> four = p_values(sets, data.x, {4});
    const LabelSets<double> again = LabelSets<double>::load(sets.save());
    const Matrix<double> loaded = p_values(again, data.x);
    CHECK(again.scored_by() == by);
    CHECK(std::equal(one.data(), one.data() + one.size(), four.data()));
    CHECK(std::equal(one.data(), one.data() + one.size(), loaded.data()));
  }
}

TEST_CASE("rows without weight take no part in label sets", "[regression]") {
  Clouds data = clouds(60, 7);
  const FeatureMap<double> map(regression_spec(2, 12));
  const Folds folds = row_folds(60, 4, {8});
  data.weights.assign(60, 1.0);
  for (std::size_t i = 48; i < 60; ++i) data.weights[i] = 0.0;
  Clouds kept{Matrix<double>(48, 2), {data.labels.begin(), data.labels.begin() + 48}, {}};
  std::copy_n(data.x.data(), kept.x.size(), kept.x.data());
  const Folds of_kept{4,
                      {folds.fold.begin(), folds.fold.begin() + 48},
                      {folds.unit.begin(), folds.unit.begin() + 48},
                      60};
  Folds numbered = of_kept;
  numbered.num_units = 48;
  for (std::size_t i = 0; i < 48; ++i) numbered.unit[i] = static_cast<Index>(i);
  for (const ClassScore by : {ClassScore::output, ClassScore::probability}) {
    const LabelSets<double> with = label_sets(map, data, folds, by);
    const LabelSets<double> without = label_sets(map, kept, numbered, by);
    CHECK(with.num_rows() == 48);
    const Matrix<double> a = p_values(with, data.x);
    const Matrix<double> b = p_values(without, data.x);
    for (Index k = 0; k < a.size(); ++k) CHECK(std::abs(a.data()[k] - b.data()[k]) < 1e-9);
  }
}

TEST_CASE("what cannot be a label set is refused by name", "[regression][bad]") {
  const Clouds data = clouds(60, 9);
  const FeatureMap<double> map(regression_spec(2, 12));
  const Folds folds = row_folds(60, 4, {3});
  const LabelSets<double> sets = label_sets(map, data, folds, ClassScore::output);
  for (const double level : {0.0, 1.0}) {
    CHECK_THROWS_WITH(sets.predict(data.x.view(), level), Contains("LabelSets::predict: level is"));
  }
  Matrix<double> narrow(60, 2);
  CHECK_THROWS_WITH(sets.p_values(data.x.view(), narrow.view()),
                    Contains("out is 60 x 2, expected 60 x 3"));
  Clouds bad = clouds(60, 9);
  bad.labels[4] = 3;
  for (const ClassScore by : {ClassScore::output, ClassScore::probability}) {
    CHECK_THROWS_WITH(label_sets(map, bad, folds, by), Contains("labels: row 4 is 3"));
  }
  Archive archive = sets.save();
  archive.metadata["scored_by"] = "mood";
  CHECK_THROWS_WITH(LabelSets<double>::load(archive), Contains("'scored_by' is 'mood'"));
  archive = sets.save();
  archive.metadata["outputs_per_model"] = "1";
  CHECK_THROWS_WITH(LabelSets<double>::load(archive), Contains("two classes"));
}
