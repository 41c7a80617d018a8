// SPDX-License-Identifier: Apache-2.0
#include "interface/mpi/communicator.hpp"

#include "interface/mpi/counts.hpp"

#include <algorithm>
#include <cstdint>

namespace bochner::mpi {
namespace {

constexpr int kTag = 11;
/// Bytes of a message: below the 2^31 that MPI counts to.
constexpr std::size_t kPiece = std::size_t{1} << 30;

[[noreturn]] void refuse(std::string_view function, const std::string& what) {
  throw InvalidArgument((function.empty() ? "" : std::string(function) + ": ") + what);
}

/// Calls body(first, count) for pieces of a run of `size` bytes.
template <class Body>
void for_each_piece(std::size_t size, const Body& body) {
  for (std::size_t first = 0; first < size; first += kPiece) {
    body(first, static_cast<int>(std::min(kPiece, size - first)));
  }
}

}  // namespace

Communicator::Communicator(std::string_view function, MPI_Comm comm) {
  if (comm == MPI_COMM_NULL) refuse(function, "comm is the null communicator");
  int is_inter = 0;
  MPI_Comm_test_inter(comm, &is_inter);
  if (is_inter != 0) {
    refuse(function, "comm is an intercommunicator, expected an intracommunicator");
  }
  if (MPI_Comm_dup(comm, &comm_) != MPI_SUCCESS) refuse(function, "comm cannot be duplicated");
  // A duplicate takes over the caller's handler, which may let calls fail that others wait for.
  MPI_Comm_set_errhandler(comm_, MPI_ERRORS_ARE_FATAL);
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size_);
}

Communicator::~Communicator() { MPI_Comm_free(&comm_); }

Bytes Communicator::exchange(std::span<const std::byte> sent, std::optional<int> to,
                             std::optional<int> source) const {
  const std::uint64_t length = sent.size();
  std::vector<MPI_Request> requests;
  if (to) {
    MPI_Isend(&length, 1, MPI_UINT64_T, *to, kTag, comm_, &requests.emplace_back());
    for_each_piece(sent.size(), [&](std::size_t first, int count) {
      MPI_Isend(sent.data() + first, count, MPI_BYTE, *to, kTag, comm_, &requests.emplace_back());
    });
  }
  Bytes received;
  if (source) {
    std::uint64_t coming = 0;
    MPI_Recv(&coming, 1, MPI_UINT64_T, *source, kTag, comm_, MPI_STATUS_IGNORE);
    received.resize(coming);
    for_each_piece(received.size(), [&](std::size_t first, int count) {
      MPI_Recv(received.data() + first, count, MPI_BYTE, *source, kTag, comm_, MPI_STATUS_IGNORE);
    });
  }
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  return received;
}

void Communicator::broadcast(Bytes& bytes) const {
  std::uint64_t length = bytes.size();
  MPI_Bcast(&length, 1, MPI_UINT64_T, 0, comm_);
  bytes.resize(length);
  for_each_piece(bytes.size(), [&](std::size_t first, int count) {
    MPI_Bcast(bytes.data() + first, count, MPI_BYTE, 0, comm_);
  });
}

std::vector<std::string> Communicator::allgather(const std::string& said) const {
  const std::uint64_t length = said.size();
  std::vector<std::uint64_t> gathered(static_cast<std::size_t>(size_));
  MPI_Allgather(&length, 1, MPI_UINT64_T, gathered.data(), 1, MPI_UINT64_T, comm_);
  const Counts counts = counts_of(gathered);
  std::string all(static_cast<std::size_t>(counts.total), '\0');
  MPI_Allgatherv(said.data(), static_cast<int>(length), MPI_CHAR, all.data(), counts.lengths.data(),
                 counts.starts.data(), MPI_CHAR, comm_);
  std::vector<std::string> out;
  for (std::size_t r = 0; r < gathered.size(); ++r) {
    out.push_back(all.substr(static_cast<std::size_t>(counts.starts[r]),
                             static_cast<std::size_t>(counts.lengths[r])));
  }
  return out;
}

void Communicator::require_same(std::string_view function, std::string_view name,
                                const std::string& said) const {
  const std::vector<std::string> everyone = allgather(said);
  for (std::size_t r = 1; r < everyone.size(); ++r) {
    if (everyone[r] == everyone[0]) continue;
    refuse(function, std::string(name) + " is " + everyone[0] + " on rank 0 and " + everyone[r] +
                         " on rank " + std::to_string(r) + ", expected the same everywhere");
  }
}

void Communicator::require_no_failure(std::string_view function, const std::string& failure) const {
  const std::vector<std::string> everyone = allgather(failure);
  for (std::size_t r = 0; r < everyone.size(); ++r) {
    if (!everyone[r].empty()) refuse(function, "rank " + std::to_string(r) + ": " + everyone[r]);
  }
}

}  // namespace bochner::mpi
