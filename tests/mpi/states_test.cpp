// SPDX-License-Identifier: Apache-2.0
#include <bochner/client/attention/attention.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/mpi/states.hpp>
#include <bochner/random/stream.hpp>

#include "interface/mpi/counts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using namespace bochner;

namespace {

/// Broadcasts by the handler of errors of their communicators.
struct Broadcasts {
  int fatal = 0;
  int other = 0;
};
Broadcasts broadcasts;

}  // namespace

/// In the place of the library's, by the interface for profilers.
extern "C" int MPI_Bcast(void* buffer, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  MPI_Errhandler handler = MPI_ERRHANDLER_NULL;
  MPI_Comm_get_errhandler(comm, &handler);
  ++(handler == MPI_ERRORS_ARE_FATAL ? broadcasts.fatal : broadcasts.other);
  MPI_Errhandler_free(&handler);
  return PMPI_Bcast(buffer, count, type, root, comm);
}

namespace {

int rank_of(MPI_Comm comm) {
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  return rank;
}
int size_of(MPI_Comm comm) {
  int size = 0;
  MPI_Comm_size(comm, &size);
  return size;
}

const MPI_Comm kWorld = MPI_COMM_WORLD;

/// Ends all ranks unless `holds`.
void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "rank %d: %s\n", rank_of(kWorld), what.c_str());
  MPI_Abort(kWorld, 1);
}

/// The message of what `call` throws, which must be the same on every rank.
std::string refused(const std::function<void()>& call) {
  std::string message = "nothing was thrown";
  try {
    call();
  } catch (const InvalidArgument& error) {
    message = error.what();
  }
  std::vector<char> first(1024, '\0');
  std::copy_n(message.begin(), std::min<std::size_t>(message.size(), 1023), first.begin());
  MPI_Bcast(first.data(), 1024, MPI_CHAR, 0, kWorld);
  require(message == first.data(), "'" + message + "' is not '" + first.data() + "'");
  return message;
}

FeatureMapSpec spec_of(std::uint64_t seed) {
  return {.input_dim = 3, .num_frequencies = 24, .seed = {seed}};
}
FeatureMapSpec softmax_spec(std::uint64_t seed) {
  return {.input_dim = 4,
          .num_frequencies = 16,
          .kernel = SoftmaxKernel::for_dimension(4),
          .features = HyperbolicFeatures{},
          .seed = {seed}};
}

template <Scalar T>
std::vector<T> normals(std::uint64_t seed, Index count) {
  std::vector<double> drawn(static_cast<std::size_t>(count));
  Stream({seed}, Purpose::study).normals(0, drawn);
  return {drawn.begin(), drawn.end()};
}

/// Rows of each rank: uneven, and none on rank 1 of three or more.
std::vector<Index> counts_of(int size) {
  std::vector<Index> counts;
  for (int r = 0; r < size; ++r) counts.push_back(size > 2 && r == 1 ? 0 : 70 + 37 * r);
  return counts;
}

struct Span {
  Index first = 0;
  Index count = 0;
  Index total = 0;
};
Span span_of(MPI_Comm comm) {
  const std::vector<Index> counts = counts_of(size_of(comm));
  Span out;
  for (int r = 0; r < size_of(comm); ++r) {
    const Index count = counts[static_cast<std::size_t>(r)];
    if (r < rank_of(comm)) out.first += count;
    if (r == rank_of(comm)) out.count = count;
    out.total += count;
  }
  return out;
}

double distance(const std::vector<double>& found, const std::vector<double>& expected) {
  double error = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    error = std::max(error, std::abs(found[i] - expected[i]));
    size = std::max(size, std::abs(expected[i]));
  }
  return size > 0.0 ? error / size : error;
}

void sums_are_those_of_one_process(MPI_Comm comm) {
  const Span span = span_of(comm);
  const FeatureMap<double> map(spec_of(1));
  std::vector<double> x = normals<double>(2, 3 * span.total);
  std::vector<double> y = normals<double>(3, span.total);
  const auto rows = [&](Index first, Index count) {
    return TrainingRows<double>{{x.data() + 3 * first, count, 3},
                                MatrixView<const double>{y.data() + first, count, 1}};
  };
  NormalEquations<double> whole(map), own(map);
  whole.add(rows(0, span.total));
  own.add(rows(span.first, span.count));
  const NormalEquations<double> sums = mpi::allreduce(own, comm);
  require(sums.num_rows() == span.total, "rows of allreduce");
  const Matrix<double> theta = RidgeRegression<double>(sums, {.ridge = 1e-4}).coefficients();
  const Matrix<double> expected = RidgeRegression<double>(whole, {.ridge = 1e-4}).coefficients();
  std::vector<double> a, b;
  for (Index i = 0; i < theta.rows(); ++i) {
    a.push_back(theta(i, 0));
    b.push_back(expected(i, 0));
  }
  require(distance(a, b) < 1e-9, "coefficients: " + std::to_string(distance(a, b)));
  // The same bits on all ranks.
  std::vector<double> first = a;
  MPI_Bcast(first.data(), static_cast<int>(first.size()), MPI_DOUBLE, 0, comm);
  require(a == first, "bits of ranks");
  const auto reduced = mpi::reduce(own, comm);
  require(reduced.has_value() == (rank_of(comm) == 0), "reduce is for rank 0");
  if (reduced) require(reduced->num_rows() == span.total, "rows of reduce");
}

