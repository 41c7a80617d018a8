// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/state.hpp>
#include <bochner/client/regression/normal_equations.hpp>
#include <bochner/export.hpp>

#include <optional>

#include <mpi.h>

/// \file
/// States of the ranks of a communicator, merged. All ranks make a call together; it talks in a
/// duplicate of the caller's communicator, which is freed again and in which an error of MPI ends
/// all ranks. Null communicators and intercommunicators are refused. What is wrong on one rank is
/// thrown on all of them, with one message that names it: InvalidArgument on states of other maps,
/// extents or options, on other versions of the library (naming both) and on bytes that were
/// damaged (they carry a digest). States travel as the bytes of `io::to_bytes`, in messages of at
/// most 2^30 of them, so that no count reaches the 2^31 of MPI.
///
/// States are merged in the tree of Python's `merge_in_order`: rank 2i + 1 into rank 2i, then pairs
/// of pairs. It depends on the number of ranks alone, and so do the bits.

namespace bochner::mpi {

/// The states of all ranks merged, on rank 0; nothing elsewhere. O(log(ranks)) rounds, and every
/// rank but 0 sends one state.
template <Scalar T>
BOCHNER_EXPORT std::optional<NormalEquations<T>> reduce(const NormalEquations<T>& state,
                                                        MPI_Comm comm);

/// The same on every rank, with the same bits: rank 0 sends the result to all.
///
/// ```c++
/// NormalEquations<double> sums(map);
/// sums.add({x, y});  // the rows of this rank
/// const RidgeRegression<double> model(mpi::allreduce(sums, MPI_COMM_WORLD), {.ridge = 1e-6});
/// ```
template <Scalar T>
BOCHNER_EXPORT NormalEquations<T> allreduce(const NormalEquations<T>& state, MPI_Comm comm);

/// Attention over the keys of all ranks, in their order: `attend` with it is bidirectional
/// attention over a sequence that is cut over ranks. Maps are drawn from the texts of their specs;
/// given frequencies are refused.
template <Scalar T>
BOCHNER_EXPORT AttentionState<T> allreduce(const AttentionState<T>& state, MPI_Comm comm);

/// The merged state of the ranks before this one, without keys on rank 0: `advance` with it is
/// causal attention over a sequence of which each rank has a span. ceil(log2(ranks)) rounds, in
/// each of which a rank sends at most one state, whatever the length of the sequence.
///
/// ```c++
/// AttentionState<float> own(map, batch, key_heads, value_dim, options);
/// own.append(keys, values);  // of this rank
/// mpi::earlier(own, MPI_COMM_WORLD).advance({queries, keys, values}, out);
/// ```
template <Scalar T>
BOCHNER_EXPORT AttentionState<T> earlier(const AttentionState<T>& state, MPI_Comm comm);

}  // namespace bochner::mpi
