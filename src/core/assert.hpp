// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// `BOCHNER_ASSERT(condition)`: our own mistakes, checked in dev and sanitizer builds only.

#ifdef BOCHNER_ENABLE_ASSERTS
#include <cstdio>
#include <cstdlib>
#define BOCHNER_ASSERT(condition)                                                            \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
#else
#define BOCHNER_ASSERT(condition) static_cast<void>(sizeof(!(condition)))
#endif
