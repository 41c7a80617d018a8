// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <tuple>

/// \file
/// Which file a name leads to, so that what is read is not written over.

namespace bochner::io {

/// What a file is opened for; "-" is the standard stream of that direction.
enum class FileUse { read, written };

/// Device and inode of a regular file; of one that is not there yet, where it would be.
using FileIdentity = std::tuple<dev_t, ino_t, std::string>;

/// Nothing for an empty name, for a device or a pipe, which nothing replaces, and for what the
/// reader or the writer is going to complain about.
std::optional<FileIdentity> identity_of(const std::string& name, FileUse use);

}  // namespace bochner::io
