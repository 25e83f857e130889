// The store of a single node: one SQLite file, written by one thread.
#pragma once

#include <memory>
#include <string>

#include "runtime/clock.h"
#include "store/database_store.h"
#include "store/store.h"

namespace orc::store {

/// A store on the file `path` (":memory:" keeps nothing). `clock` is asked on the callers' thread only. Calls are
/// answered on the caller's executor, in the order in which they were made within their kind (commits; the rest); a
/// cancelled caller still gets the answer, because what is under way cannot be taken back. While the file cannot be
/// written (read-only: denied, locked for 2 s: conflict, full or broken disk: unreachable) commits fail and observed
/// rows wait in memory, one for each server. Destroy it before its callers' io_context.
std::unique_ptr<Store> make_sqlite_store(
    std::string path, const runtime::Clock& clock, DatabaseStoreOptions options = {}
);

}  // namespace orc::store
