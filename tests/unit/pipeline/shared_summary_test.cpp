// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shared_summary.hpp"

#include "bochner/core/error.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <barrier>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::pipeline;

namespace {

constexpr int kRanks = 2;

/// What threads say to each other.
struct Table {
  std::barrier<> all{kRanks};
  std::array<std::string, kRanks> said;
};

/// A thread in the place of a process.
class ThreadOfTwo final : public Partners {
 public:
  ThreadOfTwo(Table& table, int rank) : table_(table), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return kRanks; }
  std::vector<std::string> allgather(const std::string& said) const override {
    table_.said[static_cast<std::size_t>(rank_)] = said;
    table_.all.arrive_and_wait();
    std::vector<std::string> out(table_.said.begin(), table_.said.end());
    table_.all.arrive_and_wait();
    return out;
  }
  void together(const std::function<void()>& work) const override {
    share_error<InvalidArgument>(*this, work);
  }
  void require_same(std::string_view, const std::string&) const override {}
  std::optional<NormalEquations<float>> reduce(const NormalEquations<float>&) const override {
    return std::nullopt;
  }
  std::optional<NormalEquations<double>> reduce(const NormalEquations<double>&) const override {
    return std::nullopt;
  }
  void abandon(const char*) const override { std::abort(); }

 private:
  Table& table_;
  int rank_;
};

struct Joined {
  TrainingSummary summary{};  ///< of rank 0
  std::array<std::string, kRanks> refusals{};
};

Joined joined(const std::array<TrainingSummary, kRanks>& own) {
  Table table;
  Joined out;
  const std::vector<std::string> names{"length"};
  const auto run = [&](int rank) {
    const auto place = static_cast<std::size_t>(rank);
    try {
      TrainingSummary summary =
          joined_summary(ThreadOfTwo(table, rank), own[place], names, Seed{3});
      if (rank == 0) out.summary = std::move(summary);
    } catch (const InvalidArgument& error) {
      out.refusals[place] = error.what();
    }
  };
  std::thread other(run, 1);
  run(0);
  other.join();
  return out;
}

/// One column, which counts the rows.
TrainingSummary counted_rows(Index rows) {
  TrainingSummary out;
  out.rows = out.counted = rows;
  out.weight = static_cast<double>(rows);
  out.mean = {1.0};
  out.deviation = {1.0};
  out.sample = Matrix<double>(rows, 1);
  std::iota(out.sample.data(), out.sample.data() + rows, 0.0);
  return out;
}

TrainingSummary moments(double mean, double deviation, double weight) {
  TrainingSummary out = counted_rows(3);
  out.weight = weight;
  out.mean = {mean};
  out.deviation = {deviation};
  return out;
}

/// How many standard errors the number of rows that both files give is off that of two independent
/// draws of `each` rows out of `rows`: a hypergeometric count.
double excess(Index both, Index each, Index rows) {
  const auto n = static_cast<double>(each), all = static_cast<double>(rows);
  const double mean = n * n / all;
  return (static_cast<double>(both) - mean) /
         std::sqrt(mean * (1.0 - n / all) * (all - n) / (all - 1.0));
}

}  // namespace

TEST_CASE("files of equal length give rows of other numbers") {
  const Index rows = 100'000;
  const Matrix<double> sample = joined({counted_rows(rows), counted_rows(rows)}).summary.sample;
  const Index each = sample_rows(1) / kRanks;
  REQUIRE(sample.rows() == kRanks * each);
  const std::set<double> first(sample.row(0), sample.row(0) + each);
  REQUIRE(static_cast<Index>(first.size()) == each);
  Index both = 0;
  for (Index i = each; i < sample.rows(); ++i) both += first.contains(sample(i, 0)) ? 1 : 0;
  CHECK(std::abs(excess(both, each, rows)) < 4.9);  // two-sided, 1e-6
  CHECK(excess(each, each, rows) > 4.9);            // the same numbers
  CHECK(seed_of_rank(Seed{3}, 0) == Seed{3});
  CHECK_FALSE(seed_of_rank(Seed{3}, 1) == seed_of_rank(Seed{3}, 2));
}

TEST_CASE("moments of files at both ends of the range of a double") {
  const Joined apart = joined({moments(1.7e308, 0.0, 3.0), moments(-1.7e308, 0.0, 3.0)});
  CHECK(apart.refusals == std::array<std::string, kRanks>{});
  CHECK(apart.summary.mean.at(0) == 0.0);
  CHECK(apart.summary.deviation.at(0) == Approx(1.7e308));
  // Means that are farther from that of all than the largest double.
  const Joined uneven = joined({moments(1.7e308, 0.0, 1.0), moments(-1.7e308, 0.0, 3.0)});
  CHECK(uneven.refusals == std::array<std::string, kRanks>{});
  CHECK(uneven.summary.deviation.at(0) / 0.85e308 == Approx(std::sqrt(3.0)));
  const Joined mixed = joined({moments(2.0, 3.0, 1.0), moments(6.0, 1.0, 3.0)});
  CHECK(mixed.summary.mean.at(0) == Approx(5.0));
  // Within files 9 / 4 + 3 / 4, between them 9 / 4 + 3 / 4.
  CHECK(mixed.summary.deviation.at(0) == Approx(std::sqrt(6.0)));
}

TEST_CASE("a column too far apart is named on all ranks") {
  // sqrt(1.7^2 / 2 + 1.7^2) e308 is out of range.
  const Joined found = joined({moments(1.7e308, 1.7e308, 1.0), moments(-1.7e308, 0.0, 1.0)});
  const std::string expected =
      "the column 'length' differs too much from file to file for a double; measure it in a larger "
      "unit";
  CHECK(found.refusals == std::array<std::string, kRanks>{expected, expected});
}
