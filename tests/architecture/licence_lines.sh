#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every source file says under which licence it is, in its first three lines.
# Usage: licence_lines.sh ROOT
set -euo pipefail
cd "$1"
bad=0
while IFS= read -r file; do
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || { echo "$file"; bad=1; }
done < <(find CMakeLists.txt src include tests examples bench .ci -type f \
  \( -name '*.[ch]pp' -o -name '*.h' -o -name '*.in' -o -name '*.sh' -o -name '*.cmake' \
  -o -name '*.py' -o -name CMakeLists.txt -o -path .ci/run \) 2>/dev/null)
exit $bad
