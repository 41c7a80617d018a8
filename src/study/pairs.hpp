// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"
#include "study/pair_study.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// \file
/// Pairs of inputs and matrices of them to study kernels at.

namespace bochner::study {

/// Two orthonormal directions at random, the same for all studies of this dimension (at least 2).
Matrix<double> study_plane(Index dimension);

/// x = `norm` e_1 and y = `norm` (cos(angle) e_1 + sin(angle) e_2) in the rows of `plane`.
StudyPair pair_at(const Matrix<double>& plane, double norm, double angle, std::string label);

/// Pairs of each length and each angle.
std::vector<StudyPair> pairs_at(Index dimension, std::span<const double> norms,
                                std::span<const double> angles);

/// |x + y|^2 after the softmax kernel's scaling.
double square_sum(const StudyPair& pair, const Kernel& kernel);

/// The parameter that is optimal for mean |x + y|^2 = z2, where the feature function has one and it
/// is zero.
FeatureFunction fitted(FeatureFunction features, double z2, Index dimension);

/// `count` normal rows of `dimension` coordinates with E |x|^2 = `square`.
Matrix<double> normal_rows(Index count, Index dimension, double square, std::uint64_t item);

}  // namespace bochner::study
