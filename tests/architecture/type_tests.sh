#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Nobody asks which alternative a kernel, projection or feature function is, but the registries: an
# alternative says of itself what others want to know (docs/extending). None above the feature map,
# at most six below, where laws are told apart.
# Usage: type_tests.sh ROOT
set -euo pipefail
cd "$1"
tests() {
  grep -rnE '(holds_alternative|get_if)<[A-Za-z_:]*(Kernel|Projection|Features|Scale|T)>' \
    --include='*.[ch]pp' "$@" || true
  grep -rnE 'std::get<(Isotropic|Diagonal|Full|[A-Za-z_:]*(Kernel|Projection|Features))>|\b(features|kernel|projection|metric)\.index\(\)' \
    --include='*.[ch]pp' "$@" || true
  grep -rnE 'requires \{ (f|k|p|kernel|projection|features)\.[a-z_]+; \}' \
    --include='*.[ch]pp' "$@" || true
  grep -rnE 'isinstance\(.*([a-z](Kernel|Projection|Features)|\b(Isotropic|Diagonal|Full))\b|type\([a-z_.]*(kernel|projection|features)\)( |\]|,)' \
    --include='*.py' "$@" || true
  # By its text, or by a member that only one of them has.
  grep -rnE "['\"](kernel|projection|features)=[a-z-]+['\"] (not )?in |hasattr\((kernel|projection|features)\b|(word|str)\([a-z_.]*(kernel|projection|features)\)(\.(partition|split|startswith)| (not )?in| [=!]=)" \
    --include='*.py' "$@" || true
}
status=0
upper=(src/estimator src/client src/io src/study src/pipeline src/report src/interface)
# There no variant is asked at all, whatever it holds: it is visited.
above=$(
  tests "${upper[@]}"
  grep -rnE '\b(holds_alternative|get_if)<' --include='*.[ch]pp' "${upper[@]}" || true
)
if [ -n "$above" ]; then
  echo "$above"
  echo "an alternative is asked for by its type, expected a question to its trait"
  status=1
fi
below=$(tests src/kernel src/projection src/features src/feature_map)
if [ "$(grep -c . <<<"$below")" -gt 6 ]; then
  echo "$below"
  echo "more than six type tests below the estimator"
  status=1
fi
exit $status
