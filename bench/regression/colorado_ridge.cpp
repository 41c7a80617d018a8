// SPDX-License-Identifier: Apache-2.0

// Ridge regression on colorado, for Python's ctypes.

#include "bench/regression/problem.hpp"

#include <memory>

using namespace bochner;

extern "C" {

[[gnu::visibility("default")]] void* colorado_ridge_fit(const float* x, const float* y, Index n,
                                                        Index num_features, double ridge,
                                                        int threads) {
  FitOptions options;
  options.model.ridge = ridge;
  options.solver = Solver::cholesky;
  const TrainingRows<float> rows{
      MatrixView<const float>(x, n, 6), MatrixView<const float>(y, n, 1), {}};
  auto fit = fit_ridge(FeatureMap<float>(bench::colorado_spec(num_features)), rows, options,
                       {.num_threads = threads});
  return std::make_unique<RidgeRegression<float>>(std::move(fit.model)).release();
}

[[gnu::visibility("default")]] void colorado_ridge_predict(const void* model, const float* x,
                                                           Index n, float* out) {
  static_cast<const RidgeRegression<float>*>(model)->predict(MatrixView<const float>(x, n, 6),
                                                             MatrixView<float>(out, n, 1));
}

[[gnu::visibility("default")]] void colorado_ridge_delete(void* model) {
  std::unique_ptr<RidgeRegression<float>>(static_cast<RidgeRegression<float>*>(model)).reset();
}
}
