// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/kernel_choice.hpp"

#include "bochner/feature_map.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <type_traits>
#include <variant>

namespace bochner::cli {
namespace {

template <class K>
constexpr bool has_metric = requires(K kernel) {
  kernel.metric;
};

}  // namespace

void declare_kernel(CLI::App& app, KernelOptions& options) {
  app.add_option("--kernel", options.kernel,
                 "Kernel: " + names_of<Kernel>() +
                     "; options in parentheses; matern12, matern32 and matern52 say the smoothness")
      ->type_name("KERNEL")
      ->capture_default_str();
  app.add_option("--lengthscale", options.lengthscale,
                 "Lengthscale of a shift-invariant kernel: a number, or median: the median "
                 "distance between two rows (default)")
      ->type_name("VALUE");
  app.add_option("--scale", options.scale,
                 "s of the softmax kernel exp(s x.y) (default: 1/sqrt(columns))")
      ->type_name("VALUE");
  app.add_option("--mean-square-sum", options.mean_square_sum,
                 "Choose s so that the mean of s |x+y|^2 over pairs of rows is this number")
      ->type_name("VALUE");
}

bool says_scale(const KernelOptions& options) {
  return options.kernel.find("metric") != std::string::npos ||
         options.kernel.find("scale") != std::string::npos;
}

Kernel parse_kernel_options(const KernelOptions& options) {
  const Kernel kernel = parse_option("--kernel", options.kernel, parse_kernel);
  const bool softmax = std::holds_alternative<SoftmaxKernel>(kernel);
  const bool metric = std::visit(
      [](const auto& k) { return has_metric<std::remove_cvref_t<decltype(k)>>; }, kernel);
  const auto check = [&](const char* option, const std::string& value, bool applies) {
    if (value.empty()) return;
    const std::string prefix = std::string(option) + ": ";
    if (!applies) throw UsageError(prefix + "kernel " + options.kernel + " has no such option");
    if (says_scale(options)) {
      throw UsageError(prefix + "--kernel " + options.kernel + " says the scale already");
    }
    if (value != "median" || !metric) parse_positive(option, value);
  };
  check("--lengthscale", options.lengthscale, metric);
  check("--scale", options.scale, softmax);
  check("--mean-square-sum", options.mean_square_sum, softmax);
  if (!options.scale.empty() && !options.mean_square_sum.empty()) {
    throw UsageError("--scale and --mean-square-sum: only one of the two can hold");
  }
  return kernel;
}

Kernel choose_kernel(const KernelOptions& options, MatrixView<const double> rows) {
  Kernel kernel = parse_kernel_options(options);
  if (says_scale(options)) return kernel;
  std::visit(
      [&](auto& k) {
        using K = std::remove_cvref_t<decltype(k)>;
        if constexpr (has_metric<K>) {
          const bool median = options.lengthscale.empty() || options.lengthscale == "median";
          k.metric = Isotropic{median ? median_lengthscale(rows)
                                      : parse_positive("--lengthscale", options.lengthscale)};
        } else if constexpr (std::is_same_v<K, SoftmaxKernel>) {
          if (!options.mean_square_sum.empty()) {
            k.scale = softmax_scale_for(
                rows, rows, parse_positive("--mean-square-sum", options.mean_square_sum));
          } else if (!options.scale.empty()) {
            k.scale = parse_positive("--scale", options.scale);
          } else {
            k = SoftmaxKernel::for_dimension(rows.cols);
          }
        }
      },
      kernel);
  return kernel;
}

Kernel kernel_of_unit_scale(const KernelOptions& options) {
  Kernel kernel = parse_kernel_options(options);
  if (options.lengthscale == "median") {
    throw UsageError("--lengthscale: a median needs data, expected a number");
  }
  if (!options.mean_square_sum.empty()) {
    throw UsageError("--mean-square-sum: needs data; give --scale");
  }
  if (says_scale(options)) return kernel;
  const auto given = [](const char* option, const std::string& value) {
    return value.empty() ? 1.0 : parse_positive(option, value);
  };
  std::visit(
      [&](auto& k) {
        using K = std::remove_cvref_t<decltype(k)>;
        if constexpr (has_metric<K>) {
          k.metric = Isotropic{given("--lengthscale", options.lengthscale)};
        } else if constexpr (std::is_same_v<K, SoftmaxKernel>) {
          k.scale = given("--scale", options.scale);
        }
      },
      kernel);
  return kernel;
}

}  // namespace bochner::cli
