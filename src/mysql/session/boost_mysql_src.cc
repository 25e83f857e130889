// Boost.MySQL's own code, compiled once (BOOST_MYSQL_SEPARATE_COMPILATION is set everywhere).
#include <boost/mysql/src.hpp>
