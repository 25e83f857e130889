// One life of the program under test, from start to death.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/service.h"
#include "scenario.h"
#include "sim_gateway.h"
#include "sim_hooks.h"
#include "store/memory_store.h"

namespace orc::simulation {

/// Puts something between the program and the simulated servers, to see whether the simulator notices.
using GatewayWrap = std::function<std::unique_ptr<mysql::Gateway>(mysql::Gateway& inner)>;

/// A finished request for a switchover or a forced failover.
struct SwitchoverResult {
    bool is_forced = false;
    std::optional<Endpoint> designated;
    Result<recovery::Outcome> outcome = fail(ErrorCode::cancelled, "not finished");
};

class Manager {
public:
    struct Parts {
        Fleet& fleet;
        StatementWatch& watch;
        std::function<void(const recovery::HookCall&)> on_hook;
        std::function<void(const SwitchoverResult&)> on_switchover;
        GatewayWrap wrap;
    };
    Manager(const Parts& parts, const Scenario& scenario, std::shared_ptr<store::MemoryDisk> disk, int life);
    ~Manager();

    /// Begins to start; true once it has.
    void start();
    bool has_started() const { return has_started_; }
    const std::optional<Error>& start_error() const { return start_error_; }
    void ask_for_switchover(ClusterName cluster, std::optional<Endpoint> designated);
    void force_recovery(Endpoint failed, std::optional<Endpoint> candidate);
    /// Stops as an asked-for exit does; true once all has ended.
    void stop();
    bool has_stopped() const { return has_stopped_; }

    SimLoop& loop() { return loop_; }
    SimGateway& gateway() { return gateway_; }
    app::Service& service() { return *service_; }

private:
    Co<void> run_start();
    Co<void> run_stop();
    Co<void> run_forced(recovery::RecoverRequest request);
    Co<void> run_switchover(recovery::TakeoverRequest request);

    std::function<void(const SwitchoverResult&)> on_switchover_;
    SimLoop loop_;
    SimClock clock_;
    runtime::SeededRng rng_;
    SimGateway gateway_;
    std::unique_ptr<mysql::Gateway> wrapped_;
    SimHooks hooks_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<app::Service> service_;
    std::unique_ptr<runtime::TaskGroup> tasks_;
    bool has_started_ = false;
    bool has_stopped_ = false;
    std::optional<Error> start_error_;
};

}  // namespace orc::simulation
