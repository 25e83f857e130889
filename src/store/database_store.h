// A store on a database, behind one thread: commits first, each answered when it is on disk; observations newest of
// each server, in batches.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/clock.h"
#include "store/backend.h"
#include "store/meter.h"
#include "store/schema.h"
#include "store/store.h"

namespace orc::store {

/// How observations are gathered before they are written. May change at any time, from any thread.
struct WritePace {
    std::atomic<std::size_t> most = observed_batch_max;     ///< servers in one batch; so many do not wait any longer
    std::atomic<std::int64_t> longest_wait_us = 1'000'000;  ///< of the first of a batch
};

struct DatabaseStoreOptions {
    OpenRules rules;
    std::shared_ptr<const WritePace> pace = std::make_shared<const WritePace>();
};

/// `name` is what describe() says. The clock must outlive the store.
std::unique_ptr<Store> make_database_store(
    OpenBackend open_backend, std::string name, const runtime::Clock& clock, DatabaseStoreOptions options = {}
);

}  // namespace orc::store
