#include "manager.h"

#include <utility>

namespace orc::simulation {

Manager::Manager(const Parts& parts, const Scenario& scenario, std::shared_ptr<store::MemoryDisk> disk, int life)
    : on_switchover_(parts.on_switchover),
      loop_(parts.fleet.agenda()),
      clock_(loop_),
      rng_(scenario.seed * 1000 + std::uint64_t(life)),
      gateway_(parts.fleet, loop_, rng_, parts.watch),
      wrapped_(parts.wrap ? parts.wrap(gateway_) : nullptr),
      hooks_(loop_, rng_, {scenario.hooks_take, scenario.hooks_fail}, parts.on_hook),
      store_(store::make_memory_store(std::move(disk), clock_)) {
    mysql::Gateway& gateway = wrapped_ ? *wrapped_ : gateway_;
    app::ServiceOptions options;
    options.settings = scenario.settings;
    options.node.host = "manager";
    options.node.token = NodeToken("life-" + std::to_string(life));
    app::Outside outside{gateway, *store_, hooks_, clock_, rng_, loop_.executor()};
    service_ = std::make_unique<app::Service>(outside, std::move(options));
    tasks_ = std::make_unique<runtime::TaskGroup>(loop_.executor());
}

Manager::~Manager() {
    gateway_.manager_died();
    loop_.kill();
}

void Manager::start() {
    tasks_->spawn(run_start());
    loop_.wake();
}

Co<void> Manager::run_start() {
    const auto started = co_await service_->start();
    if (!started) {
        start_error_ = started.error();
    }
    has_started_ = started.has_value();
}

void Manager::stop() {
    tasks_->spawn(run_stop());
    loop_.wake();
}

Co<void> Manager::run_stop() {
    co_await service_->stop();
    has_stopped_ = true;
}

void Manager::ask_for_switchover(ClusterName cluster, std::optional<Endpoint> designated) {
    recovery::TakeoverRequest request;
    request.cluster = std::move(cluster);
    request.designated = std::move(designated);
    request.pick = true;
    request.actor = "somebody";
    tasks_->spawn(run_switchover(std::move(request)));
    loop_.wake();
}

void Manager::force_recovery(Endpoint failed, std::optional<Endpoint> candidate) {
    recovery::RecoverRequest request;
    request.failed = std::move(failed);
    request.candidate = std::move(candidate);
    request.force_dead_primary = true;
    request.actor = "somebody";
    tasks_->spawn(run_forced(std::move(request)));
    loop_.wake();
}

Co<void> Manager::run_forced(recovery::RecoverRequest request) {
    SwitchoverResult result;
    result.is_forced = true;
    result.designated = request.candidate;
    result.outcome = co_await service_->recovery().recover(std::move(request));
    on_switchover_(result);
}

Co<void> Manager::run_switchover(recovery::TakeoverRequest request) {
    SwitchoverResult result;
    result.designated = request.designated;
    result.outcome = co_await service_->recovery().take_over(std::move(request));
    on_switchover_(result);
}

}  // namespace orc::simulation
