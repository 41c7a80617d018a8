// SPDX-License-Identifier: Apache-2.0
//
// Kernel regression: everything chosen by cross-validation, then a fit and predictions with an
// error bar.
#include <bochner/bochner.hpp>
#include <bochner/client/regression.hpp>

#include <cmath>
#include <cstdio>

int main() {
  // y = sin(2 x0) + x1^2 + noise of 0.1; a third column says nothing.
  constexpr bochner::Index kRows = 2000;
  const bochner::Stream stream({1}, bochner::Purpose::study);
  bochner::Matrix<double> x(kRows, 3), y(kRows, 1);
  for (bochner::Index i = 0; i < kRows; ++i) {
    const auto at = static_cast<std::uint64_t>(4 * i);
    for (bochner::Index k = 0; k < 3; ++k) {
      x(i, k) = stream.normal(at + static_cast<std::uint64_t>(k));
    }
    y(i, 0) = std::sin(2.0 * x(i, 0)) + x(i, 1) * x(i, 1) + 0.1 * stream.normal(at + 3);
  }
  const bochner::TrainingRows<double> rows{x.view(), y.view(), {}};

  const bochner::FeatureMapSpec spec{.input_dim = 3, .num_frequencies = 100};
  bochner::SearchOptions options;
  options.search_features = 100;
  options.search_rows = 1000;
  options.max_candidates = 30;
  const auto found = bochner::search_hyperparameters(spec, rows, options);
  std::printf("%s\nridge %g, held-out loss %.4f of the variance\n",
              bochner::to_text(found.spec.kernel).c_str(), found.ridge, found.score);

  bochner::FitOptions fit;
  fit.model = {.ridge = found.ridge, .posterior = bochner::Posterior::full};
  const auto fitted = bochner::fit_ridge(bochner::FeatureMap<double>(found.spec), rows, fit);
  bochner::Matrix<double> unseen(1, 3), mean(1, 1), variance(1, 1);
  unseen(0, 0) = 0.5;
  fitted.model.predict_with_variance(unseen.view(), mean.view(), variance.view());
  std::printf("f(0.5, 0, 0) = %.3f +- %.3f, truth %.3f\n", mean(0, 0),
              2.0 * std::sqrt(variance(0, 0)), std::sin(1.0));
  return std::abs(mean(0, 0) - std::sin(1.0)) < 0.1 ? 0 : 1;
}
