// The program between its outside seams: the same wiring runs in production and in the simulator.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/use_cases.h"
#include "app/caretaker.h"
#include "config/settings.h"
#include "ledger/single_node.h"
#include "mysql/gateway.h"
#include "recovery/hooks.h"
#include "recovery/recovery.h"
#include "store/store.h"

namespace orc::app {

/// The version that this build reports, and the commit it was built from ("unknown" outside a checkout).
std::string version();
std::string commit();

/// The outside world; all outlive the service.
struct Outside {
    mysql::Gateway& gateway;
    store::Store& store;
    recovery::Hooks& hooks;
    runtime::Clock& clock;
    runtime::Rng& rng;
    Executor executor;                           ///< the control executor: everything of the service runs on it
    discovery::HostNames* host_names = nullptr;  ///< the name service; null: names stay as they are given
};

struct ServiceOptions {
    config::Settings settings;
    recovery::Node node;
    bool noop = false;
    bool watch = true;  ///< probe continuously and recover; false: only what is asked for
    std::string command = "http";
    bool has_shared_backend = false;  ///< other nodes may use the database: one of them is active at a time
    Part part = Part::contender;      ///< there
    bool wants_lead = false;          ///< become the active node at once, whoever was
    /// Reads the configuration again (api::Reloading); empty: this process cannot.
    std::function<Task<config::Loaded>(std::optional<std::string> extra)> load_configuration;
    /// Those outside seams that have settings of their own take fresh ones.
    std::function<void(const config::Settings&)> adopt_outside;
};

class Service {
public:
    Service(Outside outside, ServiceOptions options);
    ~Service();

    /// Opens the store, takes leadership, finishes what a dead process left behind, and begins to watch. On a shared
    /// backend another node may lead: then this one answers, and waits for its turn (see Part).
    Task<void> start();
    /// Stops new work, cancels, waits; servers are left in a defined state.
    Co<void> stop();

    api::UseCases& use_cases() { return use_cases_; }
    discovery::DiscoveryLoop& discovery() { return discovery_; }
    recovery::RecoveryLoop& recovery() { return recovery_; }
    ledger::SingleNode& ledger() { return ledger_; }

private:
    Task<void> take_snapshot();

    Outside outside_;
    ServiceOptions options_;
    ledger::SingleNode ledger_;
    discovery::DiscoveryLoop discovery_;
    recovery::RecoveryLoop recovery_;
    Caretaker caretaker_;
    api::UseCases use_cases_;
};

}  // namespace orc::app
