// SPDX-License-Identifier: Apache-2.0
#include "study/pair_study.hpp"

#include "core/door.hpp"
#include "core/parallel.hpp"
#include "feature_map/block.hpp"
#include "features/stage.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace bochner::study {
namespace {

constexpr Index kReplicatesAtATime = 32;
constexpr const char* kSums = "study_sums";
constexpr const char* kGroup = "study_group";
constexpr const char* kDone = "study_replicates";

/// Features of one side of a block of pairs.
struct SideFeatures {
  Matrix<double> phi;
  std::array<std::int32_t, simd::kBlockRows> exponent;
};

SideFeatures features_of(const BlockMap<double>& map, Side side, const Matrix<double>& rows,
                         feature_map::BlockWorkspace<double>& workspace) {
  SideFeatures out{Matrix<double>(rows.rows(), map.ld()), {}};
  map.features(side, rows.view(), out.phi.data(), out.exponent.data(), workspace);
  return out;
}

/// Whether one draw of frequencies serves both maps, up to their seeds and numbers. Where features
/// multiply projections, the feature function decides how a draw is laid out.
bool share_draws(const FeatureMapSpec& a, const FeatureMapSpec& b) {
  const bool same_layout =
      a.features == b.features || (!multiplies(a.features) && !multiplies(b.features));
  return same_layout && a.projection == b.projection && a.kernel == b.kernel &&
         a.transform == b.transform;
}

}  // namespace

double StudyCell::predicted_relative_variance() const {
  return std::exp(predicted_log_variance - 2.0 * log_exact);
}

bool out_of_range(const StudyCell& cell) {
  return !std::isfinite(cell.exact) || !std::isfinite(cell.predicted_variance) ||
         std::isnan(cell.measured_variance);
}

Study::Study(StudyPlan plan) : plan_(std::move(plan)) {
  std::sort(plan_.frequencies.begin(), plan_.frequencies.end());
  for (std::size_t m = 0; m < plan_.maps.size(); ++m) {
    StudyMap& map = plan_.maps[m];
    if (m == 0 || !share_draws(plan_.maps[m - 1].spec, map.spec)) {
      groups_.push_back({m, m, moments_.size(), 0});
    }
    Group& group = groups_.back();
    group.last = m + 1;
    for (const std::size_t pair : map.pairs) {
      for (const Index frequencies : plan_.frequencies) {
        map.spec.num_frequencies = frequencies;
        moments_.push_back(kernel_moments(map.spec, plan_.pairs[pair].x, plan_.pairs[pair].y));
      }
    }
    group.cells = moments_.size() - group.cell;
  }
  sums_ = Matrix<double>(static_cast<Index>(moments_.size()), kPowers);
  if (plan_.replicates == 0) group_ = groups_.size();
}

double Study::work() const noexcept {
  return static_cast<double>(plan_.replicates) * static_cast<double>(plan_.maps.size());
}

double Study::work_done() const noexcept {
  if (finished()) return work();
  const Group& group = groups_[group_];
  return static_cast<double>(plan_.replicates) * static_cast<double>(group.first) +
         static_cast<double>(done_) * static_cast<double>(group.last - group.first);
}

void Study::estimates(const Group& group, Index replicate, double* out) const {
  FeatureMapSpec spec = plan_.maps[group.first].spec;
  const Index most = plan_.frequencies.back();
  spec.num_frequencies = most;
  spec.seed = derive_seed(plan_.seed, static_cast<std::uint64_t>(replicate));
  const FrequencyDraw frequencies = feature_map::draw(spec);
  for (std::size_t m = group.first; m < group.last; ++m) {
    spec.features = plan_.maps[m].spec.features;
    const BlockMap<double> map(spec, frequencies);
    const Index halves = map.num_features() / most;
    const std::vector<std::size_t>& pairs = plan_.maps[m].pairs;
    const auto count = static_cast<Index>(pairs.size());
    feature_map::BlockWorkspace<double> workspace(map, std::min(count, simd::kBlockRows));
    for (Index first = 0; first < count; first += simd::kBlockRows) {
      const Index rows = std::min(simd::kBlockRows, count - first);
      Matrix<double> x(rows, spec.input_dim);
      Matrix<double> y(rows, spec.input_dim);
      for (Index i = 0; i < rows; ++i) {
        const StudyPair& pair = plan_.pairs[pairs[static_cast<std::size_t>(first + i)]];
        std::copy(pair.x.begin(), pair.x.end(), x.row(i));
        std::copy(pair.y.begin(), pair.y.end(), y.row(i));
      }
      const SideFeatures phi = features_of(map, Side::query, x, workspace);
      const SideFeatures psi = features_of(map, Side::key, y, workspace);
      for (Index i = 0; i < rows; ++i) {
        const auto at = static_cast<std::size_t>(i);
        double sum = 0.0;
        Index used = 0;
        for (const Index wanted : plan_.frequencies) {
          // The map with `wanted` frequencies has these columns times sqrt(most / wanted).
          for (; used < wanted; ++used) {
            for (Index column = used; column < halves * most; column += most) {
              sum += phi.phi(i, column) * psi.phi(i, column);
            }
          }
          const double scale = static_cast<double>(most) / static_cast<double>(wanted);
          *out++ = std::ldexp(sum * scale, phi.exponent[at] + psi.exponent[at]);
        }
      }
    }
  }
}

