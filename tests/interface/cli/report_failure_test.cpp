// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace bochner::test;

namespace {

/// A report into a fresh or a used folder, with the nth call of the system failing or the process
/// dying at it, for each n. Lists the runs after which the folder is neither all new nor as before.
/// `others`: makes what else is in the folder. `atomic`: dying may leave no mixture.
constexpr const char* kScript = R"script(
cd "$folder"
printf 'a,b\n1,2\n3,5\n4,1\n0,2\n' >x.csv
state() {
  find report -mindepth 1 2>/dev/null | sort | while read -r f; do
    case $f in
      report/report.json | report/table.csv | report/error.svg)
        if grep -q old "$f"; then echo "$f old"; else echo "$f new"; fi ;;
      *) if [ -d "$f" ]; then echo "$f/"; else echo "$f $(cat "$f")"; fi ;;
    esac
  done
}
run() {
  rm -rf report report.*
  if [ -n "$others" ]; then mkdir report; eval "$others"; fi
  before=$(state) status=0
  env LD_PRELOAD="$shim" "$@" "$program" gram -i x.csv --frequencies 16 --report report \
    >out.txt 2>err.txt || status=$?
  now=$(state)
}
run BOCHNER_CALLS=count
[ $status = 0 ] || { echo "cannot run: $(cat err.txt)"; exit; }
after=$now calls=$(cat count)
rm -f count
[ "$calls" -gt 10 ] || echo "only $calls calls"
for ends in fail die; do
  for n in $(seq "$calls"); do
    run BOCHNER_CALL=$n BOCHNER_CALL_ENDS=$ends
    whole=no
    if [ "$now" = "$after" ] || [ "$now" = "$before" ]; then whole=yes; fi
    if [ $ends = fail ]; then
      case $status in
        0) [ "$now" = "$after" ] || echo "$n fails: done, but $now" ;;
        1) [ -s err.txt ] || echo "$n fails: not a word" ;;
        *) echo "$n fails: status $status: $(cat err.txt)" ;;
      esac
      [ $whole = yes ] || echo "$n fails: $now"
    elif [ "$atomic" = yes ]; then
      [ $whole = yes ] || echo "$n dies: $now"
    fi
  done
done
)script";

std::string run(const std::string& others, const std::string& atomic,
                const std::string& environment = "BOCHNER_WITHOUT=nothing") {
  const Scratch scratch;
  return shell(kScript,
               {.environment = {"folder=" + scratch.path(),
                                "shim=" + std::string(BOCHNER_FAILING_CALLS),
                                "program=" + std::string(BOCHNER_PROGRAM), "others=" + others,
                                "atomic=" + atomic, environment, "OMP_NUM_THREADS=1"}})
      .out;
}

const std::string kOld = "for f in report.json table.csv; do echo old >report/$f; done; ";

}  // namespace

TEST_CASE("a report is whole or as before, whatever fails and wherever the process dies",
          "[report]") {
  CHECK(run("", "yes") == "");
  CHECK(run(kOld, "yes") == "");
  CHECK(run(kOld + "echo mine >report/notes; echo your >report/more; ", "yes") == "");
}

TEST_CASE("where folders cannot be exchanged a failure takes all files back", "[report]") {
  CHECK(run(kOld + "echo mine >report/notes; ", "no", "BOCHNER_WITHOUT=renameat2") == "");
  CHECK(run(kOld + "echo mine >report/notes; ", "no", "BOCHNER_WITHOUT=link") == "");
  CHECK(run(kOld + "mkdir report/sub; echo mine >report/sub/notes; ", "no") == "");
}
