# SPDX-License-Identifier: Apache-2.0

# Flags of every target that this project compiles.
function(bochner_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden
                                             VISIBILITY_INLINES_HIDDEN ON)
  # A contracted a*b+c has other bits than the same line elsewhere; kernels say MulAdd where they mean it.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -ffp-contract=off)
  # Threads of some systems have 128 KiB of stack.
  target_compile_options(${target} PRIVATE -Wframe-larger-than=65536)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # It sees overlapping copies inside std::string where there are none (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Unnamed namespaces of the files that a unity file includes are as good as its own. Inlined
    # across them, g++ 12 takes the storage of a vector for a part of something (GCC bug 104475).
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage -Wno-free-nonheap-object)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Without collecting its garbage g++ is a tenth faster and holds up to two fifths more.
    target_compile_options(${target} PRIVATE --param=ggc-min-heapsize=524288)
  endif()
  if(BOCHNER_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(BOCHNER_ENABLE_ASSERTS)
    target_compile_definitions(${target} PRIVATE BOCHNER_ENABLE_ASSERTS)
  endif()
  bochner_harden(${target})
endfunction()

# Headers that a target's files have precompiled: target_precompile_headers(TARGET ARGUMENTS...).
function(bochner_precompile_headers target)
  target_precompile_headers(${target} ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # The same bug: of a precompiled header g++ forgets that it is the system's. The preset `clang`
    # precompiles nothing and keeps these warnings.
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
endfunction()
