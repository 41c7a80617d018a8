// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shared_fit.hpp"

#include "bochner/core/error.hpp"
#include "bochner/version.hpp"
#include "core/stopwatch.hpp"
#include "core/text.hpp"
#include "io/archive_file.hpp"
#include "io/output_file.hpp"
#include "io/output_lock.hpp"
#include "pipeline/fit_checks.hpp"
#include "pipeline/fit_parts.hpp"
#include "pipeline/fit_search.hpp"
#include "pipeline/shared_summary.hpp"
#include "pipeline/streaming_fit.hpp"
#include "simd/engine.hpp"

#include <string>
#include <utility>
#include <vector>

namespace bochner::pipeline {

namespace {

void require_shareable(const FitRequest& request) {
  const auto refuse = [](bool asked, const char* what) {
    if (asked) throw InvalidRequest(std::string("over several ranks ") + what);
  };
  refuse(request.task == Task::classify, "targets are numbers, and classes are not offered");
  refuse(!request.columns.groups.empty(), "groups are not offered");
  refuse(request.study != StudyFit::none, "a fit is not studied");
  refuse(request.solver == Solver::conjugate_gradients, "the solver is cholesky");
  refuse(request.resume != Resume::no, "there are no checkpoints to go on from");
  refuse(request.intervals.held_out != HeldOut::none, "intervals are not offered");
}

/// The columns as a fit uses them.
std::string columns_text(const TrainingFile& file) {
  std::string out;
  for (const FileColumns* columns : {&file.inputs(), &file.targets(), &file.weights()}) {
    if (!out.empty()) out += "; ";
    for (std::size_t c = 0; c < columns->names.size(); ++c) {
      if (c > 0) out += ", ";
      out += std::to_string(columns->places[c] + 1) + " " + columns->names[c];
    }
  }
  return out;
}

/// Those that have moments.
std::vector<std::string> input_and_target_names(const TrainingFile& file) {
  std::vector<std::string> out = file.inputs().names;
  const std::vector<std::string>& targets = file.targets().names;
  out.insert(out.end(), targets.begin(), targets.end());
  return out;
}

/// Where the model goes: of rank 0.
struct ModelFile {
  explicit ModelFile(const std::string& path) : lock(path), file(path) {}
  io::OutputLock lock;
  io::OutputFile file;
};

/// One call, on one rank.
class SharedFit {
 public:
  SharedFit(const FitRequest& request, const Partners& partners, Watcher* watcher)
      : request_(request), partners_(partners), watcher_(watcher) {}

  std::optional<Fitted> run(const std::function<void(const Fitted&)>& before_writing) {
    open();
    TrainingSummary own;
    partners_.together([&] {
      own = summarise(*file_, request_.task, seed_of_rank(request_.spec.seed, partners_.rank()),
                      watcher_);
    });
    const TrainingSummary all =
        joined_summary(partners_, own, input_and_target_names(*file_), request_.spec.seed);
    choose(all);
    // A rank reads its own rows, and sums them about the means of all.
    own.mean = all.mean;
    own.deviation = all.deviation;
    if (request_.arithmetic == Arithmetic::single_precision) {
      return fitted<float>(own, all, before_writing);
    }
    return fitted<double>(own, all, before_writing);
  }

 private:
  bool is_first() const { return partners_.rank() == 0; }

  void open() {
    partners_.require_same("the library", std::string("bochner ") + version_string());
    partners_.require_same("the instruction set", std::string(simd::kernels<float>().name));
    share_error<InvalidRequest>(partners_, [&] {
      require_valid(request_);
      require_shareable(request_);
    });
    partners_.together([&] {
      if (is_first() && !request_.output.empty()) destination_.emplace(request_.output);
      file_.emplace(request_.data, request_.reading, request_.columns);
      require_header(*file_, request_.output);
      request_.spec.input_dim = file_->num_inputs();
      require_room(request_, file_->num_targets());
    });
    share_error<InvalidRequest>(partners_, [&] { require_draws(request_); });
    partners_.require_same("the list of columns", columns_text(*file_));
  }

  /// Rank 0 searches, the others hear of it.
  void choose(const TrainingSummary& all) {
    partners_.together([&] {
      plan_.emplace(plan_of(request_, standardisation_of(all, file_->num_inputs()), watcher_));
      if (is_first()) outcome_.search = choose_hyperparameters(*file_, all, request_, *plan_);
    });
    Archive chosen;
    if (is_first()) {
      chosen.metadata = {{"map", to_text(plan_->spec)},
                         {"ridge", text::number(plan_->model.ridge)}};
    }
    const std::string said = partners_.allgather(archive_text(chosen)).front();
    partners_.together([&] {
      const Archive heard = archive_of(said);
      plan_->spec = parse_spec(heard.word("map"));
      plan_->model.ridge = heard.number("ridge");
    });
  }

  template <Scalar T>
  std::optional<Fitted> fitted(const TrainingSummary& own, const TrainingSummary& all,
                               const std::function<void(const Fitted&)>& before_writing) {
    const Stopwatch watch;
    std::optional<NormalEquations<T>> sums;
    partners_.together([&] { sums = sum_file<T>(*file_, own, *plan_, nullptr, std::nullopt); });
    const std::optional<NormalEquations<T>> total = partners_.reduce(*sums);
    sums.reset();
    std::optional<Fitted> out;
    partners_.together([&] {
      if (!total) return;
      RidgeRegression<T> model(*total, plan_->model, plan_->execution);
      std::optional<RidgeFeatureErrors<T>> errors = feature_errors_of(*total, *plan_);
      outcome_.layout = file_->layout();
      outcome_.constant = constant_inputs(*file_, all);
      outcome_.seconds = watch.seconds();
      out.emplace(Fitted{.model = model_of(*file_, all, *plan_, std::move(model)),
                         .outcome = std::move(outcome_)});
      if (errors) out->model.feature_errors = *std::move(errors);
      if (before_writing) before_writing(*out);
      if (!destination_) return;
      io::write_archive(destination_->file, to_archive(out->model));
      destination_->file.commit();
    });
    return out;
  }

  FitRequest request_;
  const Partners& partners_;
  Watcher* watcher_;
  std::optional<ModelFile> destination_;
  std::optional<TrainingFile> file_;
  std::optional<FitPlan> plan_;
  FitOutcome outcome_;
};

}  // namespace

std::optional<Fitted> fit_together(const FitRequest& request, const Partners& partners,
                                   Watcher* watcher,
                                   const std::function<void(const Fitted&)>& before_writing) {
  return SharedFit(request, partners, watcher).run(before_writing);
}

}  // namespace bochner::pipeline
