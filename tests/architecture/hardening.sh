#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The program carries what protects against memory errors: it can lie at any address, its stack is no
# code, its tables are read-only once it is loaded, its frames have canaries.
# Usage: hardening.sh PROGRAM
set -euo pipefail
command -v readelf >/dev/null || exit 77
bad=0
expect() { # WHAT PATTERN READELF-OPTION
  readelf -W "$3" "$program" | grep -E "$2" >/dev/null || { echo "$program: $1"; bad=1; }
}
program=$1
expect "is at a fixed address, expected a position-independent program" '^ *Type: +DYN' -h
expect "has no GNU_RELRO segment" 'GNU_RELRO' -l
expect "binds its symbols late, expected at once" 'BIND_NOW|FLAGS_1.*NOW' -d
expect "has no canaries on its stack" '__stack_chk_fail' --dyn-syms
if readelf -W -l "$program" | grep 'GNU_STACK.* RWE ' >/dev/null; then
  echo "$program: has a stack that is code"
  bad=1
fi
exit $bad
