// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shared_summary.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"
#include "io/message.hpp"
#include "io/sha256.hpp"
#include "pipeline/column_moments.hpp"
#include "pipeline/uniform_sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bochner::pipeline {
namespace {

constexpr const char* kMean = "mean";
constexpr const char* kDeviation = "deviation";
constexpr const char* kSample = "sample";

Matrix<double> row_of(const std::vector<double>& values) {
  Matrix<double> out(1, static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

std::string moments_text(const TrainingSummary& summary) {
  Archive out;
  out.metadata = {{"rows", std::to_string(summary.rows)},
                  {"counted", std::to_string(summary.counted)},
                  {"weight", text::number(summary.weight)},
                  {"digest", summary.digest}};
  out.arrays.emplace(kMean, row_of(summary.mean));
  out.arrays.emplace(kDeviation, row_of(summary.deviation));
  return archive_text(out);
}

/// A column of all files, from its mean and deviation in each.
struct JoinedColumn {
  double mean = 0.0;
  double deviation = 0.0;
};

JoinedColumn joined_column(const std::vector<Archive>& files, Index column, Index columns,
                           double weight, const std::string& name) {
  JoinedColumn out;
  const auto entry = [&](const Archive& file, const char* array) {
    return file.array<double>(array, 1, columns)(0, column);
  };
  const auto share = [&](const Archive& file) { return file.number("weight") / weight; };
  double least = entry(files.front(), kMean);
  double most = least;
  double size = 0.0;
  for (const Archive& file : files) {
    const double mean = entry(file, kMean);
    least = std::min(least, mean);
    most = std::max(most, mean);
    out.mean += share(file) * mean;
  }
  // Halves, since twice the largest double is none.
  const auto half_deviation = [&](const Archive& file) { return 0.5 * entry(file, kDeviation); };
  const auto half_offset = [&](const Archive& file) {
    return 0.5 * entry(file, kMean) - 0.5 * out.mean;
  };
  for (const Archive& file : files) {
    size = std::max({size, half_deviation(file), std::abs(half_offset(file))});
  }
  const bool constant =
      std::all_of(files.begin(), files.end(),
                  [&](const Archive& file) { return entry(file, kDeviation) == 0.0; }) &&
      same_but_for_rounding(least, most);
  if (constant || size == 0.0) return out;
  double squares = 0.0;
  for (const Archive& file : files) {
    const double spread = std::hypot(half_deviation(file) / size, half_offset(file) / size);
    squares += share(file) * spread * spread;
  }
  out.deviation = 2.0 * (size * std::sqrt(squares));
  if (!std::isfinite(out.mean) || !std::isfinite(out.deviation)) {
    throw InvalidArgument("the column " + io::quoted(name) +
                          " differs too much from file to file for a double; measure it in a "
                          "larger unit");
  }
  return out;
}

/// A rank's part of a sample of `most` rows: in proportion to its own.
Matrix<double> part_of_sample(const TrainingSummary& own, Index counted, Index most, Seed seed) {
  const double share = static_cast<double>(own.counted) / static_cast<double>(counted);
  const auto wanted = static_cast<Index>(std::llround(share * static_cast<double>(most)));
  return drawn_rows(own.sample.view(), std::clamp<Index>(wanted, 1, own.sample.rows()), seed);
}

Matrix<double> below_each_other(const std::vector<Archive>& parts, Index cols) {
  Index rows = 0;
  for (const Archive& part : parts) rows += part.count("rows");
  Matrix<double> out(rows, cols);
  Index first = 0;
  for (const Archive& part : parts) {
    const Index count = part.count("rows");
    const Matrix<double>& from = part.array<double>(kSample, count, cols);
    for (Index i = 0; i < count; ++i) std::copy_n(from.row(i), cols, out.row(first + i));
    first += count;
  }
  return out;
}

}  // namespace

Seed seed_of_rank(Seed seed, int rank) {
  return rank == 0 ? seed : derive_seed(seed, static_cast<std::uint64_t>(rank));
}

TrainingSummary joined_summary(const Partners& partners, const TrainingSummary& own,
                               std::span<const std::string> names, Seed seed) {
  std::vector<Archive> files;
  for (const std::string& said : partners.allgather(moments_text(own)))
    files.push_back(archive_of(said));
  TrainingSummary out;
  io::Sha256 digest;
  for (const Archive& file : files) {
    out.rows += file.count("rows");
    out.counted += file.count("counted");
    out.weight += file.number("weight");
    digest.add(std::as_bytes(std::span(file.word("digest"))));
  }
  out.digest = digest.hex();
  partners.together([&] {
    const auto columns = static_cast<Index>(own.mean.size());
    for (Index c = 0; c < columns; ++c) {
      const JoinedColumn column =
          joined_column(files, c, columns, out.weight, names[static_cast<std::size_t>(c)]);
      out.mean.push_back(column.mean);
      out.deviation.push_back(column.deviation);
    }
  });
  const Index most = std::min(out.counted, sample_rows(own.sample.cols()));
  Archive part;
  Matrix<double> drawn =
      part_of_sample(own, out.counted, most, seed_of_rank(seed, partners.rank()));
  const Index cols = drawn.cols();
  part.metadata["rows"] = std::to_string(drawn.rows());
  part.arrays.emplace(kSample, std::move(drawn));
  std::vector<Archive> parts;
  for (const std::string& said : partners.allgather(archive_text(part))) {
    if (partners.rank() == 0) parts.push_back(archive_of(said));
  }
  if (partners.rank() == 0) out.sample = below_each_other(parts, cols);
  return out;
}

}  // namespace bochner::pipeline
