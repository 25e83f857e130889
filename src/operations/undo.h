// Brings servers back to how they stood before a plan touched them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mysql/gateway.h"
#include "operations/journey.h"
#include "runtime/clock.h"

namespace orc::operations {

/// One line per server that was brought back or could not be.
struct Undone {
    Endpoint server;
    bool ok = false;
    std::string message;
};

class Undo {
public:
    Undo(mysql::Gateway& gateway, runtime::Clock& clock, Journey& journey)
        : gateway_(gateway), clock_(clock), journey_(journey) {}

    /// The old primary first, if it was closed; then all the others at once. Only servers named by `deeds`.
    Co<std::vector<Undone>> all(Deadline deadline);
    /// Nobody knows what was done (a process died): every server of the plan is compared with how it stood.
    void suspect_everything();
    /// It was made to forget its source, to be promoted.
    bool has_lost_source(const Endpoint& server) const;
    /// The successor must not be writable when the old primary is opened again. False: could not be made sure.
    Task<void> close_successor(Endpoint successor, Deadline deadline);

private:
    Task<void> check_overtaken(planning::Before before, mysql::Positions now, Deadline deadline);
    Task<std::string> restore(planning::Before before, Deadline deadline);
    Task<mysql::Positions> at_rest(planning::Before before, Deadline deadline);
    Task<std::string> restore_replica(planning::Before before, mysql::Positions now, Deadline deadline);
    Co<void> restore_into(planning::Before before, Deadline deadline, std::vector<Undone>& out);
    bool is_touched(const Endpoint& server) const;
    bool is_closed(const Endpoint& server) const;

    mysql::Gateway& gateway_;
    runtime::Clock& clock_;
    Journey& journey_;
};

}  // namespace orc::operations
