// SPDX-License-Identifier: Apache-2.0
//
// Tests by the limit law, and streams, on a table of concrete mixtures.
// Usage: example_statistics data/concrete.csv

#include <bochner/bochner.hpp>

#include <cstdio>

using namespace bochner;

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const Matrix<double> table =
      io::read_table(argv[1],
                     {.columns = {.keep = {"cement", "age", "water", "compressive_strength"}}})
          .rows;
  const auto known = table.view().middle_cols(0, 2), age = table.view().middle_cols(1, 1);
  const auto water = table.view().middle_cols(2, 1), strength = table.view().middle_cols(3, 1);

  // Does the strength depend on the water, once cement and age are known?
  const auto given = conditional_independence_test(water, strength, known, {.seed = {1}});
  std::printf("water and strength, given cement and age: p = %.2g, of ten draws %.2g\n",
              given.p_value, given.combined_p_value);

  // Have young and old mixtures one law of strength?
  Matrix<double> ordered(table.rows(), 1);
  Index young = 0;
  for (Index i = 0; i < age.rows; ++i) young += age(i, 0) < 28.0;
  for (Index i = 0, first = 0, second = young; i < age.rows; ++i) {
    ordered(age(i, 0) < 28.0 ? first++ : second++, 0) = strength(i, 0);
  }
  const GaussianKernel kernel{Isotropic{median_lengthscale(strength)}};
  const FeatureMap<double> map(
      {.input_dim = 1, .num_frequencies = 64, .kernel = kernel, .seed = {1}});
  const MatrixView<const double> rows(ordered);
  const auto before = rows.middle_rows(0, young);
  const auto after = rows.middle_rows(young, rows.rows - young);
  const auto test =
      two_sample_test<double>(map, before, after, {.null = NullLaw::weighted_chi_squares});
  MeanEmbedding<double> embedding(map), other(map);
  embedding.add(before);
  other.add(after);
  const EmbeddingDistance apart = embedding.distance(other);
  std::printf("young and old, one law: p = %.2g; MMD %.3f, off by at most %.3f\n", test.p_value,
              apart.distance, apart.error);

  // As a stream: where does the law change?
  const auto changes = ChangeDetector<double>(map).add(rows);
  for (const Change& change : changes) {
    std::printf("seen at row %td: changed at row %td or so (28 days begin at %td)\n", change.found,
                change.position, young);
  }
  return given.combined_p_value < 0.05 && test.p_value < 0.05 && !changes.empty() ? 0 : 1;
}