void Study::advance(const Execution& execution) {
  const Group& group = groups_[group_];
  const Index count = std::min(kReplicatesAtATime, plan_.replicates - done_);
  Matrix<double> values(count, static_cast<Index>(group.cells));
  parallel_for_blocks(count, execution,
                      [&](Index r, int /*worker*/) { estimates(group, done_ + r, values.row(r)); });
  for (std::size_t c = 0; c < group.cells; ++c) {
    double* const sums = sums_.row(static_cast<Index>(group.cell + c));
    const double mean = moments_[group.cell + c].mean;
    for (Index r = 0; r < count; ++r) {
      const double deviation = values(r, static_cast<Index>(c)) - mean;
      double power = 1.0;
      for (Index k = 0; k < kPowers; ++k) sums[k] += power *= deviation;
    }
  }
  done_ += count;
  if (done_ < plan_.replicates) return;
  done_ = 0;
  ++group_;
}

StudyCell Study::cell(std::size_t map, std::size_t pair, std::size_t size, std::size_t at) const {
  const KernelMoments& moments = moments_[at];
  FeatureMapSpec spec = plan_.maps[map].spec;
  spec.num_frequencies = plan_.frequencies[size];
  StudyCell out;
  out.label = plan_.maps[map].label;
  out.features = to_text(spec.features);
  out.projection = to_text(spec.projection);
  out.num_frequencies = spec.num_frequencies;
  out.num_features = num_features(spec);
  out.pair = plan_.pairs[pair].label;
  out.exact = moments.exact;
  out.log_exact = moments.log_exact;
  out.predicted_bias = moments.bias;
  out.predicted_variance = moments.variance;
  out.predicted_log_variance = moments.log_variance;
  out.predicted_relative_error = moments.relative_error;
  out.replicates = plan_.replicates;
  if (plan_.replicates == 0) return out;
  const double* const sums = sums_.row(static_cast<Index>(at));
  if (!std::all_of(sums, sums + kPowers, [](double sum) { return std::isfinite(sum); })) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    out.measured_bias = out.measured_bias_error = out.measured_relative_error = kUnknown;
    out.measured_variance = out.measured_variance_error = kUnknown;
    return out;
  }
  const auto n = static_cast<double>(plan_.replicates);
  const double shift = sums[0] / n;
  const double square = sums[1] / n;
  const double variance = (square - shift * shift) * n / (n - 1.0);
  const double fourth = sums[3] / n - 4.0 * shift * sums[2] / n + 6.0 * shift * shift * square -
                        3.0 * shift * shift * shift * shift;
  out.measured_bias = moments.bias + shift;
  out.measured_bias_error = std::sqrt(variance / n);
  out.measured_variance = variance;
  out.measured_variance_error = std::sqrt(std::max(fourth - variance * variance, 0.0) / n);
  out.measured_relative_error =
      std::sqrt(square + 2.0 * moments.bias * shift + moments.bias * moments.bias) /
      std::abs(moments.exact);
  return out;
}

std::vector<StudyCell> Study::cells() const {
  std::vector<StudyCell> out;
  const std::size_t maps = finished() ? plan_.maps.size() : groups_[group_].first;
  for (std::size_t m = 0; m < maps; ++m) {
    for (const std::size_t pair : plan_.maps[m].pairs) {
      for (std::size_t f = 0; f < plan_.frequencies.size(); ++f) {
        out.push_back(cell(m, pair, f, out.size()));
      }
    }
  }
  return out;
}

Archive Study::save() const {
  Archive state;
  state.metadata[kGroup] = std::to_string(group_);
  state.metadata[kDone] = std::to_string(done_);
  state.arrays.emplace(kSums, sums_);
  return state;
}

void Study::load(const Archive& state) {
  constexpr Door kDoor("Study::load");
  const auto group = static_cast<std::size_t>(state.count(kGroup));
  const Index done = state.count(kDone);
  if (group > groups_.size() || done >= std::max<Index>(plan_.replicates, 1)) {
    kDoor.refuse("the saved state is beyond the end of the study");
  }
  // Sums may be infinite, where estimates are.
  const Matrix<double>* const saved = state.find<double>(kSums);
  if (saved == nullptr || saved->rows() != sums_.rows() || saved->cols() != kPowers) {
    kDoor.refuse("the saved state is of other cells");
  }
  sums_ = *saved;
  group_ = group;
  done_ = done;
}

}  // namespace bochner::study
