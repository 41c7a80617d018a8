// SPDX-License-Identifier: Apache-2.0
#include <bochner/bochner.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <string_view>

using namespace bochner;

TEMPLATE_TEST_CASE("every enumerator has a name of its own and is found by it", "[names]",
                   Arithmetic, AttentionAdvice, AttentionBackend, AttentionErrorSource, Basis,
                   ChiSquareLaw, ConditionalTest, ColumnGroups, Criterion, Directions, ErrorSource,
                   ErrorUnit, ExactTerms, GivenLaw, Interrupted::Kept, Intercept, KernelFamily,
                   LengthscaleSearch, LogisticOutcome, Loss, Mask, NullLaw, Pivoting, Posterior,
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

namespace {

/// Whether an enumeration that ends in `last` has a name for each.
template <class E>
bool complete(E last) {
  return names_of(last).size() == static_cast<std::size_t>(last) + 1;
}

}  // namespace

TEST_CASE("no enumerator lacks a name", "[names]") {
  CHECK(complete(Arithmetic::double_precision));
  CHECK(complete(AttentionAdvice::centre));
  CHECK(complete(AttentionBackend::random_features));
  CHECK(complete(AttentionErrorSource::redraws));
  CHECK(complete(AttentionMethod::exact_and_means));
  CHECK(complete(Basis::median_of_means));
  CHECK(complete(BlockOrder::bisection));
  CHECK(complete(ChiSquareLaw::lindsay_pilla_basak));
  CHECK(complete(ColumnGroups::sketches));
  CHECK(complete(ConditionalTest::rcit));
  CHECK(complete(Criterion::evidence));
  CHECK(complete(Directions::independent));
  CHECK(complete(ErrorSource::replicates));
  CHECK(complete(ErrorUnit::absolute));
  CHECK(complete(ExactTerms::linear));
  CHECK(complete(GivenLaw::independent));
  CHECK(complete(Intercept::none));
  CHECK(complete(Interrupted::Kept::nothing));
  CHECK(complete(KernelFamily::of_rows));
  CHECK(complete(LengthscaleSearch::per_column));
  CHECK(complete(NullLaw::permutations));
  CHECK(complete(Loss::misclassification));
  CHECK(complete(Mask::causal));
  CHECK(complete(Pivoting::randomly_pivoted));
  CHECK(complete(PlanErrorSource::measured));
  CHECK(complete(Posterior::full));
  CHECK(complete(Products::bfloat16));
  CHECK(complete(Purpose::buckets));
  CHECK(complete(Radii::paired));
  CHECK(complete(Rest::none));
  CHECK(complete(Side::key));
  CHECK(complete(Solver::conjugate_gradients));
  CHECK(complete(io::Decimal::comma));
  CHECK(complete(io::Delimiter::blanks));
  CHECK(complete(io::Entry::name));
  CHECK(complete(io::Format::svmlight));
  CHECK(complete(io::Header::absent));
  CHECK(complete(io::Label::left_out));
  CHECK(complete(io::LeadingDimensions::flatten));
  CHECK(complete(io::NonFinite::keep));
  CHECK(complete(pipeline::Objective::logistic));
  CHECK(complete(pipeline::Resume::if_unfinished));
  CHECK(complete(pipeline::StudyFit::path_and_left_out));
  CHECK(complete(pipeline::Task::classify));
}

TEST_CASE("names are those of the enumerators", "[names]") {
  CHECK(name_of(Solver::conjugate_gradients) == "conjugate-gradients");
  CHECK(name_of(Mask::causal) == "causal");
  CHECK(name_of(AttentionAdvice::centre) == "centre");
  CHECK(name_of(io::Delimiter::blanks) == "blanks");
  CHECK(name_of(Criterion::evidence) == "evidence");
}

TEST_CASE("an enumeration need not begin at 0", "[names]") {
  const auto names = names_of(Purpose{});
  for (std::size_t i = 1; i < names.size(); ++i) {
    CHECK(enumerator_of<Purpose>(names[i]) == static_cast<Purpose>(i));
  }
  CHECK(name_of(Purpose::directions) == "directions");
  CHECK(name_of(Purpose{}).empty());
  CHECK_FALSE(enumerator_of<Purpose>("").has_value());
}

TEST_CASE("reports print themselves", "[names]") {
  std::ostringstream out;
  FitReport fit;
  out << fit << '\n';
  fit = {Solver::conjugate_gradients, 41, 8.1e-7, false, 512};
  out << fit << '\n' << LogisticReport{7, 84, 3.2e-6, 0.25, true} << '\n';
  out << LogisticReport{9, 99, 3.2e-16, 0.25, false, LogisticOutcome::precision} << '\n';
  out << AttentionReport{.underflowed_rows = 3, .nonfinite_rows = 1, .arithmetic = "float"};
  CHECK(out.str() ==
        "cholesky\n"
        "conjugate gradients: 41 iterations, not converged, relative residual 8.1e-07, sketch of "
        "512 rows\n"
        "7 Newton steps, 84 products, objective 0.25, relative gradient 3.2e-06\n"
        "9 Newton steps, as precise as rounding allows, 99 products, objective 0.25, relative "
        "gradient 3.2e-16\n"
        "products in float; rows with a normaliser of zero: 3; rows with a NaN or an infinity: 1");
}