/// Heads of a sequence, batch x heads x rows x columns.
template <Scalar T>
struct Rows {
  Index heads, rows, cols;
  std::vector<T> data;
  TensorView<const T, 4> part(Index first, Index count) const {
    return {data.data() + first * cols,
            {1, heads, count, cols},
            {heads * rows * cols, rows * cols, cols, 1}};
  }
};

/// The largest difference of causal outputs and of those without a mask, relative. Each rank takes
/// in all but `left_out` of its keys.
struct Distances {
  double causal = 0.0;
  double bidirectional = 0.0;
};

template <Scalar T>
Distances distances(MPI_Comm comm, const AttentionStateOptions& options, Index left_out) {
  const Span span = span_of(comm);
  const std::vector<FeatureMap<T>> maps{FeatureMap<T>(softmax_spec(5)),
                                        FeatureMap<T>(softmax_spec(6))};
  const auto tensor = [&](std::uint64_t seed, Index heads, Index cols) {
    return Rows<T>{heads, span.total, cols, normals<T>(seed, heads * span.total * cols)};
  };
  const Rows<T> q = tensor(7, 4, 4), k = tensor(8, 2, 4), v = tensor(9, 2, 3);
  const auto compare = [&](const auto& run, const auto& alone) {
    Rows<T> found{4, span.count, 3, std::vector<T>(static_cast<std::size_t>(12 * span.count))};
    Rows<T> whole{4, span.total, 3, std::vector<T>(static_cast<std::size_t>(12 * span.total))};
    run(TensorView<T, 4>(found.data.data(), {1, 4, span.count, 3}));
    alone(TensorView<T, 4>(whole.data.data(), {1, 4, span.total, 3}));
    std::vector<double> a, b;
    for (Index h = 0; h < 4; ++h) {
      for (Index i = 0; i < 3 * span.count; ++i) {
        a.push_back(
            static_cast<double>(found.data[static_cast<std::size_t>(3 * h * span.count + i)]));
        b.push_back(static_cast<double>(
            whole.data[static_cast<std::size_t>(3 * (h * span.total + span.first) + i)]));
      }
    }
    return distance(a, b);
  };
  const AttentionInputs<T> mine{q.part(span.first, span.count), k.part(span.first, span.count),
                                v.part(span.first, span.count)};
  const AttentionInputs<T> all{q.part(0, span.total), k.part(0, span.total), v.part(0, span.total)};
  const std::span<const FeatureMap<T>> held(maps);
  AttentionState<T> own(held, 1, 2, 3, options);
  const Index taken = std::max<Index>(span.count - left_out, 0);
  own.append(k.part(span.first, taken), v.part(span.first, taken));
  return {
      .causal = compare([&](TensorView<T, 4> out) { mpi::earlier(own, comm).advance(mine, out); },
                        [&](TensorView<T, 4> out) {
                          AttentionState<T>(held, 1, 2, 3, options).advance(all, out);
                        }),
      .bidirectional = compare(
          [&](TensorView<T, 4> out) { mpi::allreduce(own, comm).attend(mine.queries, out); },
          [&](TensorView<T, 4> out) {
            AttentionState<T> state(held, 1, 2, 3, options);
            state.append(all.keys, all.values);
            state.attend(all.queries, out);
          })};
}

template <Scalar T>
void attention_is_that_of_one_process(MPI_Comm comm, const AttentionStateOptions& options,
                                      double tolerance) {
  const auto [causal, bidirectional] = distances<T>(comm, options, 0);
  require(causal < tolerance, "causal: " + std::to_string(causal));
  require(bidirectional < tolerance, "bidirectional: " + std::to_string(bidirectional));
}

/// A key too few on each rank does not go unseen.
void a_wrong_state_is_caught(MPI_Comm comm) {
  const auto [causal, bidirectional] = distances<double>(comm, {}, 1);
  double largest = std::max(causal, bidirectional);
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, comm);
  require(largest > 1e-4, "a key that was left out changes " + std::to_string(largest));
}

