// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/fit.hpp"
#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/core/names.hpp"
#include "core/numbers.hpp"

#include <algorithm>
#include <ostream>

namespace bochner {
namespace {

constexpr int kReportDigits = 2;

}  // namespace

std::string to_text(const FitReport& report) {
  std::string out(name_of(report.solver));
  std::replace(out.begin(), out.end(), '-', ' ');
  if (report.solver != Solver::conjugate_gradients) return out;
  return out + ": " + std::to_string(report.iterations) + " iterations" +
         (report.converged ? "" : ", not converged") + ", relative residual " +
         significant(report.residual, kReportDigits) + ", sketch of " +
         std::to_string(report.sketch_rows) + " rows";
}

std::string to_text(const LogisticReport& report) {
  const bool precise = report.outcome == LogisticOutcome::precision;
  const char* const failure =
      report.converged ? "" : (precise ? ", as precise as rounding allows" : ", not converged");
  return std::to_string(report.steps) + " Newton steps" + failure + ", " +
         std::to_string(report.products) + " products, objective " +
         significant(report.objective, kReportDigits) + ", relative gradient " +
         significant(report.gradient, kReportDigits);
}

std::ostream& operator<<(std::ostream& out, const FitReport& report) {
  return out << to_text(report);
}
std::ostream& operator<<(std::ostream& out, const LogisticReport& report) {
  return out << to_text(report);
}

}  // namespace bochner
