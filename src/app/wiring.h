// From settings to the real outside: which options each adapter gets.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config/settings.h"
#include "mysql/real_gateway.h"
#include "recovery/recovery.h"
#include "runtime/rng.h"

namespace orc::app {

mysql::GatewayOptions gateway_options(const config::Settings& settings);

/// This machine's name and a fresh process token.
recovery::Node this_node(runtime::Rng& rng);
/// The operating system's user, the classic default of -owner.
std::string this_user();

/// Path of the embedded database. Errors (invalid): a backend that this release does not have, or no file.
Result<std::string> database_path(const config::Settings& settings);

/// Held by the one process that may decide on an embedded database; released with the object, or when the process ends.
class DatabaseLock {
public:
    /// Errors: conflict, naming the process that holds it.
    static Result<std::unique_ptr<DatabaseLock>> take(const std::string& database);
    ~DatabaseLock();
    DatabaseLock(const DatabaseLock&) = delete;
    DatabaseLock& operator=(const DatabaseLock&) = delete;

private:
    explicit DatabaseLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace orc::app
