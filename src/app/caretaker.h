// What must be done again and again so that the database stays tidy, others know that this node lives, and on a shared
// database exactly one node acts.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/use_cases.h"
#include "config/settings.h"
#include "discovery/discovery.h"
#include "ledger/single_node.h"
#include "recovery/recovery.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"
#include "store/store.h"

namespace orc::app {

/// How long a node on a shared database may be silent before another one takes over.
inline constexpr Seconds activity_patience{5};
/// How long a node leads on without having been able to say that it is active. Shorter than the others' patience by the
/// whole second to which the database keeps time.
inline constexpr Seconds leads_without_saying_so{4};

/// What a process is on a database that others use, too.
enum class Part {
    contender,  ///< acts when it is its turn
    visitor,    ///< one command: acts for its short life where nobody else does, else has the active node do it
    guest,      ///< only shows and passes on; never acts
};

struct CaretakerSeams {
    store::Store& store;
    ledger::SingleNode& ledger;
    discovery::DiscoveryLoop& discovery;
    runtime::Clock& clock;
    Executor executor;
};

class Caretaker {
public:
    /// `settings` may change between two rounds. `command`: "" for the service.
    Caretaker(
        CaretakerSeams seams,
        const config::Settings& settings,
        recovery::Node node,
        std::string command,
        bool is_shared,
        Part part
    );

    /// Opens the store and leads; on a shared database only if no other node is active, else this one stands by. A
    /// visitor waits until another one has left; conflict, naming it, if that takes too long.
    Task<void> start();
    /// Each second: alive, active. Each minute: what has outlived its time goes.
    void live_on();
    Co<void> stop();

    /// How a snapshot of all topologies is taken (SnapshotTopologiesIntervalHours).
    void on_snapshot_due(std::function<Task<void>()> take) { take_snapshot_ = std::move(take); }

    /// What the last round found.
    api::Pulse pulse() const;
    /// While standing by: knows afterwards what the active node has decided and written by now.
    Co<void> catch_up();
    /// Becomes the active node, whoever was. Errors: refused for a guest; those of the database.
    Task<void> grab();
    /// Lets the others become active; if none of them wants to, this node goes on.
    Task<void> reelect();

private:
    Co<void> live();
    Co<void> beat();
    Task<void> claim(Seconds patience);
    Task<std::optional<store::ActiveNode>> ask_who_is_active(Seconds patience);
    Task<void> take_part(std::optional<store::ActiveNode> active, Instant asked);
    Task<void> wait_for_turn();
    Task<void> register_self();
    bool may_claim() const;
    bool is_active_a_service() const;
    void compare_clocks(const store::ActiveNode& active, WallTime asked);
    Task<void> take_over();
    Task<void> stand_by();
    Co<void> tidy();
    Co<void> end_what_is_over();
    Co<void> expire();
    Co<void> take_snapshot_if_due();
    bool is_mine() const { return active_ && active_->token == node_.token; }
    store::NodeRecord self() const;
    Error used_by_another() const;

    CaretakerSeams seams_;
    const config::Settings& settings_;
    const recovery::Node node_;
    const std::string command_;
    const bool is_shared_;
    const Part part_;
    const WallTime began_;
    std::optional<store::ActiveNode> active_;
    std::vector<store::NodeRecord> nodes_;
    std::string error_;          ///< of the last round; "" it went well
    std::string clock_warning_;  ///< "" it agrees with the database's
    Instant well_at_;            ///< when the last round that went well began
    bool is_claiming_ = false;
    bool is_starting_ = false;
    bool stands_by_ = false;
    bool is_tidying_ = false;
    std::uint64_t rounds_ = 0;
    std::function<Task<void>()> take_snapshot_;
    runtime::TaskGroup tasks_;
};

}  // namespace orc::app
