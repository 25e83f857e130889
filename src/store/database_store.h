// A store on a database, behind two threads. One writes: commits first, each answered when it is on disk; observations
// newest of each server, in batches. The other reads.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/clock.h"
#include "store/backend.h"
#include "store/meter.h"
#include "store/schema.h"
#include "store/store.h"

namespace orc::store {

struct DatabaseStoreOptions {
    OpenRules rules;
    std::shared_ptr<const WritePace> pace = std::make_shared<const WritePace>();
    /// A second connection would see the same database: reads get one of their own.
    bool reads_beside = true;
    /// What describe() says, where that may change; else it is the name.
    std::function<std::string()> place = {};
};

/// `name` is what describe() says. The clock must outlive the store.
std::unique_ptr<Store> make_database_store(
    OpenBackend open_backend, std::string name, const runtime::Clock& clock, DatabaseStoreOptions options = {}
);

}  // namespace orc::store
