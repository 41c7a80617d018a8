// SPDX-License-Identifier: Apache-2.0
#include "projection/operator.hpp"

#include "projection/alternative.hpp"
#include "projection/dense.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace bochner {
namespace {

static_assert(projections::all_complete(static_cast<const Projection*>(nullptr)));

/// structured(p) of a projection that is structured under this law, dense() of another.
template <class Structured, class Dense>
auto by_structure(const Projection& projection, const FrequencyLaw& law,
                  const Structured& structured, const Dense& dense) {
  using Result = std::invoke_result_t<const Dense&>;
  return std::visit(
      [&]<class P>(const P& p) -> Result {
        if constexpr (projections::StructuredProjection<P>) {
          if (p.is_structured(law)) return structured(p);
        }
        return dense();
      },
      projection);
}

}  // namespace

FrequencyDraw::FrequencyDraw(const Projection& projection, const FrequencyLaw& law)
    : projection_(projection), law_(law) {
  rows_ = by_structure(
      projection, law, [](const auto&) { return Matrix<double>(); },
      [&] { return draw_frequencies(projection, law); });
}

double FrequencyDraw::largest_scale() const {
  if (law_.products) return 1.0;
  const bool of_law = !law_.spectrum.whole() && !given_frequencies(projection_);
  if (of_law) return projections::largest_scale(law_);
  double largest = 0.0;
  for (Index i = 0; i < rows_.size(); ++i) largest = std::max(largest, std::abs(rows_.data()[i]));
  return largest;
}

template <Scalar T>
std::unique_ptr<const ProjectionOperator<T>> FrequencyDraw::make_operator(double factor) const {
  using Operator = std::unique_ptr<const ProjectionOperator<T>>;
  return by_structure(
      projection_, law_,
      [&](const auto& p) -> Operator { return p.template make_operator<T>(law_, factor); },
      [&]() -> Operator { return std::make_unique<projections::DenseOperator<T>>(rows_, factor); });
}

FrequencyNorms FrequencyDraw::norms(std::span<const double> weights) const {
  const auto of_rows = [&](const Matrix<double>& rows) {
    FrequencyNorms norms{.squared = {}, .ambient_dim = law_.dim};
    for (Index row = 0; row < rows.rows(); ++row) {
      double sum = 0.0;
      for (Index k = 0; k < rows.cols(); ++k) {
        const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(k)];
        sum += weight * (rows(row, k) * rows(row, k));
      }
      norms.squared.push_back(sum);
    }
    return norms;
  };
  return by_structure(
      projection_, law_,
      [&](const auto& p) {
        return weights.empty() ? p.norms(law_) : of_rows(draw_frequencies(projection_, law_));
      },
      [&] { return of_rows(rows_); });
}

Matrix<double> projections::materialised(const ProjectionOperator<double>& frequencies, Index rows,
                                         Index dim) {
  const Index ld = simd::padded<double>(rows);
  Matrix<double> scratch(1, frequencies.scratch_size());
  Matrix<double> unit(1, simd::padded<double>(dim));
  Matrix<double> column(1, ld);
  Matrix<double> w(rows, dim);
  for (Index k = 0; k < dim; ++k) {
    unit(0, k) = 1.0;
    frequencies.apply(unit.data(), unit.cols(), 1, column.data(), ld, scratch.data());
    unit(0, k) = 0.0;
    for (Index j = 0; j < rows; ++j) w(j, k) = column(0, j);
  }
  return w;
}

Matrix<double> draw_frequencies(const Projection& projection, const FrequencyLaw& law) {
  return std::visit([&](const auto& p) { return p.draw(law); }, projection);
}

void check(const Projection& projection, const FrequencyLaw& law) {
  std::visit([&](const auto& p) { p.check(law); }, projection);
}

double projection_cost(const Projection& projection, const FrequencyLaw& law) {
  return by_structure(
      projection, law, [&](const auto& p) { return p.cost(law); },
      [&] {
        return 2.0 * static_cast<double>(law.num_projections()) * static_cast<double>(law.dim);
      });
}

const GivenFrequencies* given_frequencies(const Projection& projection) {
  return std::visit(
      []<class P>(const P& p) -> const GivenFrequencies* {
        if constexpr (projections::GivesFrequencies<P>) {
          return &p.frequencies;
        } else {
          return nullptr;
        }
      },
      projection);
}

bool set_given_frequencies(Projection& projection, const GivenFrequencies& frequencies) {
  return std::visit(
      [&]<class P>(P& p) {
        if constexpr (projections::GivesFrequencies<P>) {
          if (!(p.frequencies == frequencies)) return false;
          p.frequencies = frequencies;
          return true;
        } else {
          return false;
        }
      },
      projection);
}

std::optional<std::string> incompatibility_of(const SpectralMeasure& spectrum,
                                              const Projection& projection) {
  if (const GivenFrequencies* const given = given_frequencies(projection)) {
    if (given->is_held()) return std::nullopt;
    if (given->digest().empty()) return "given frequencies need a matrix, and have none";
    return "of given frequencies a text holds no more than the digest (" + given->digest() +
           "): with_frequencies supplies the matrix";
  }
  return std::visit(
      [&]<class P>(const P& p) -> std::optional<std::string> {
        if (spectrum.whole() && p.couples_directions()) {
          return std::string(P::name) +
                 " frequencies couple directions, and those of this kernel are not isotropic: use "
                 "iid, sobol or antithetic(directions=independent)";
        }
        if constexpr (requires { p.radii; }) {
          if (p.radii == Radii::constant && !is_normal(spectrum)) {
            return std::string(P::name) +
                   " frequencies with constant radii sqrt(d) stand for normal ones (gaussian, "
                   "softmax); the radii of this kernel are spread: use radii=sampled";
          }
        }
        return std::nullopt;
      },
      projection);
}

template std::unique_ptr<const ProjectionOperator<float>> FrequencyDraw::make_operator<float>(
    double) const;
template std::unique_ptr<const ProjectionOperator<double>> FrequencyDraw::make_operator<double>(
    double) const;

}  // namespace bochner
