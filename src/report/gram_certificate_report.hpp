// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/table.hpp"
#include "study/gram_certificate.hpp"

#include <optional>
#include <string>

/// \file
/// Certificates and a comparison as tables for the terminal, JSON and CSV.

namespace bochner::report {

struct GramVerdict {
  std::optional<study::GramCertificates> certificates;
  std::optional<study::GramComparison> comparison;
};

/// "features" for random features, else the name `--compare` knows.
std::string name_of(const std::optional<Pivoting>& pivoting);

std::string verdict_text(const study::GramStudyPlan& plan, const io::Table& input,
                         const GramVerdict& verdict);
std::string verdict_json(const study::GramStudyPlan& plan, const io::Table& input,
                         const GramVerdict& verdict);
std::string certificates_csv(const study::GramCertificates& certificates);
std::string comparison_csv(const study::GramComparison& comparison);

}  // namespace bochner::report
