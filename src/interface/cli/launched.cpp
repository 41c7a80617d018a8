// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/launched.hpp"

#include "bochner/core/error.hpp"
#include "io/message.hpp"

#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#ifdef BOCHNER_CLI_MPI
#include "bochner/mpi/states.hpp"
#include "interface/mpi/communicator.hpp"
#endif

namespace bochner::cli {
namespace {

/// How many processes a launcher says there are, of Open MPI and of what speaks PMI; 0 without one.
int launched_processes() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    if (const char* const value = std::getenv(name)) return std::atoi(value);
  }
  return 0;
}

std::vector<std::string> files_of(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> out;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  std::sort(out.begin(), out.end());
  return out;
}

#ifdef BOCHNER_CLI_MPI
/// MPI from the first call to the last.
struct Session {
  Session() {
    int level = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level);
  }
  ~Session() { MPI_Finalize(); }
};

class Ranks final : public pipeline::Partners {
 public:
  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  std::vector<std::string> allgather(const std::string& said) const override {
    return ranks_.allgather(said);
  }
  void together(const std::function<void()>& work) const override { ranks_.together("", work); }
  void require_same(std::string_view name, const std::string& said) const override {
    ranks_.require_same("", name, said);
  }
  std::optional<NormalEquations<float>> reduce(const NormalEquations<float>& sums) const override {
    return mpi::reduce(sums, MPI_COMM_WORLD);
  }
  std::optional<NormalEquations<double>> reduce(
      const NormalEquations<double>& sums) const override {
    return mpi::reduce(sums, MPI_COMM_WORLD);
  }
  /// Takes no memory: a lack of it may be the reason.
  void abandon(const char* why) const override {
    std::array<char, 12> rank{};
    const char* const end = std::to_chars(rank.begin(), rank.end(), ranks_.rank()).ptr;
    io::write_line(STDERR_FILENO,
                   {"bochner fit: rank ", std::string_view(rank.data(), end), ": ", why});
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::_Exit(1);
  }

 private:
  Session session_;
  mpi::Communicator ranks_{"", MPI_COMM_WORLD};
};
#endif

}  // namespace

std::unique_ptr<pipeline::Partners> launched_partners() {
  const int processes = launched_processes();
#ifdef BOCHNER_CLI_MPI
  return processes > 1 ? std::make_unique<Ranks>() : nullptr;
#else
  if (processes <= 1) return nullptr;
  throw InvalidArgument("there are " + std::to_string(processes) +
                        " processes, and this build has no MPI: expected one, or a build with "
                        "-DBOCHNER_BUILD_MPI=ON");
#endif
}

std::vector<std::string> files_of_ranks(const std::string& pattern,
                                        const pipeline::Partners& partners) {
  std::vector<std::string> files;
  std::string names;
  partners.together([&] {
    files = files_of(pattern);
    if (static_cast<int>(files.size()) != partners.size()) {
      throw InvalidArgument("--data " + io::quoted(pattern) + " names " +
                            std::to_string(files.size()) + " files, expected " +
                            std::to_string(partners.size()) + " (one per rank)");
    }
    for (const std::string& file : files) names += (names.empty() ? "" : ", ") + file;
  });
  partners.require_same("the list of files", names);
  return files;
}

std::string file_alone(const std::string& path) {
  std::error_code unknown;
  if (launched_processes() != 1 || std::filesystem::exists(path, unknown)) return path;
  const std::vector<std::string> files = files_of(path);
  return files.size() == 1 ? files.front() : path;
}

}  // namespace bochner::cli
