// The real Dialer: sessions over TCP, logged in by Boost.MySQL.
#pragma once

#include <memory>

#include "mysql/session/resolver.h"
#include "mysql/session/session.h"

namespace orc::mysql {

/// Sessions for use on `executor`'s thread. Clock and resolver must outlive the dialer and its sessions' operations.
std::unique_ptr<Dialer> make_dialer(runtime::Clock& clock, Executor executor, Resolver& resolver);

}  // namespace orc::mysql
