// What the servers' error numbers mean for the caller.
#pragma once

#include <string_view>

#include "base/result.h"

namespace orc::mysql {

/// What can be done about a server's error number.
ErrorCode code_of(int number);

/// A server's complaint as an Error: "1045: Access denied ...", with its number.
Error server_error(int number, std::string_view text);

/// Numbers that our own statements look for.
namespace number {
constexpr int no_such_table = 1146;
constexpr int unknown_system_variable = 1193;
constexpr int no_such_thread = 1094;
constexpr int replica_not_running = 1199;
constexpr int connection_info_unreadable = 1201;
constexpr int unknown_database = 1049;
constexpr int too_long = 1406;
constexpr int wrong_text = 1366;
constexpr int out_of_range = 1264;
constexpr int wrong_time = 1292;
constexpr int duplicate = 1062;
constexpr int duplicate_index_name = 1061;
constexpr int read_only_server = 1290;
constexpr int read_only_transaction = 1792;
constexpr int read_only_engine = 1836;
constexpr int deadlock = 1213;
}  // namespace number

}  // namespace orc::mysql
