// One story from beginning to end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "judge.h"

namespace orc::simulation {

struct WorldOptions {
    bool is_traced = false;
    std::function<void(const std::string&)> reader;  ///< of each line of the trace as it comes
    GatewayWrap wrap;
};

struct Verdict {
    std::vector<Violation> violations;
    Tally tally;
    std::vector<std::string> trace;
    std::uint64_t events = 0;
    Endpoint primary;         ///< who leads at the end
    std::string last_reason;  ///< of the last recovery that did not succeed
    bool is_clean() const { return violations.empty(); }
    /// Every violation, one a line.
    std::string text() const;
};

class World final : public StatementWatch {
public:
    World(Scenario scenario, WorldOptions options);
    ~World() override;
    Verdict run();

    void on_read() override { judge_->on_read(); }
    void on_sent(const SimServer& server, const Statement& statement) override;
    void before_effect(SimServer& server, const Statement& statement, bool is_late) override;
    void after_effect(SimServer& server, const Statement& statement, const Result<void>& result) override;

private:
    void build();
    void follow(SimServer& replica, const SimServer& source);
    void start_manager();
    void kill_manager();
    void tick();
    void happen(const Happening& happening);
    void happen_to_server(const Happening& happening, SimServer& server);
    void happen_to_store(const Happening& happening);
    void happen_to_wires(const Happening& happening);
    void ask_for_switchover(const Happening& happening);
    std::vector<int> servers_meant(const Happening& happening);
    void heal();
    bool has_settled();
    void finish_what_runs(Instant end);
    void run_manager();

    Scenario scenario_;
    WorldOptions options_;
    Agenda agenda_;
    runtime::SeededRng rng_;
    Trace trace_;
    Network network_;
    Fleet fleet_;
    Clients clients_;
    std::shared_ptr<store::MemoryDisk> disk_;
    std::unique_ptr<Judge> judge_;
    std::unique_ptr<Manager> manager_;
    Instant beginning_;
    int lives_ = 0;
    int writes_ = 0;
    bool must_kill_manager_ = false;
    bool has_healed_ = false;
    std::vector<int> hit_primaries_;
};

/// Runs the story; if a rule was violated, once more for the trace.
Verdict run_story(const Scenario& scenario, const GatewayWrap& wrap = {});

}  // namespace orc::simulation
