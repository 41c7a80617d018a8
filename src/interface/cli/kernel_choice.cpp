// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/kernel_choice.hpp"

#include "bochner/feature_map.hpp"
#include "bochner/kernel/options.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

namespace bochner::cli {
namespace {

double given_or_one(const char* option, const std::string& value) {
  return value.empty() ? 1.0 : parse_positive(option, value);
}

}  // namespace

void declare_kernel(CLI::App& app, KernelOptions& options) {
  declare_text(app, "--kernel", options.kernel, "KERNEL",
               "Kernel: " + names_of<Kernel>() +
                   "; options in parentheses; matern12, matern32 and matern52 fix the smoothness");
  declare_text(app, "--lengthscale", options.lengthscale, "VALUE",
               "Lengthscale of a shift-invariant kernel: a number, or median: the median distance "
               "between two rows (default)");
  declare_text(app, "--scale", options.scale, "VALUE",
               "s of the softmax kernel exp(s x.y) (default: 1/sqrt(columns))");
  declare_text(app, "--mean-square-sum", options.mean_square_sum, "VALUE",
               "Choose s so that the mean of s |x+y|^2 over pairs of rows is this number");
}

bool says_scale(const KernelOptions& options) {
  return options.kernel.find("metric") != std::string::npos ||
         options.kernel.find("scale") != std::string::npos;
}

Kernel parse_kernel_options(const KernelOptions& options) {
  const Kernel kernel = parse_option("--kernel", options.kernel, parse_kernel);
  const bool softmax = dot_scale_of(kernel) != nullptr;
  const bool metric = lengthscales_of(kernel) != nullptr;
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

KernelChoice parse_kernel_choice(const KernelOptions& options) {
  KernelChoice out{parse_kernel_options(options), GivenScale{}};
  if (says_scale(options)) return out;
  if (Metric* const metric = lengthscales_of(out.kernel)) {
    if (options.lengthscale.empty() || options.lengthscale == "median") {
      out.scale = MedianScale{};
    } else {
      *metric = Isotropic{parse_positive("--lengthscale", options.lengthscale)};
    }
  } else if (double* const scale = dot_scale_of(out.kernel)) {
    if (!options.mean_square_sum.empty()) {
      out.scale = MeanSquareSumScale{parse_positive("--mean-square-sum", options.mean_square_sum)};
    } else if (options.scale.empty()) {
      out.scale = DimensionScale{};
    } else {
      *scale = parse_positive("--scale", options.scale);
    }
  }
  return out;
}

Kernel choose_kernel(const KernelOptions& options, MatrixView<const double> rows) {
  const KernelChoice choice = parse_kernel_choice(options);
  return with_scale(choice.kernel, choice.scale, rows);
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
  if (Metric* const metric = lengthscales_of(kernel)) {
    *metric = Isotropic{given_or_one("--lengthscale", options.lengthscale)};
  } else if (double* const scale = dot_scale_of(kernel)) {
    *scale = given_or_one("--scale", options.scale);
  }
  return kernel;
}

}  // namespace bochner::cli
