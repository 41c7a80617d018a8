// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint.hpp"

#include "bochner/core/error.hpp"
#include "io/archive_file.hpp"
#include "io/output_file.hpp"

#include <unistd.h>

#include <cstddef>
#include <utility>

namespace bochner::io {
namespace {

constexpr const char* kRun = "checkpoint_run";
constexpr const char* kGeneration = "checkpoint_generation";

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

Checkpoint::Checkpoint(std::string stem, std::string run)
    : slots_{stem + ".checkpoint0", stem + ".checkpoint1"}, run_(std::move(run)) {}

const std::string& Checkpoint::slot(Index which) const {
  return slots_[static_cast<std::size_t>(which)];
}

bool Checkpoint::exists() const { return is_there(slot(0)) || is_there(slot(1)); }

std::optional<Archive> Checkpoint::load() {
  std::optional<Archive> newest;
  std::string damage;
  for (Index which = 0; which < kSlots; ++which) {
    if (!is_there(slot(which))) continue;
    try {
      Archive archive = io::read_archive(slot(which));
      const Index generation = archive.count(kGeneration);
      if (newest && generation <= generation_) continue;
      generation_ = generation;
      newest = std::move(archive);
    } catch (const std::exception& error) {
      damage = error.what();
    }
  }
  if (!newest && !damage.empty()) throw FileError(damage);
  if (newest && newest->word(kRun) != run_) {
    throw FileError(slot(generation_ % kSlots) +
                    ": belongs to another run (other data, options, version or instruction set); "
                    "remove it to begin again");
  }
  return newest;
}

void Checkpoint::save(Archive state) {
  const Index next = generation_ + 1;
  state.metadata.insert_or_assign(kRun, run_);
  state.metadata.insert_or_assign(kGeneration, std::to_string(next));
  io::OutputFile out(slot(next % kSlots));
  io::write_archive(out, state);
  out.commit();
  generation_ = next;
}

void Checkpoint::remove() const noexcept {
  for (const std::string& slot : slots_) ::unlink(slot.c_str());
}

}  // namespace bochner::io
