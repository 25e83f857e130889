// Every verb a person can ask for, once. Reads work on snapshots and may be called from any thread; verbs that change
// something or read a server are coroutines on the control executor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "discovery/discovery.h"
#include "ledger/ledger.h"
#include "model/topology.h"
#include "recovery/recovery.h"
#include "store/store.h"

namespace orc::api {

struct Seams {
    discovery::DiscoveryLoop& discovery;
    recovery::RecoveryLoop& recovery;
    ledger::Ledger& ledger;
    ledger::Leadership& leadership;
    store::Store& store;
    mysql::Gateway& gateway;
    runtime::Clock& clock;
    runtime::Rng& rng;
    Executor control;
};

/// One line of clusters-info.
struct ClusterSummary {
    ClusterName name;
    std::string alias;
    std::string domain;
    std::size_t servers = 0;
    bool automated_primary_recovery = false;
    bool automated_intermediate_recovery = false;
};

/// The health of this node: it can write its store and apply what it decides.
struct Health {
    bool is_healthy = false;
    std::string error;
    recovery::Node node;
    bool is_leader = false;
    std::string leader;
    std::vector<store::NodeRecord> nodes;
};

class UseCases {
public:
    UseCases(Seams seams, config::Settings settings, recovery::Node node, std::string version, std::string command);

    // ---- finding things; any thread ----
    const config::Settings& settings() const { return settings_; }
    const recovery::Node& node() const { return node_; }
    Executor control() const { return seams_.control; }
    const std::string& version() const { return version_; }
    const runtime::Clock& clock() const { return seams_.clock; }
    model::TopologyPtr topology() const;
    /// What a person meant: an exactly known server, else the only known one whose host contains the text (same port;
    /// never for IPv4 addresses), else the endpoint as given.
    Endpoint resolve(const Endpoint& given) const;
    /// not_found names what was asked for.
    Result<model::ServerPtr> instance(const Endpoint& given) const;
    /// By name, alias, or a member "host[:port]"; not_found names the hint.
    Result<model::ClusterPtr> cluster(std::string_view hint) const;
    std::vector<ClusterSummary> summaries() const;
    ClusterSummary summary(const model::Cluster& cluster) const;
    std::shared_ptr<const std::vector<analysis::Finding>> findings() const;
    std::vector<recovery::Running> running() const;
    discovery::Counters counters() const;

    /// `listener` is called on the control executor for each event of a recovery, until the process ends.
    void on_recovery_event(std::function<void(const recovery::Event&)> listener);

    // ---- control executor ----
    ledger::LeadershipView leadership() const;
    bool recoveries_disabled() const;
    /// All intended state now.
    std::shared_ptr<const model::Intent> intent() const;

    // ---- verbs; control executor ----
    Task<model::ServerPtr> discover(Endpoint server);
    Task<Endpoint> forget(Endpoint server);
    /// `span` zero means ten minutes.
    Task<Endpoint> begin_downtime(Endpoint server, std::string owner, std::string reason, Seconds span);
    Task<Endpoint> end_downtime(Endpoint server);
    /// "must" cannot be registered.
    Task<Endpoint> register_candidate(Endpoint server, std::string rule);
    Task<bool> set_recoveries_enabled(bool enabled);
    Task<recovery::Outcome> recover(recovery::RecoverRequest request);
    Task<planning::Plan> preview_recovery(recovery::RecoverRequest request);
    Task<recovery::Outcome> take_over(
        std::string cluster_hint, std::optional<Endpoint> designated, bool pick, std::string actor
    );
    Task<planning::Plan> preview_takeover(std::string cluster_hint, std::optional<Endpoint> designated, bool pick);
    Task<std::size_t> acknowledge(recovery::AckRequest request);
    Task<std::vector<model::RecoveryRecord>> recoveries(store::RecoveryQuery query);
    Task<std::vector<model::RecoveryStep>> recovery_steps(RecoveryUid uid);
    Task<std::vector<model::Detection>> detections(store::Page page);
    Task<std::vector<model::AuditEntry>> audit(std::optional<Endpoint> server, store::Page page);
    /// Registers this process in the store and says whether that took effect.
    Co<Health> health();

    // ---- for the other files of this room ----
    const Seams& seams() const { return seams_; }
    /// Commits in one step; returns when it is durable.
    Task<void> commit(std::vector<model::Change> changes);
    /// The change that writes the audit of a verb.
    model::Change audited(std::string type, const Endpoint& server, std::string message) const;

private:
    /// The cluster a person means, read anew: a wish must not rest on what was true before the last change.
    Task<model::ClusterPtr> present_cluster(std::string hint);

    Seams seams_;
    config::Settings settings_;
    recovery::Node node_;
    std::string version_;
    std::string command_;
    WallTime first_seen_;
    analysis::Policy policy_;
};

}  // namespace orc::api
