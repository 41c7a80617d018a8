// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mpi.h>

/// \file
/// The ranks of a communicator of our own, and what they send each other.

namespace bochner::mpi {

using Bytes = std::vector<std::byte>;

/// A duplicate of the caller's communicator, freed with this.
class Communicator {
 public:
  /// An error of MPI in it ends all ranks, whatever handler the caller's has. Throws
  /// InvalidArgument on the null communicator and on intercommunicators.
  Communicator(std::string_view function, MPI_Comm comm);
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }

  /// Sends bytes to one rank and returns what comes from another; either may be missing.
  Bytes exchange(std::span<const std::byte> sent, std::optional<int> to,
                 std::optional<int> source) const;
  /// Those of rank 0, on all ranks.
  void broadcast(Bytes& bytes) const;
  /// What each rank says, in their order. Throws InvalidArgument on all of them where that is 2^31
  /// bytes or more.
  std::vector<std::string> allgather(const std::string& said) const;

  /// Throws InvalidArgument on all ranks, naming two, unless all say the same. Here and below, the
  /// message begins with the function's name, if there is one.
  void require_same(std::string_view function, std::string_view name,
                    const std::string& said) const;

  /// Runs `work`; what it throws on one rank is thrown on all of them.
  template <class Work>
  void together(std::string_view function, const Work& work) const {
    std::string failure;
    try {
      work();
    } catch (const std::exception& error) {
      failure = error.what();
      if (failure.empty()) failure = "an exception without a message";
    }
    require_no_failure(function, failure);
  }

 private:
  /// Throws where a rank's is not empty.
  void require_no_failure(std::string_view function, const std::string& failure) const;

  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace bochner::mpi
