// The gateway's writes, each one idempotent step on one server, on a session of its own so that a slow one never holds
// up a probe. Internal to the gateway.
#pragma once

#include "mysql/server_link.h"

namespace orc::mysql {

Task<void> write_read_only(std::shared_ptr<ServerLink> link, ReadOnlyChange change, Deadline deadline);
Task<void> start_threads(std::shared_ptr<ServerLink> link, Threads threads, std::string channel, Deadline deadline);
Task<void> stop_threads(std::shared_ptr<ServerLink> link, Threads threads, std::string channel, Deadline deadline);
Task<void> write_source(std::shared_ptr<ServerLink> link, SourceChange change, Deadline deadline);
Task<void> write_reset(std::shared_ptr<ServerLink> link, std::string channel, bool discard, Deadline deadline);
Task<void> wait_applied(std::shared_ptr<ServerLink> link, gtid::Progress target, Deadline deadline);
Task<void> restart_receiver(std::shared_ptr<ServerLink> link, std::string channel, Deadline deadline);
Task<void> write_semi_sync(std::shared_ptr<ServerLink> link, SemiSyncRole role, bool enabled, Deadline deadline);
Task<Credentials> read_credentials(std::shared_ptr<ServerLink> link, Deadline deadline);

}  // namespace orc::mysql
