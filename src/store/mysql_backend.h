// Our database on a MySQL or MariaDB server.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "mysql/session/session.h"
#include "store/backend.h"

namespace orc::store {

struct MysqlBackendOptions {
    Endpoint server;
    mysql::Access access;  ///< its schema is ours: created when it is absent
    Micros connect_timeout = Seconds(2);
    Micros read_timeout = Seconds(30);
    /// How old a connection may get; 0: as old as it likes.
    Micros lifetime{0};
    /// A server that turns out to be read-only is left, and asked for by its name again.
    bool reject_read_only = false;

    /// "host:port/schema"
    std::string name() const;
};

/// Options that may change while a connection lives on them.
class LiveMysqlOptions {
public:
    explicit LiveMysqlOptions(MysqlBackendOptions options) : options_(std::move(options)) {}
    /// Any thread. A connection that is in no transaction is made anew with these before its next use.
    void put(MysqlBackendOptions options);
    /// With a number that grows with each put().
    std::pair<MysqlBackendOptions, std::uint64_t> get() const;

private:
    mutable std::mutex mutex_;
    MysqlBackendOptions options_;
    std::uint64_t generation_ = 0;
};

/// For Engine. A connection that breaks is made again by the next call; calls that come within a moment of a failure to
/// connect fail at once.
OpenBackend open_mysql(std::shared_ptr<const LiveMysqlOptions> options);
OpenBackend open_mysql(MysqlBackendOptions options);

}  // namespace orc::store
