// The twin of the SQLite store for the simulator: same answers, on the caller's executor, with faults on demand.
#pragma once

#include <memory>

#include "runtime/clock.h"
#include "store/memory_disk.h"
#include "store/store.h"

namespace orc::store {

/// A store on `disk`. Commits take effect in the order in which they were made. Observations reach the disk at
/// the next commit, query or close.
std::unique_ptr<Store> make_memory_store(std::shared_ptr<MemoryDisk> disk, runtime::Clock& clock);

}  // namespace orc::store
