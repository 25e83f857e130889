// From settings to the real outside: which options each adapter gets.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config/settings.h"
#include "mysql/real_gateway.h"
#include "recovery/recovery.h"
#include "runtime/rng.h"
#include "store/database_store.h"
#include "store/mysql_backend.h"
#include "store/store.h"

namespace orc::app {

mysql::GatewayOptions gateway_options(const config::Settings& settings);

/// This machine's name and a fresh process token.
recovery::Node this_node(runtime::Rng& rng);
/// The operating system's user, the classic default of -owner.
std::string this_user();

/// How many nodes RaftEnabled means: of a group of one, a warning is enough. Errors (refused): a group of several, or a
/// command that would bypass it. `alone`: asked to work on this node's database alone.
Result<void> check_group(const config::Settings& settings, bool is_service, bool alone);

/// Whether the data are on a MySQL or MariaDB server, which other nodes may use too.
bool has_shared_backend(const config::Settings& settings);
/// Path of the embedded database. Errors (invalid): no file.
Result<std::string> database_path(const config::Settings& settings);
/// Where the process that decides on an embedded database takes commands of others (cli/remote.h), beside the database;
/// "" on a shared one, where they are handed over in it.
std::string command_socket(const config::Settings& settings);
/// How to reach the server of the shared backend. Errors (invalid) name the key that is missing.
Result<store::MysqlBackendOptions> backend_options(const config::Settings& settings);
/// What of a store's settings may change while it is open.
class StoreControls {
public:
    /// Those that take effect at start only stay as they were.
    void adopt(const config::Settings& settings);

private:
    friend Result<std::unique_ptr<store::Store>> make_store(
        const config::Settings& settings, const runtime::Clock& clock, StoreControls& controls
    );
    std::shared_ptr<store::LiveMysqlOptions> server_;  ///< null: an embedded database
    std::shared_ptr<store::WritePace> pace_ = std::make_shared<store::WritePace>();
};

/// The store that the settings ask for, not yet opened. Errors: those of the two above.
Result<std::unique_ptr<store::Store>> make_store(
    const config::Settings& settings, const runtime::Clock& clock, StoreControls& controls
);

/// Held by the one process that may decide on an embedded database; released with the object, or when the process ends.
class DatabaseLock {
public:
    /// Errors: conflict, naming the process that holds it. A shared backend needs none: see Caretaker.
    static Result<std::unique_ptr<DatabaseLock>> take(const config::Settings& settings);
    ~DatabaseLock();
    DatabaseLock(const DatabaseLock&) = delete;
    DatabaseLock& operator=(const DatabaseLock&) = delete;

private:
    explicit DatabaseLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace orc::app
