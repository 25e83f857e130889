// Watches the simulated world while the program runs, and knows what may never happen.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clients.h"
#include "manager.h"
#include "plan_watch.h"
#include "scenario.h"
#include "sim_gateway.h"

namespace orc::simulation {

struct Violation {
    std::string rule;  ///< "I-2", "writers", "loss", ...
    std::string what;
    Instant at;
};

/// What happened, in numbers.
struct Tally {
    int promotions = 0;
    int late_openings = 0;  ///< by statements that a thawing server found in its sockets
    int switchovers = 0;
    int switchovers_done = 0;
    int recoveries = 0;
    int recoveries_failed = 0;
    int manager_deaths = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t lost_unavoidably = 0;  ///< acknowledged, but nobody who could be reached had them
    std::uint64_t stranded = 0;          ///< acknowledged by a former primary that could not be fenced in time
    std::vector<Micros> outages;         ///< loss of a primary until the next one is writable
    int ends_without_primary = 0;        ///< nobody is writable at the end, for a stated reason
    int ends_with_lost = 0;              ///< somebody was left behind at the end
    /// Both together.
    void add(const Tally& other);
    std::string text() const;
};

class Judge final : public StatementWatch {
public:
    Judge(const Scenario& scenario, Fleet& fleet, Clients& clients, std::shared_ptr<store::MemoryDisk> disk);

    const std::vector<Violation>& violations() const { return violations_; }
    const Tally& tally() const { return tally_; }
    int primary() const { return primary_; }
    /// Of the last recovery that ended without success; "" if there is none.
    std::string last_reason() const;

    // ---- what it is told ----
    void on_read() override { check_plans(); }
    void on_sent(const SimServer& server, const Statement& statement) override;
    void before_effect(SimServer& server, const Statement& statement, bool is_late) override;
    void after_effect(SimServer& server, const Statement& statement, const Result<void>& result) override;
    void process_changed(SimServer& server);
    void wire_changed(int a, int b);
    void writable_changed(SimServer& server);
    void manager_changed(Manager* manager);
    /// A manager that cannot write its store decides nothing.
    void store_changed();
    void hook_started(const recovery::HookCall& call);
    void switchover_asked() {
        ++tally_.switchovers;
        wished_ = now();
    }
    void forced(Instant when) { wished_ = when; }
    void switchover_ended(const SwitchoverResult& result);
    void network_slowed() { was_slow_ = now(); }
    /// Between two events.
    void look();
    /// All faults are over and the quiet time has passed.
    void finish();
    /// One writable primary, everybody below it or accounted for, and nothing under way.
    bool is_whole();

private:
    Instant now() const { return fleet_.agenda().now(); }
    void violated(std::string rule, std::string what);
    /// The server ran and the manager could reach it, without a break, for that long.
    bool is_reachable_since(const SimServer& server, Micros span) const;
    bool is_wire_up_since(int a, int b, Micros span) const;
    bool is_up_since(const SimServer& server, Micros span) const;
    void check_opening(SimServer& server);
    void check_losses(SimServer& opened);
    void check_fence(const SimServer& opened);
    void check_false_failover(const SimServer& opened);
    void check_other_writers(const SimServer& opened);
    void check_move(const SimServer& replica, const SimServer& source);
    void check_thrown_away(const SimServer& server, const Statement& statement);
    void check_writers_later(SimServer& stale);
    void check_records();
    void check_published();
    void check_plans();
    void check_planned(const SimServer& server, const Statement& statement);
    void finish_records();
    void finish_hooks();
    void finish_topology();
    void finish_writes();
    void finish_acknowledging();
    bool is_accounted_for(const SimServer& server) const;
    bool is_branch_accounted_for(const SimServer& server) const;
    /// Clients follow primaries: a replica that could be written is nobody's second primary.
    static bool takes_writes(const SimServer& server) { return server.is_writable() && !server.channel; }
    bool is_below_primary(const SimServer& server);
    bool has_stated_why() const;
    bool was_primary(int server, Instant when) const;

    const Scenario& scenario_;
    Fleet& fleet_;
    Clients& clients_;
    std::shared_ptr<store::MemoryDisk> disk_;
    Manager* manager_ = nullptr;
    std::vector<Violation> violations_;
    Tally tally_;

    int primary_ = 0;
    Instant primary_since_;
    std::vector<std::pair<Instant, int>> reigns_;  ///< who was primary from when on
    std::set<int> former_;
    std::map<int, Instant> process_since_;
    std::map<std::pair<int, int>, Instant> wire_since_;
    std::map<int, Instant> fence_sent_;
    std::set<int> moved_;                   ///< servers that the manager has pointed elsewhere
    std::map<int, Instant> was_streaming_;  ///< last time a replica's stream from the primary worked
    std::map<int, std::uint64_t> watch_epoch_;
    std::set<std::uint64_t> lost_;  ///< names of acknowledged writes that are excused
    std::string last_sent_;         ///< the same statement again and again is shown once
    Instant was_slow_;
    Instant wished_;  ///< last time somebody asked for another primary
    std::optional<Instant> outage_since_;
    std::map<std::string, std::map<std::string, int>> hooks_of_;  ///< recovery uid -> list -> how often
    std::map<std::string, recovery::HookCall> last_after_;        ///< recovery uid -> PostFailover's last call
    std::map<std::string, std::string> published_;
    PlanWatch plans_;
};

}  // namespace orc::simulation
