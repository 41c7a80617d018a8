#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A file may include another only from its own folder or from a strictly lower layer.
# Usage: layers.sh ROOT
set -euo pipefail
cd "$1"

grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]pp' --include='*.h' src include |
  awk '
    BEGIN {
      layer["core"] = 0
      layer["random"] = 1
      layer["io"] = 1.5  # archives say the version of the random streams
      layer["simd"] = 2
      layer["linalg"] = 2.5  # its large factorisations run on the products of simd
      layer["kernel"] = 3
      layer["projection"] = layer["features"] = 4
      layer["feature_map"] = 5
      layer["estimator"] = 6
      layer["client"] = 7
      layer["study"] = layer["pipeline"] = 8
      layer["bochner"] = layer["eigen"] = 9  # the umbrella and the adaptor
      layer["report"] = 9
      layer["mpi"] = 9  # the public headers of interface/mpi
      layer["interface"] = layer["c_api"] = 10
    }
    # The unit of a path below src/ or include/bochner/: its folder or, at the top, its stem. Clients
    # are units of their own: attention does not include regression.
    function unit(path,   parts) {
      if (path ~ /^client\//) { sub(/^client\//, "", path); sub(/[._\/].*/, "", path); return "client/" path }
      if (path ~ /^(export|version)\.hpp/) return "core"  # generated
      split(path, parts, /[\/.]/)
      return parts[1]
    }
    function height(u) { sub(/\/.*/, "", u); return u in layer ? layer[u] : -1 }
    {
      split($0, location, ":")
      file = location[1]
      sub(/^src\//, "", file); sub(/^include\/bochner\//, "", file)
      target = $0
      sub(/^.*#[[:space:]]*include[[:space:]]*/, "", target)
      quoted = target ~ /^"/
      target = substr(target, 2)
      sub(/[">].*/, "", target)
      if (!quoted && target !~ /^bochner\//) next  # the standard library and third parties
      sub(/^bochner\//, "", target)
      from = unit(file); to = unit(target)
      if (from == to) next
      if (height(from) < 0 || height(to) < 0 || height(to) >= height(from)) {
        printf "%s:%s: %s may not include %s (%s)\n", location[1], location[2], from, to, target
        bad = 1
      }
    }
    END { exit bad }'
