// SPDX-License-Identifier: Apache-2.0

// A model from a file, and back: what `bochner fit` writes and `bochner predict` reads.

#include <bochner/pipeline/fit.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

using namespace bochner;

constexpr int kRows = 200;

int main() {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::string data = (folder / "bochner_example.csv").string();
  const std::string file = (folder / "bochner_example.safetensors").string();
  std::ofstream rows(data);
  rows << "hour,load\n";
  for (int i = 0; i < kRows; ++i) rows << 0.12 * i << ',' << std::sin(0.26 * 0.12 * i) << '\n';
  rows.close();

  const pipeline::Fitted fitted = pipeline::fit({.data = data, .columns = {.targets = {"load"}}});
  pipeline::save_model(fitted.model, file);
  const pipeline::Model model = pipeline::load_model(file);
  const Matrix<double> loads = pipeline::predict(model, data);

  double worst = 0.0;
  for (int i = 0; i < kRows; ++i) {
    worst = std::max(worst, std::abs(loads(i, 0) - std::sin(0.26 * 0.12 * i)));
  }
  std::printf("%s\nlargest error %.2g over %td rows\n", to_text(model.spec()).c_str(), worst,
              loads.rows());
  std::filesystem::remove(data);
  std::filesystem::remove(file);
  return worst < 0.01 ? 0 : 1;
}
