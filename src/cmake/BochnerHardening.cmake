# SPDX-License-Identifier: Apache-2.0

# What a compiler and a linker can do against the misuse of memory errors: canaries and probes on the
# stack, checked copies of the C library, tables that are read-only once the program is loaded, and a
# program that can lie at any address. Each is used where it is known.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)
include(CheckPIESupported)

if(BOCHNER_HARDENING)
  check_cxx_compiler_flag(-fstack-protector-strong BOCHNER_HAS_STACK_PROTECTOR)
  check_cxx_compiler_flag(-fstack-clash-protection BOCHNER_HAS_STACK_CLASH_PROTECTION)
  check_linker_flag(CXX -Wl,-z,relro,-z,now BOCHNER_HAS_RELRO)
  check_pie_supported(LANGUAGES CXX)
  # A distribution's compiler may have chosen a level itself, which stays. Sanitizers check more.
  check_cxx_source_compiles(
    "#if defined(_FORTIFY_SOURCE) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
     #error
     #endif
     #if defined(__has_feature)
     #if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
     #error
     #endif
     #endif
     int main() { return 0; }"
    BOCHNER_LACKS_FORTIFY)
endif()

function(bochner_harden target)
  if(NOT BOCHNER_HARDENING)
    return()
  endif()
  if(BOCHNER_HAS_STACK_PROTECTOR)
    target_compile_options(${target} PRIVATE -fstack-protector-strong)
  endif()
  if(BOCHNER_HAS_STACK_CLASH_PROTECTION)
    target_compile_options(${target} PRIVATE -fstack-clash-protection)
  endif()
  if(BOCHNER_LACKS_FORTIFY)
    # The C library checks only what is optimised.
    target_compile_definitions(
      ${target} PRIVATE $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:_FORTIFY_SOURCE=2>)
  endif()
  get_target_property(type ${target} TYPE)
  if(BOCHNER_HAS_RELRO AND type MATCHES "EXECUTABLE|SHARED_LIBRARY")
    target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now)
  endif()
  if(type STREQUAL EXECUTABLE)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
endfunction()
