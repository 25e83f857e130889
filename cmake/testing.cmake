# orc_test_program(NAME sources...): a test program; what it needs beside gmock is linked to it by the caller. All of
# them share one precompiled form of gmock's headers, which a quarter of their compiling time went into. ORC_TEST_OPTIONS
# are compiler options of the test programs only: what they test is compiled like the rest.
set(ORC_TEST_OPTIONS "" CACHE STRING "compiler options for the tests' own sources")
if(ORC_TESTS)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cc CONTENT "int main() {}\n")
  add_executable(orc_test_headers ${CMAKE_BINARY_DIR}/test_headers.cc)
  target_link_libraries(orc_test_headers PRIVATE orc_warnings GTest::gmock_main)
  target_compile_options(orc_test_headers PRIVATE ${ORC_TEST_OPTIONS})
  target_precompile_headers(orc_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  # clang-tidy reads sources without building first.
  set_target_properties(orc_test_headers PROPERTIES DISABLE_PRECOMPILE_HEADERS ${ORC_TIDY})
endif()

function(orc_test_compiling name)
  target_compile_options(${name} PRIVATE ${ORC_TEST_OPTIONS})
  if(NOT ORC_TIDY)
    target_precompile_headers(${name} REUSE_FROM orc_test_headers)
  endif()
endfunction()

function(orc_test_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE orc_warnings GTest::gmock_main)
  orc_test_compiling(${name})
endfunction()

# orc_test_objects(NAME sources...): tests that several programs link.
function(orc_test_objects name)
  add_library(${name} OBJECT ${ARGN})
  target_link_libraries(${name} PRIVATE orc_warnings PUBLIC GTest::gmock_main)
  # Compiled as parts of programs are: the precompiled headers fit nothing else.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIE)
  orc_test_compiling(${name})
endfunction()
