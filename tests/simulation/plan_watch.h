// I-10: what recoveries do is what their plans show, in an order that these allow.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recovery/recovery.h"
#include "sim_gateway.h"

namespace orc::simulation {

/// Remembers every step that was ever shown, also those of plans that were made again since.
class PlanWatch {
public:
    /// What is wrong with it now: a plan that does not survive being written down, a step that is reported as something
    /// else than was shown under its number, or that has begun before those it comes after have ended.
    std::vector<std::string> look(const recovery::Running& running);
    /// The statement is what a running step asks for, or leads back to where the server stood before; asked of those
    /// that give a server another place or open it.
    static bool allows(const recovery::Running& running, const Endpoint& server, const Statement& statement);
    static bool is_watched(const Statement& statement);
    /// Some plan has asked for the end of its acknowledging.
    bool has_switched_off(const Endpoint& server) const;

private:
    using Key = std::pair<RecoveryUid, int>;

    std::map<Key, planning::Step> shown_;
};

}  // namespace orc::simulation