void attention_of_all_kinds(MPI_Comm comm) {
  attention_is_that_of_one_process<double>(comm, {}, 1e-12);
  attention_is_that_of_one_process<float>(comm, {}, 1e-6);
  attention_is_that_of_one_process<double>(comm, {.window = 9, .first_keys = 3}, 1e-12);
  attention_is_that_of_one_process<double>(comm, {.decay = {0.05, 0.3}}, 1e-12);
  attention_is_that_of_one_process<double>(comm, {.window = 100, .decay = {0.01, 0.0}}, 1e-12);
}

void ranks_that_differ_are_refused() {
  const int last = size_of(kWorld) - 1;
  if (last == 0) return;
  const bool other = rank_of(kWorld) == last;
  const NormalEquations<double> sums(FeatureMap<double>(spec_of(other ? 2 : 1)));
  const std::string said = refused([&] { mpi::allreduce(sums, kWorld); });
  require(said == "allreduce: the map is " + to_text(spec_of(1)) + " on rank 0 and " +
                      to_text(spec_of(2)) + " on rank " + std::to_string(last) +
                      ", expected the same everywhere",
          said);
  const NormalEquations<double> two(FeatureMap<double>(spec_of(1)),
                                    {.num_targets = other ? 2 : 1, .target_offset = {}});
  const std::string targets = refused([&] { mpi::reduce(two, kWorld); });
  require(targets.starts_with("reduce: rank ") && targets.find("target") != std::string::npos,
          targets);
  const FeatureMap<float> softmax(softmax_spec(1));
  const AttentionState<float> heads(softmax, 1, other ? 3 : 2, 3);
  const std::string extents = refused([&] { mpi::earlier(heads, kWorld); });
  require(extents.find("key_heads") != std::string::npos, extents);
}

/// Messages of the caller's under way stay theirs; parts of the world are as good as it.
void communicators_are_the_callers() {
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(kWorld, rank_of(kWorld) % 2, 0, &half);
  sums_are_those_of_one_process(half);
  MPI_Comm_free(&half);
  const NormalEquations<double> sums(FeatureMap<double>(spec_of(1)));
  const std::string said = refused([&] { mpi::allreduce(sums, MPI_COMM_NULL); });
  require(said == "allreduce: comm is the null communicator", said);
}

void intercommunicators_are_refused() {
  if (size_of(kWorld) == 1) return;
  const int side = rank_of(kWorld) % 2;
  MPI_Comm half = MPI_COMM_NULL, inter = MPI_COMM_NULL;
  MPI_Comm_split(kWorld, side, 0, &half);
  MPI_Intercomm_create(half, 0, kWorld, 1 - side, 0, &inter);
  const NormalEquations<double> sums(FeatureMap<double>(spec_of(1)));
  const std::string said = refused([&] { mpi::reduce(sums, inter); });
  require(said == "reduce: comm is an intercommunicator, expected an intracommunicator", said);
  MPI_Comm_free(&inter);
  MPI_Comm_free(&half);
}

/// In a caller's communicator whose errors are returned, too.
void errors_of_mpi_end_all_ranks() {
  MPI_Comm returning = MPI_COMM_NULL;
  MPI_Comm_dup(kWorld, &returning);
  MPI_Comm_set_errhandler(returning, MPI_ERRORS_RETURN);
  const NormalEquations<double> sums(FeatureMap<double>(spec_of(1)));
  broadcasts = {};
  mpi::allreduce(sums, returning);
  require(broadcasts.fatal > 0 && broadcasts.other == 0, "the handler of errors");
  MPI_Bcast(&broadcasts.other, 0, MPI_INT, 0, returning);
  require(broadcasts.other == 1, "a handler that returns was not seen");
  MPI_Comm_free(&returning);
}

void lengths_are_those_that_mpi_counts() {
  const std::uint64_t most = (std::uint64_t{1} << 31) - 1;
  const std::vector<std::uint64_t> fitting{3, 0, most - 3}, long_ones{most, 1};
  const mpi::Counts counts = mpi::counts_of(fitting);
  require(counts.starts == std::vector<int>{0, 3, 3}, "starts");
  require(counts.total == static_cast<int>(most), "the end");
  const std::string said = refused([&] { mpi::counts_of(long_ones); });
  require(said == "what ranks say is 2147483648 bytes, MPI counts to 2^31 - 1", said);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  sums_are_those_of_one_process(kWorld);
  attention_of_all_kinds(kWorld);
  a_wrong_state_is_caught(kWorld);
  ranks_that_differ_are_refused();
  communicators_are_the_callers();
  intercommunicators_are_refused();
  errors_of_mpi_end_all_ranks();
  lengths_are_those_that_mpi_counts();
  if (rank_of(kWorld) == 0) std::printf("checks on %d ranks: ok\n", size_of(kWorld));
  MPI_Finalize();
  return 0;
}
