// SPDX-License-Identifier: Apache-2.0
#include "support/fields.hpp"

#include "bochner/client/regression.hpp"

using namespace bochner;

TEST_CASE("options and reports of regression list every member", "[fields]") {
  require_whole_options<RidgeOptions>();
  require_whole_options<FitOptions>();
  require_whole_options<LogisticOptions>();
  require_whole_options<SearchOptions>();
  require_whole<FitReport>();
  require_whole<LogisticReport>();
  require_whole<RidgePath>();
  require_whole<CrossValidation>();
  require_whole<LogisticValidation>();
  require_whole<SearchCandidate>();
  require_whole<SearchResult>();
}

TEST_CASE("options that are set read back too", "[fields]") {
  SearchOptions search;
  search.kernels = {GaussianKernel{Isotropic{0.3}}, MaternKernel{.nu = 1.5}};
  search.ridges = {1e-9, 0.1};
  search.criterion = Criterion::leave_one_out;
  search.groups = {2, 0, 1};
  search.seed = {18446744073709551615u};
  require_read_back(search);
  FitOptions fit;
  fit.model = {.ridge = 0.1, .intercept = Intercept::none, .posterior = Posterior::full};
  fit.solver = Solver::conjugate_gradients;
  require_read_back(fit);
}
