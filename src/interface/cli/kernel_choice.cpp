// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/kernel_choice.hpp"

#include "bochner/feature_map.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "bochner/kernel/options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

namespace bochner::cli {
namespace {

/// Sets the scale of a kernel that has one: a lengthscale, or the factor of x.y.
template <class Lengthscale, class Factor>
void set_scale(Kernel& kernel, const Lengthscale& lengthscale, const Factor& factor) {
  if (Metric* const metric = metric_of(kernel)) {
    *metric = Isotropic{lengthscale()};
  } else if (double* const scale = dot_scale_of(kernel)) {
    *scale = factor();
  }
}

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
  const bool softmax = dot_scale_of(kernel) != nullptr;
  const bool metric = metric_of(kernel) != nullptr;
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
  set_scale(
      kernel,
      [&] {
        const bool median = options.lengthscale.empty() || options.lengthscale == "median";
        return median ? median_lengthscale(rows)
                      : parse_positive("--lengthscale", options.lengthscale);
      },
      [&] {
        if (!options.mean_square_sum.empty()) {
          return softmax_scale_for(rows, rows,
                                   parse_positive("--mean-square-sum", options.mean_square_sum));
        }
        return options.scale.empty() ? SoftmaxKernel::for_dimension(rows.cols).scale
                                     : parse_positive("--scale", options.scale);
      });
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
  set_scale(
      kernel, [&] { return given("--lengthscale", options.lengthscale); },
      [&] { return given("--scale", options.scale); });
  return kernel;
}

}  // namespace bochner::cli
