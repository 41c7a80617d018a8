// SPDX-License-Identifier: Apache-2.0
#include "client/attention/prediction.hpp"

#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/output_error.hpp"
#include "core/parallel.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/row_law.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bochner::attention_internals {
namespace {

double sum(const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); }

/// The closed form knows no quasi-random frequencies: as independent rows.
FeatureMapSpec with_closed_form(FeatureMapSpec spec) {
  if (estimator::block_law(spec).quasi_random) spec.projection = IidProjection{};
  return spec;
}

Matrix<double> placed(const estimator::PairGeometry& geometry, Side side, const Matrix<double>& x) {
  Matrix<double> out(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) geometry.place(side, x.row(i), out.row(i));
  return out;
}

/// One matrix of the groups' rows.
Matrix<double> stacked(const std::vector<SeenRows>& rows, Matrix<double> SeenRows::*part) {
  Index count = 0;
  for (const SeenRows& group : rows) count += (group.*part).rows();
  Matrix<double> out(count, (rows.front().*part).cols());
  Index at = 0;
  for (const SeenRows& group : rows) {
    const Matrix<double>& x = group.*part;
    std::copy_n(x.data(), x.size(), out.row(at));
    at += x.rows();
  }
  return out;
}

}  // namespace

double predicted_output_error(const FeatureMapSpec& spec, const std::vector<SeenRows>& rows,
                              const Execution& execution) {
  const FeatureMapSpec known = with_closed_form(spec);
  std::vector<std::array<double, 2>> parts(rows.size());
  parallel_for_blocks(static_cast<Index>(rows.size()), execution, [&](Index g, int) {
    const SeenRows& group = rows[static_cast<std::size_t>(g)];
    const OutputError error = output_error(known, group.queries.view(), group.keys.view(),
                                           group.values.view(), execution);
    parts[static_cast<std::size_t>(g)] = {sum(error.squared_error), sum(error.squared_norm)};
  });
  double error = 0.0;
  double norm = 0.0;
  for (const auto& [group_error, group_norm] : parts) {
    error += group_error;
    norm += group_norm;
  }
  if (error == 0.0) return 0.0;
  const double relative = std::sqrt(error / norm);
  return std::isnan(relative) ? std::numeric_limits<double>::infinity() : relative;
}

EffectiveNorms effective_norms(const FeatureMapSpec& spec, const std::vector<SeenRows>& rows) {
  const estimator::PairGeometry geometry(Door("attention_report"), with_closed_form(spec));
  const double sign = geometry.argument() == RowLaw::Argument::sum ? 1.0 : -1.0;
  std::vector<double> norms;
  for (const SeenRows& group : rows) {
    const Matrix<double> x = placed(geometry, Side::query, group.queries);
    const Matrix<double> y = placed(geometry, Side::key, group.keys);
    for (Index i = 0; i < x.rows(); ++i) {
      for (Index j = 0; j < y.rows(); ++j) {
        norms.push_back(estimator::squared_distance(x.row(i), sign, y.row(j), x.cols()));
      }
    }
  }
  std::sort(norms.begin(), norms.end());
  const auto quantile = [&](double level) {
    return norms[static_cast<std::size_t>(level * static_cast<double>(norms.size() - 1))];
  };
  return {sum(norms) / static_cast<double>(norms.size()), quantile(0.5), quantile(0.95),
          norms.back()};
}

FeatureMapSpec centred_spec(FeatureMapSpec spec, const std::vector<SeenRows>& rows) {
  spec.transform =
      optimal_centring(spec.kernel, spec.features, stacked(rows, &SeenRows::queries).view(),
                       stacked(rows, &SeenRows::keys).view());
  return spec;
}

FeatureMapSpec oprf_spec(FeatureMapSpec spec, const std::vector<SeenRows>& rows) {
  const Index columns = num_features(spec);
  spec.transform = {};
  spec.features = HyperbolicOprfFeatures{};
  const double mean = effective_norms(spec, rows).mean;
  spec.features = HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(mean, spec.input_dim)};
  spec.num_frequencies = std::max<Index>(columns / 2, 1);
  return spec;
}

}  // namespace bochner::attention_internals
