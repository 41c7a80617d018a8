// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace fs = std::filesystem;
using namespace bochner::testing;

TEST_CASE("no more programs make statistical assertions than the false-alarm rate allows",
          "[family]") {
  // One folder is one program.
  std::set<fs::path> programs;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(BOCHNER_TESTS_FOLDER)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (line == "#include \"support/statistics.hpp\"")
        programs.insert(entry.path().parent_path());
    }
  }
  CHECK(programs.count(fs::path(BOCHNER_TESTS_FOLDER) / "statistical" / "sampling") == 1);
  CHECK(programs.size() <= kPrograms);
}

TEST_CASE("Kolmogorov's distribution has its tabulated quantiles", "[family]") {
  for (const auto& [quantile, p] : {std::pair{0.827574, 0.5}, std::pair{1.358099, 0.05},
                                    std::pair{1.627624, 0.01}, std::pair{1.949475, 0.001}}) {
    CHECK(kolmogorov_p_value(1.0, quantile) == Approx(p).epsilon(1e-5));
  }
  CHECK(kolmogorov_p_value(1.0, 0.0) == 1.0);
  CHECK(kolmogorov_p_value(1.0, 0.2) == Approx(1.0));
}

TEST_CASE("p-values of the right law are uniform, near enough", "[family]") {
  // 1,000 samples of 200 uniforms, their p-values against the uniform law in turn. Kolmogorov's
  // asymptotic law is conservative at n = 200 by about 0.02 in distance; 1,000 samples see 0.1.
  std::vector<double> p_values;
  for (std::uint64_t item = 0; item < 1000; ++item) {
    const bochner::Stream stream({1}, bochner::Purpose::study, item);
    std::vector<double> u(200);
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = stream.uniform(i);
    p_values.push_back(ks_p_value(u, uniform_cdf));
  }
  CHECK(uniform_distance(p_values) < 0.1);
}

TEST_CASE("a shift of the law is caught", "[family]") {
  const bochner::Stream stream({2}, bochner::Purpose::study);
  std::vector<double> shifted(100000);
  stream.normals(0, shifted);
  check_normal_ks(shifted);
  for (double& x : shifted) x += 0.03;
  caught_normal_ks(shifted);
  caught_z(mean(shifted), 0.0, 1.0 / std::sqrt(100000.0));
}
