// SPDX-License-Identifier: Apache-2.0
#include <bochner/bochner.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <string_view>

using namespace bochner;

TEMPLATE_TEST_CASE("every enumerator has a name of its own and is found by it", "[names]",
                   Arithmetic, AttentionAdvice, AttentionBackend, AttentionErrorSource, Basis,
                   ColumnGroups, Criterion, Directions, ErrorSource, ErrorUnit, ExactTerms,
                   Intercept, KernelFamily, LengthscaleSearch, Loss, Mask, Pivoting, Posterior,
                   Products, Radii, Side, Solver, io::Decimal, io::Delimiter, io::Entry, io::Format,
                   io::Header, io::Label, io::LeadingDimensions, io::NonFinite, pipeline::Objective,
                   pipeline::Resume, pipeline::StudyFit, pipeline::Task) {
  const auto names = names_of(TestType{});
  CHECK(std::set<std::string_view>(names.begin(), names.end()).size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto value = static_cast<TestType>(i);
    CHECK(name_of(value) == names[i]);
    CHECK_FALSE(names[i].empty());
    CHECK(names[i].find('_') == std::string_view::npos);
    CHECK(enumerator_of<TestType>(names[i]) == value);
  }
  CHECK_FALSE(enumerator_of<TestType>("").has_value());
  CHECK_FALSE(enumerator_of<TestType>("nosuch").has_value());
}

TEST_CASE("names are those of the enumerators", "[names]") {
  CHECK(name_of(Solver::conjugate_gradients) == "conjugate-gradients");
  CHECK(name_of(Mask::causal) == "causal");
  CHECK(name_of(AttentionAdvice::centre) == "centre");
  CHECK(name_of(io::Delimiter::blanks) == "blanks");
  CHECK(name_of(Criterion::evidence) == "evidence");
}

TEST_CASE("reports print themselves", "[names]") {
  std::ostringstream out;
  FitReport fit;
  out << fit << '\n';
  fit = {Solver::conjugate_gradients, 41, 8.1e-7, false, 512};
  out << fit << '\n' << LogisticReport{7, 84, 3.2e-6, 0.25, true} << '\n';
  out << AttentionReport{.underflowed_rows = 3, .nonfinite_rows = 1, .arithmetic = "float"};
  CHECK(out.str() ==
        "cholesky\n"
        "conjugate gradients: 41 iterations, not converged, relative residual 8.1e-07, sketch of "
        "512 rows\n"
        "7 Newton steps, 84 products, objective 0.25, relative gradient 3.2e-06\n"
        "products in float; 3 rows have a normaliser of zero; 1 rows hold a NaN or an infinity");
}
