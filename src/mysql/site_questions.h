// The site's own questions to a server (ReplicationLagQuery, Detect...Query). Internal to the gateway.
#pragma once

#include "mysql/server_link.h"

namespace orc::mysql {

/// Adds to the facts of a probe that has just ended what the site's own questions say; the turn need not be held. Asks
/// those that are due, on a session of their own: one that hangs holds the facts back for a while, once, and costs its
/// own answer and nothing else.
Co<model::Facts> ask_site(std::shared_ptr<ServerLink> link, model::Facts facts, Deadline deadline);

}  // namespace orc::mysql
