# SPDX-License-Identifier: Apache-2.0

# Headers, library, and the two ways to find them: a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/bochner)

install(
  TARGETS bochner
  EXPORT bochner-targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(
  DIRECTORY ${PROJECT_SOURCE_DIR}/include/bochner ${PROJECT_BINARY_DIR}/include/bochner
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING
  PATTERN "*.hpp"
  PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(
  EXPORT bochner-targets
  NAMESPACE bochner::
  DESTINATION ${package_dir})
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/bochner-config.cmake.in ${PROJECT_BINARY_DIR}/bochner-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/bochner-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/bochner-config.cmake
              ${PROJECT_BINARY_DIR}/bochner-config-version.cmake DESTINATION ${package_dir})

# What a static library needs at link time its users must name; a shared one brings it along.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pkgconfig_to_prefix /prefix/${pkgconfig_dir} /prefix)
set(pkgconfig_requires "")
set(pkgconfig_libs "")
set(pkgconfig_cflags "")
if(NOT BUILD_SHARED_LIBS)
  set(pkgconfig_requires "libhwy zlib")
  set(pkgconfig_libs ${OpenMP_CXX_FLAGS})
  set(pkgconfig_cflags -DBOCHNER_STATIC_DEFINE)
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/bochner.pc.in ${PROJECT_BINARY_DIR}/bochner.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/bochner.pc DESTINATION ${pkgconfig_dir})
