// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/export.hpp>

#include <string>
#include <string_view>

/// \file
/// How a long call says how far it is, and is asked to stop.

namespace bochner {

/// A part of a long call.
struct Stage {
  std::string_view what;       ///< "fit"
  double total = 0.0;          ///< work of the whole part, in any unit
  std::string_view unit = {};  ///< what work is counted in, such as "rows"; empty: not said
  double done = 0.0;           ///< work that was done before this process began
};

/// Looks on at a long call, whose stages follow one another. One thread at a time calls it; each
/// member does nothing unless it is overridden.
class BOCHNER_EXPORT Watcher {
 public:
  virtual ~Watcher();
  virtual void begin(const Stage& stage);
  virtual void advance(double work);
  virtual void end() noexcept;
  /// What went wrong without ending the call, such as a checkpoint that cannot be written.
  virtual void warn(const std::string& what);
  /// From here to `unguard` the call asks `stopping` often: a wish to stop is better noted than
  /// obeyed at once, since the call saves its state where it has one, and leaves by Interrupted.
  virtual void guard();
  virtual void unguard() noexcept;
  virtual bool stopping();
};

/// A stage, for as long as it lives. Without a watcher nothing happens.
class BOCHNER_EXPORT Progress {
 public:
  Progress(Watcher* watcher, const Stage& stage);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void advance(double work);

 private:
  Watcher* watcher_;
};

/// The watcher is guarded for as long as one lives.
class BOCHNER_EXPORT StopRequests {
 public:
  explicit StopRequests(Watcher* watcher);
  StopRequests(const StopRequests&) = delete;
  StopRequests& operator=(const StopRequests&) = delete;
  ~StopRequests();
  bool pending() const;

 private:
  Watcher* watcher_;
};

}  // namespace bochner
