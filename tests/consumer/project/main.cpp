// SPDX-License-Identifier: Apache-2.0
#include <bochner/bochner.hpp>

#include <cstring>

/// Reads a file that is not there: what files need is linked.
bool says_what_is_missing() {
  try {
    bochner::pipeline::load_model("/nonexistent/model.safetensors");
  } catch (const bochner::FileError&) {
    return true;
  }
  return false;
}

int main() {
  if (!says_what_is_missing()) return 1;
  const bochner::FeatureMap<float> map({.input_dim = 3, .num_frequencies = 8});
  try {
    bochner::parse_kernel("nonsense");
  } catch (const bochner::InvalidArgument&) {  // thrown by the library, caught by type out here
    const bool same_version = std::strcmp(bochner::version_string(), BOCHNER_VERSION_STRING) == 0;
    return same_version && map.num_features() == 16 && map.frequencies().rows() == 8 ? 0 : 1;
  }
  return 1;
}
