// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/gram_certificate.hpp"
#include "interface/cli/input.hpp"

#include <optional>
#include <string>

/// \file
/// Certificates and a comparison as tables for the terminal, JSON and CSV.

namespace bochner::cli {

struct GramVerdict {
  std::optional<GramCertificates> certificates;
  std::optional<GramComparison> comparison;
};

/// "features" for random features, else the name `--compare` knows.
std::string name_of(const std::optional<Pivoting>& pivoting);

std::string verdict_text(const GramStudyPlan& plan, const Input& input, const GramVerdict& verdict);
std::string verdict_json(const GramStudyPlan& plan, const Input& input, const GramVerdict& verdict);
std::string certificates_csv(const GramCertificates& certificates);
std::string comparison_csv(const GramComparison& comparison);

}  // namespace bochner::cli
