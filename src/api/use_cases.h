// Every verb a person can ask for, once. Reads work on snapshots and may be called from any thread; verbs that change
// something or read a server are coroutines on the control executor.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/changes.h"
#include "config/load.h"
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
    std::string warning;  ///< see Pulse
    recovery::Node node;
    bool is_leader = false;
    std::string leader;
    std::vector<store::NodeRecord> nodes;
    std::optional<store::ActiveNode> active;  ///< unknown: whoever leads
};

/// How this process last found its database, and who lives on it.
struct Pulse {
    std::vector<store::NodeRecord> nodes;
    std::optional<store::ActiveNode> active;
    std::string error;    ///< "" all is well
    std::string warning;  ///< what a person should see to though all is well; "" nothing
};

/// Who sees to it that this process is one among several; all of it on the control executor.
struct Membership {
    std::function<Pulse()> pulse;
    std::function<Task<void>()> grab;     ///< become the active node, whoever was
    std::function<Task<void>()> reelect;  ///< let another one become active
    std::function<Co<void>()> catch_up;   ///< while standing by: know what the active node has decided by now
    bool is_shared = false;               ///< other nodes use the database as well
    bool is_guest = false;                ///< this one never acts, even where nobody does
};

/// How this process reads its configuration again, and who must learn of it. Both are called on the control executor.
struct Reloading {
    /// The same files as at start, then `extra`.
    std::function<Task<config::Loaded>(std::optional<std::string> extra)> load;
    /// Everybody but the use cases themselves.
    std::function<void(const config::Settings&)> adopt;
};

/// When a span that begins then ends. Error (invalid): later than the tables can say.
Result<WallTime> end_of_span(WallTime begin, Seconds span);

class UseCases {
public:
    UseCases(Seams seams, config::Settings settings, recovery::Node node, std::string version, std::string command);

    // ---- finding things; any thread ----
    /// The configuration in force, as a snapshot: a reload makes a new one.
    std::shared_ptr<const config::Settings> settings() const;
    const recovery::Node& node() const { return node_; }
    Executor control() const { return seams_.control; }
    const std::string& version() const { return version_; }
    const runtime::Clock& clock() const { return seams_.clock; }
    /// For people: what has not been read yet is shown as it is remembered.
    model::TopologyPtr topology() const;
    /// The known server of that very name, which letter case does not change; else the endpoint as given.
    Endpoint spelled(const Endpoint& given) const;
    /// What a person meant: the known server of that name, else the only known one whose host contains the text (same
    /// port; never for addresses), else the endpoint as given. Letter case makes no difference.
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
    /// Only the very server that is named, never one whose name is like it.
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
    Task<std::vector<model::Detection>> detections(store::DetectionQuery query);
    /// How verdicts changed, by server, oldest first.
    Task<std::vector<store::AnalysisChange>> analysis_changes();
    Task<std::vector<model::AuditEntry>> audit(std::optional<Endpoint> server, store::Page page);
    void set_membership(Membership membership) { membership_ = std::move(membership); }
    /// Where this process is alone for good, these only say whether it leads.
    Task<void> grab_election();
    Task<void> reelect();
    void set_reloading(Reloading reloading) { reloading_ = std::move(reloading); }
    /// Reads the configuration again and puts it in force; a bad one changes nothing. Either way the audit says so,
    /// with `trigger` ("SIGHUP", "API"). Errors: those of loading; refused where this process cannot reload.
    Task<config::Changes> reload_configuration(std::string trigger, std::optional<std::string> extra);
    /// Writes an audit entry about this node itself.
    Task<void> note(std::string type, std::string message);
    /// Says whether this process could register itself in the store, which is tried each second; where nobody does so,
    /// now.
    Co<Health> health();

    // ---- for the other files of this room ----
    const Seams& seams() const { return seams_; }
    const Membership& membership() const { return membership_; }
    /// Errors: not_leader, naming the node that leads or what is wrong here.
    Result<void> require_lead() const;
    /// Commits in one step; returns when it is durable. Errors: those of require_lead and of the ledger.
    Task<void> commit(std::vector<model::Change> changes);
    /// The change that writes the audit of a verb.
    model::Change audited(std::string type, const std::optional<Endpoint>& server, std::string message) const;

private:
    /// The server that a hint "host[:port]" names, as it is known. Error (invalid) names the text.
    Result<Endpoint> member_named(std::string_view hint) const;
    /// The cluster a person means, read anew: a wish must not rest on what was true before the last change.
    Task<model::ClusterPtr> present_cluster(std::string hint);
    /// What a configuration means here.
    struct Standing {
        explicit Standing(config::Settings given) : settings(std::move(given)), policy(settings) {}
        config::Settings settings;
        analysis::Policy policy;
    };
    std::shared_ptr<const Standing> standing() const;

    Seams seams_;
    mutable std::mutex standing_mutex_;
    std::shared_ptr<const Standing> standing_;  ///< under the mutex: read by any thread
    Reloading reloading_;
    Membership membership_;
    recovery::Node node_;
    std::string version_;
    std::string command_;
    WallTime first_seen_;
};

}  // namespace orc::api
