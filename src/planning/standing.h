// How one server stands when a successor is chosen: facts of the last snapshot, overruled by what was just read.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/topology.h"
#include "planning/plan.h"

namespace orc::planning {

/// A fresh reading of one server, or why there is none.
struct TruePosition {
    bool answered = false;
    std::string silence;  ///< why it did not answer
    bool read_only = false;
    gtid::Progress executed;
    gtid::Progress received;
    gtid::GtidSet purged;
    gtid::MariadbPosition replica_position;
    gtid::MariadbPosition binlog_position;
    gtid::BinlogCoordinates self;
    std::optional<model::Channel> channel;
};
using Positions = std::map<Endpoint, TruePosition>;

struct Standing {
    const model::Server* server = nullptr;  ///< never null; its facts may be
    Endpoint endpoint;
    bool answers = false;
    std::string silence;
    bool is_mariadb = false;
    std::optional<model::Channel> channel;  ///< the one from the failed server
    gtid::Progress executed;
    gtid::Progress received;
    gtid::Progress owned;  ///< executed and received together: nothing of it is lost if this server is drained
    gtid::GtidSet purged;
    gtid::BinlogCoordinates read;     ///< received, in the failed server's coordinates
    gtid::BinlogCoordinates applied;  ///< executed, in the failed server's coordinates
    std::string errant;               ///< transactions that the failed server never had; "" none
    gtid::Progress errant_set;

    bool uses_gtid() const { return channel && channel->gtid_use != model::GtidUse::none; }
    /// Has applied all it received. Unknown counts as no.
    bool is_drained() const;
    const model::Facts& facts() const { return *server->facts; }
};

/// `source` is the failed server, or the primary to be replaced; `fresh` the reading, null when only the snapshot is to
/// be used.
Standing standing_of(const model::Server& server, const model::Server& source, const TruePosition* fresh);

/// The channel by which `replica` replicates from `source`; null if it does not.
const model::Channel* channel_from(const model::Server& replica, const Endpoint& source);

}  // namespace orc::planning
