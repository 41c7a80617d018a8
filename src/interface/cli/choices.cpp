// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/choices.hpp"

#include "report/gram_certificate_report.hpp"

namespace bochner::cli {

template <>
Choices<Arithmetic> choices_of() {
  return {{"single", Arithmetic::single_precision}, {"double", Arithmetic::double_precision}};
}

template <>
Choices<Criterion> choices_of() {
  return {{"loo", Criterion::leave_one_out},
          {"gcv", Criterion::generalised_cross_validation},
          {"evidence", Criterion::evidence}};
}

template <>
Choices<Pivoting> choices_of() {
  Choices<Pivoting> out;
  for (const Pivoting pivoting :
       {Pivoting::uniform, Pivoting::ridge_leverage, Pivoting::randomly_pivoted}) {
    out.push_back({report::name_of(pivoting), pivoting});
  }
  return out;
}

template <>
Choices<Solver> choices_of() {
  return {{"auto", Solver::automatic},
          {"cholesky", Solver::cholesky},
          {"iterative", Solver::conjugate_gradients}};
}

template <>
Choices<io::Delimiter> choices_of() {
  using io::Delimiter;
  return {{"auto", Delimiter::automatic},
          {"comma", Delimiter::comma},
          {"semicolon", Delimiter::semicolon},
          {"tab", Delimiter::tab},
          {",", Delimiter::comma},
          {";", Delimiter::semicolon},
          {"\t", Delimiter::tab},
          {" ", Delimiter::blanks},
          {"space", Delimiter::blanks}};
}

template <>
Choices<io::Format> choices_of() {
  return {{"auto", io::Format::automatic},
          {"csv", io::Format::csv},
          {"svmlight", io::Format::svmlight},
          {"npy", io::Format::npy}};
}

template <>
Choices<io::Header> choices_of() {
  return {
      {"auto", io::Header::automatic}, {"yes", io::Header::present}, {"no", io::Header::absent}};
}

}  // namespace bochner::cli
