// A store on a database, behind one thread: commits first, each answered when it is on disk; observations newest of
// each server, in batches.
#pragma once

#include <memory>
#include <string>

#include "runtime/clock.h"
#include "store/backend.h"
#include "store/store.h"

namespace orc::store {

/// `name` is what describe() says. The clock must outlive the store.
std::unique_ptr<Store> make_database_store(OpenBackend open_backend, std::string name, const runtime::Clock& clock);

}  // namespace orc::store
