// One probe of one server: which statements are due, what their answers mean. Internal to the gateway.
#pragma once

#include "mysql/server_link.h"

namespace orc::mysql {

/// The turn must be held. Errors as of Gateway::probe.
Task<model::Facts> probe_server(std::shared_ptr<ServerLink> link, Deadline deadline);

/// A fresh reading on the kept session if it is free, else on another one.
Task<Positions> read_positions(std::shared_ptr<ServerLink> link, Deadline deadline);
/// See Gateway.
Task<std::vector<BinaryLog>> read_binary_logs(std::shared_ptr<ServerLink> link, Deadline deadline);

/// The same on a session at hand.
Task<Positions> read_positions_on(std::shared_ptr<Session> session, Dialect dialect, Deadline deadline);

}  // namespace orc::mysql
