# Everything comes from the distribution (script/install names the packages). BOOST_ROOT may point at another Boost >= 1.83.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.83 REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
if(NOT ORC_SANITIZE)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
endif()
if(ORC_TESTS)
  find_package(GTest REQUIRED)
endif()

# Asio is compiled once (src/runtime/asio.cc); the definitions must be the same in every file that sees it.
add_library(orc_asio INTERFACE)
target_compile_definitions(orc_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                              BOOST_ASIO_DISABLE_BOOST_COROUTINE BOOST_MYSQL_SEPARATE_COMPILATION)
target_link_libraries(orc_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
