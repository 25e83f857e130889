// Performs the steps that are commands to servers. Each is idempotent; each returns a clause for the audit.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "mysql/gateway.h"
#include "operations/journey.h"
#include "runtime/clock.h"

namespace orc::operations {

/// Takes a clause about how far a step is, while it goes on.
using Telling = std::function<void(std::string)>;

class Performer {
public:
    /// All of them outlive the performer.
    Performer(mysql::Gateway& gateway, runtime::Clock& clock, Journey& journey)
        : gateway_(gateway), clock_(clock), journey_(journey) {}

    /// invalid: the action is no command to a server.
    Task<std::string> perform(planning::Action action, Telling tell, Deadline deadline);

    Task<std::string> close_for_writes(planning::CloseForWrites action, Deadline deadline);
    Task<std::string> fence(planning::FencePrimary action, Deadline deadline);
    Task<std::string> read_positions(planning::ReadPositions action, Deadline deadline);
    Task<std::string> drain(planning::Drain action, Telling tell, Deadline deadline);
    Task<std::string> check_gates(planning::CheckGates action, Deadline deadline);
    Task<std::string> reset(planning::ResetReplication action, Deadline deadline);
    Task<std::string> open(planning::OpenForWrites action, Deadline deadline);
    Task<std::string> move(planning::MoveReplica action, Deadline deadline);
    Task<std::string> detach(planning::DetachReplica action, Deadline deadline);
    Task<std::string> wait_caught_up(planning::WaitCaughtUp action, Telling tell, Deadline deadline);
    Task<std::string> demote(planning::DemoteOldPrimary action, Deadline deadline);

private:
    /// What a server has to apply.
    struct Applying {
        Endpoint server;
        gtid::Progress target;  ///< empty: all that it has received
        Micros stall{0};        ///< gives up when nothing more was applied for so long; zero: never
        Telling tell = [](std::string) {};
        std::optional<Endpoint> feeder = std::nullopt;  ///< has what is missing; gives up when nothing comes from it
    };

    Task<std::string> simple(planning::Action action, Deadline deadline);
    Task<mysql::Positions> positions(Endpoint server, Deadline deadline);
    Micros patience_with_silent(const planning::ReadPositions& action) const;
    Task<std::string> read_one(planning::Reading reading, Deadline deadline);
    Co<void> read_into(planning::Reading reading, Deadline deadline, std::size_t& answered, std::size_t& failed);
    Task<void> start_as_before(Endpoint server, std::string channel, Deadline deadline);
    Task<void> restart_receiver(Endpoint server, Deadline deadline);
    Task<void> apply_all(Applying wish, Deadline deadline);
    Task<std::string> keep_detached(planning::ResetReplication action, Deadline deadline);
    Task<void> change_source(planning::MoveReplica action, Deadline deadline);
    Task<mysql::Positions> positions_at_rest(Endpoint replica, std::string channel, Deadline deadline);
    Task<void> check_follows(planning::MoveReplica action, Deadline deadline);
    Task<void> check_place(planning::MoveReplica action, mysql::Positions now, Deadline deadline);
    Co<void> fetch_credentials(Deadline deadline);

    mysql::Gateway& gateway_;
    runtime::Clock& clock_;
    Journey& journey_;
};

/// What makes a server keep the channel's source on record as `//host`, without following it.
mysql::SourceChange detached_from(const model::Channel& channel, std::string name);

planning::TruePosition true_position(const mysql::Positions& positions);

/// All received is applied. Unknown counts as no.
bool is_drained(const mysql::Positions& positions);
/// A MariaDB receiver that starts while the applier stands still empties the relay log.
bool loses_nothing_when_started(const mysql::Positions& positions);

struct Holder {
    const Endpoint& server;
    const mysql::Positions& positions;
};
/// Why `replica` must not replicate from `source`: it owns what that one lacks, or has another history. Nothing if the
/// source has executed all that the replica owns, but for the domains that are the replica's own on MariaDB.
std::optional<Error> ahead(const Holder& replica, const Holder& source);
/// `successor` takes writes, or has taken some that `old_primary` lacks.
bool has_led(const Holder& successor, const Holder& old_primary);

}  // namespace orc::operations
