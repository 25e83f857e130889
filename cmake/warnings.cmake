# Warnings are errors in our own code; third-party headers come in as system headers.
add_library(orc_warnings INTERFACE)
target_compile_options(orc_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 reports these inside its own std::string and std::optional when optimising.
  target_compile_options(orc_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
                                                -Wno-array-bounds -Wno-mismatched-new-delete -Wno-free-nonheap-object)
  if(CMAKE_UNITY_BUILD)
    # Sources compiled together are included by one that is made for it, and so taken for headers.
    target_compile_options(orc_warnings INTERFACE -Wno-subobject-linkage)
  endif()
endif()
