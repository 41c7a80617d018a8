// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "bochner/kernel/kernel.hpp"

#include <CLI/CLI.hpp>

#include <string>

/// \file
/// The options that choose a kernel, whose scale may come from data.

namespace bochner::cli {

struct KernelOptions {
  std::string kernel = "gaussian";
  std::string lengthscale;
  std::string scale;
  std::string mean_square_sum;
};

/// Declares --kernel, --lengthscale, --scale and --mean-square-sum.
void declare_kernel(CLI::App& app, KernelOptions& options);

/// Whether the kernel's text says its scale; if not, it is open to the other options.
bool says_scale(const KernelOptions& options);

/// The kernel as its text says, before data. Throws UsageError for an unknown name, a scale of the
/// wrong kind, and more than one scale.
Kernel parse_kernel_options(const KernelOptions& options);

/// A kernel, and where its scale comes from where it does not say it.
struct KernelChoice {
  Kernel kernel;
  ScaleRule scale;
};

/// Kernel and scale as the options say; by default the median lengthscale, and 1/sqrt(columns) for
/// the softmax kernel. Throws UsageError.
KernelChoice parse_kernel_choice(const KernelOptions& options);

/// The kernel with its scale: given, from the rows (a median lengthscale, a mean of |x + y|^2), or
/// by default: the median lengthscale, and 1/sqrt(columns) for the softmax kernel.
Kernel choose_kernel(const KernelOptions& options, MatrixView<const double> rows);

/// The kernel where there are no data: its scale is given, or one. Throws UsageError for a scale
/// that data would have to say.
Kernel kernel_of_unit_scale(const KernelOptions& options);

}  // namespace bochner::cli
