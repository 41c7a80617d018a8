// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/registry.hpp>
#include <bochner/feature_map.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// \file
/// Every map there is, for laws that all of them obey. The registries are read, so a new
/// alternative is tested the day it is registered.

namespace bochner::property {

/// A matrix without symmetry near 0.9 times the identity, row-major.
inline std::vector<double> full_matrix(Index dim) {
  std::vector<double> out;
  for (Index i = 0; i < dim; ++i) {
    for (Index k = 0; k < dim; ++k) {
      out.push_back((i == k ? 0.9 : 0.0) + 0.01 * static_cast<double>((i + 2 * k) % 5 - 2));
    }
  }
  return out;
}

/// Each alternative, and options of some that take another path.
inline std::vector<Kernel> kernels(Index dim) {
  std::vector<Kernel> all = all_alternatives<Kernel>();
  Diagonal diagonal;
  const Full full{full_matrix(dim)};
  for (Index i = 0; i < dim; ++i) {
    diagonal.lengthscales.push_back(0.75 + 0.25 * static_cast<double>(i));
  }
  all.insert(all.end(),
             {GaussianKernel{Isotropic{1.7}},
              GaussianKernel{diagonal},
              GaussianKernel{full},
              SoftmaxKernel{0.4},
              SoftmaxKernel{0.4, full},
              MaternKernel{0.5, full},
              MaternKernel{1.3, diagonal},
              RationalQuadraticKernel{0.7, full},
              ExponentiatedPowerKernel{2.0, diagonal},
              ArcCosineKernel{0, 0.0, diagonal},
              ArcCosineKernel{1, 0.3, full},
              ArcCosineKernel{2, 0.0, Isotropic{0.6}},
              ProductLaplacianKernel{diagonal},
              ProductCauchyKernel{full},
              PolynomialKernel{2, 0.0, diagonal},
              PolynomialKernel{5, 0.5, full},
              DotProductKernel{{0.0, 0.3, 0.0, 1.0}, diagonal},
              SpectralMixtureKernel{{{0.7, {0.1}, {0.2}}, {2.0, {0.0}, {0.05}}}},
              SumKernel{{{2.0, {}, MaternKernel{2.5, full}}, {0.5, {0}, ProductCauchyKernel{}}}},
              ProductKernel{{{1.5, {}, GaussianKernel{diagonal}}, {1.0, {0}, LaplacianKernel{}}}}});
  return all;
}

inline std::vector<Projection> projections() {
  std::vector<Projection> all = all_alternatives<Projection>();
  all.insert(all.end(), {OrthogonalProjection{Radii::constant}, OrthogonalProjection{Radii::paired},
                         AntitheticProjection{Directions::independent},
                         HadamardProjection{.rounds = 2, .radii = Radii::constant},
                         HadamardProjection{.rounds = 3, .radii = Radii::paired}});
  return all;
}

inline std::vector<FeatureFunction> feature_functions() {
  std::vector<FeatureFunction> all = all_alternatives<FeatureFunction>();
  all.insert(all.end(), {OprfFeatures{-0.15}, HyperbolicOprfFeatures{-0.1},
                         MaclaurinFeatures{1.5, ExactTerms::linear}});
  return all;
}

/// Whether a change of origin leaves the kernel what it is, up to factors that features can carry.
inline bool is_centrable(const Kernel& kernel) {
  return !std::holds_alternative<ArcCosineKernel>(kernel) &&
         !std::holds_alternative<AngularKernel>(kernel) &&
         !std::holds_alternative<PolynomialKernel>(kernel) &&
         !std::holds_alternative<DotProductKernel>(kernel);
}

/// Whether features are steps, whose gradient is zero almost everywhere.
inline bool has_steps(const Kernel& kernel) {
  const auto* arc_cosine = std::get_if<ArcCosineKernel>(&kernel);
  return std::holds_alternative<AngularKernel>(kernel) || (arc_cosine && arc_cosine->order == 0);
}

/// A transform with all its members, which only a softmax kernel takes.
inline PairTransform pair_transform(Index dim) {
  PairTransform out{.matrix = full_matrix(dim)};
  out.query.assign(static_cast<std::size_t>(dim), 0.25);
  for (Index i = 0; i < dim; ++i) out.key.push_back(-0.01 * static_cast<double>(i));
  return out;
}

/// The feature function with one parameter per direction, where it has a parameter.
inline FeatureFunction by_direction(FeatureFunction features, Index dim) {
  std::visit(
      [&](auto& f) {
        if constexpr (requires { f.a; }) {
          const double all = std::get<double>(f.a);
          std::vector<double> each;
          for (Index l = 0; l < dim; ++l) each.push_back(all - 0.05 * static_cast<double>(l % 4));
          f.a = each;
        }
      },
      features);
  return features;
}

/// Maps whose frequencies, and where there are some phases, are brought along.
inline std::vector<FeatureMapSpec> given_specs(Index dim, Index num_frequencies) {
  const Stream stream({31}, Purpose::study);
  Matrix<double> w(num_frequencies, dim);
  stream.normals(0, {w.data(), static_cast<std::size_t>(w.size())});
  std::vector<double> phases(static_cast<std::size_t>(num_frequencies));
  stream.normals(static_cast<std::uint64_t>(w.size()), phases);
  std::vector<double> weights;
  for (const double phase : phases) {
    weights.push_back((0.1 + phase * phase) / static_cast<double>(num_frequencies));
  }
  const GivenProjection rows{GivenFrequencies(w)};
  const GivenProjection with_phases{GivenFrequencies(w, phases)};
  const GivenProjection weighted{GivenFrequencies(w, {}, weights)};
  const auto spec = [&](const Kernel& kernel, const Projection& projection,
                        const FeatureFunction& features) {
    return FeatureMapSpec{.input_dim = dim,
                          .num_frequencies = num_frequencies,
                          .kernel = kernel,
                          .projection = projection,
                          .features = features,
                          .seed = {17},
                          .transform = {}};
  };
  return {spec(GaussianKernel{}, rows, TrigonometricFeatures{}),
          spec(MaternKernel{}, rows, CosineFeatures{}),
          spec(GaussianKernel{Isotropic{1.7}}, with_phases, CosineFeatures{}),
          spec(SoftmaxKernel{0.4}, rows, PositiveFeatures{}),
          spec(SoftmaxKernel{}, rows, HyperbolicOprfFeatures{-0.1}),
          spec(ArcCosineKernel{}, rows, RectifiedFeatures{}),
          spec(GaussianKernel{}, weighted, TrigonometricFeatures{}),
          spec(MaternKernel{}, weighted, CosineFeatures{}),
          spec(SoftmaxKernel{}, weighted, HyperbolicOprfFeatures{-0.1}),
          spec(SoftmaxKernel{0.4}, weighted, PositiveFeatures{}),
          spec(ArcCosineKernel{}, weighted, RectifiedFeatures{})};
}

/// Rows that are features already.
inline std::vector<FeatureMapSpec> identity_specs(Index dim) {
  std::vector<FeatureMapSpec> out;
  for (const Kernel& kernel :
       {Kernel(DotProductKernel{{0.0, 0.3}, Full{full_matrix(dim)}}),
        Kernel(PolynomialKernel{.degree = 1, .offset = 0.0, .metric = Isotropic{1.7}})}) {
    out.push_back({.input_dim = dim,
                   .num_frequencies = dim,
                   .kernel = kernel,
                   .projection = CoordinatesProjection{},
                   .features = IdentityFeatures{},
                   .seed = {17},
                   .transform = {}});
  }
  return out;
}

/// Every compatible combination, a centred one for each kernel that can be centred, one with a
/// whole pair transform where the kernel takes it, and with one parameter per direction; and maps
/// of given frequencies and of given features.
inline std::vector<FeatureMapSpec> specs(Index dim, Index num_frequencies) {
  std::vector<FeatureMapSpec> all = given_specs(dim, num_frequencies);
  for (FeatureMapSpec& spec : identity_specs(dim)) all.push_back(std::move(spec));
  for (const Kernel& kernel : kernels(dim)) {
    for (const FeatureFunction& features : feature_functions()) {
      const std::size_t before = all.size();
      for (const Projection& projection : projections()) {
        if (incompatibility(kernel, projection, features)) continue;
        const auto* maclaurin = std::get_if<MaclaurinFeatures>(&features);
        const bool exact = maclaurin != nullptr && maclaurin->exact != ExactTerms::none;
        if (exact && num_frequencies <= dim + 1) continue;  // no column is left
        all.push_back({.input_dim = dim,
                       .num_frequencies = num_frequencies,
                       .kernel = kernel,
                       .projection = projection,
                       .features = features,
                       .seed = {17},
                       .transform = {}});
      }
      if (all.size() == before || !is_centrable(kernel)) continue;
      FeatureMapSpec centred = all.back();
      centred.transform.query.assign(static_cast<std::size_t>(dim), 0.25);
      centred.transform.key = centred.transform.query;
      all.push_back(centred);
      if (std::holds_alternative<SoftmaxKernel>(kernel)) {
        centred.transform = pair_transform(dim);
        all.push_back(centred);
      }
      centred.features = by_direction(features, dim);
      if (centred.features != features) all.push_back(centred);
    }
  }
  return all;
}

/// The largest |w_j| of a map: the scale of everything that depends on an angle w.x.
template <Scalar T>
double largest_frequency(const FeatureMap<T>& map) {
  const Matrix<double> w = map.frequencies();
  double largest = 0.0;
  for (Index j = 0; j < w.rows(); ++j) {
    double square = 0.0;
    for (Index k = 0; k < w.cols(); ++k) square += w(j, k) * w(j, k);
    largest = std::max(largest, square);
  }
  return std::sqrt(largest);
}

/// n x d normal numbers times `size`, the same ones for both scalars.
template <Scalar T>
Matrix<T> rows(Index n, Index d, double size = 0.5, std::uint64_t item = 0) {
  Matrix<T> x(n, d);
  const Stream stream({23}, Purpose::study, item);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] =
        static_cast<T>(static_cast<float>(size * stream.normal(static_cast<std::uint64_t>(i))));
  }
  return x;
}

/// What `apply` returns.
template <Scalar T>
struct Features {
  Matrix<T> phi;
  std::vector<std::int32_t> exponent;

  bool operator==(const Features& other) const {
    return exponent == other.exponent && phi.rows() == other.phi.rows() &&
           phi.cols() == other.phi.cols() &&
           std::equal(phi.data(), phi.data() + phi.size(), other.phi.data());
  }
};

template <Scalar T>
Features<T> apply(const FeatureMap<T>& map, MatrixView<const T> x, Side side = Side::query,
                  const Execution& execution = {1}) {
  Features<T> out{Matrix<T>(x.rows, map.num_features()),
                  std::vector<std::int32_t>(static_cast<std::size_t>(x.rows))};
  map.apply(side, x, {out.phi.view(), out.exponent}, execution);
  return out;
}

}  // namespace bochner::property
