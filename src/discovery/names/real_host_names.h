// The system's name service behind HostNames, on threads of its own.
#pragma once

#include <memory>

#include "discovery/names/host_names.h"

namespace orc::discovery {

/// For use on `executor`'s thread; the clock outlives it.
std::unique_ptr<HostNames> make_host_names(runtime::Clock& clock, Executor executor);

}  // namespace orc::discovery
