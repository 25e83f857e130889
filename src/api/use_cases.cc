#include "api/use_cases.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace orc::api {
namespace {

constexpr Seconds default_downtime{600};
constexpr Seconds node_freshness{2};
constexpr Millis commit_limit{5000};
constexpr Millis reading_limit{1000};

}  // namespace

Result<WallTime> end_of_span(WallTime begin, Seconds span) {
    if (begin + span > last_db_time) {
        return fail(
            ErrorCode::invalid,
            std::to_string(span.count()) + " seconds from now would end after " + db_timestamp(last_db_time) +
                ", the last moment that can be kept"
        );
    }
    return begin + span;
}

UseCases::UseCases(
    Seams seams, config::Settings settings, recovery::Node node, std::string version, std::string command
)
    : seams_(seams),
      standing_(std::make_shared<const Standing>(std::move(settings))),
      node_(std::move(node)),
      version_(std::move(version)),
      command_(std::move(command)),
      first_seen_(seams_.clock.wall()) {}

std::shared_ptr<const UseCases::Standing> UseCases::standing() const {
    const std::scoped_lock lock(standing_mutex_);
    return standing_;
}

std::shared_ptr<const config::Settings> UseCases::settings() const {
    auto whole = standing();
    const config::Settings* part = &whole->settings;
    return {std::move(whole), part};
}

model::TopologyPtr UseCases::topology() const { return model::as_shown(seams_.discovery.topology()); }

ClusterSummary UseCases::summary(const model::Cluster& cluster) const {
    ClusterSummary out;
    out.name = cluster.name;
    out.alias = cluster.alias;
    out.domain = cluster.domain;
    out.servers = cluster.servers.size();
    const auto present = standing();
    const auto& policy = present->policy;
    out.automated_primary_recovery = policy.primary_recovery.matches(cluster.name.text(), cluster.alias);
    out.automated_intermediate_recovery = policy.intermediate_recovery.matches(cluster.name.text(), cluster.alias);
    return out;
}

std::vector<ClusterSummary> UseCases::summaries() const {
    std::vector<ClusterSummary> out;
    const auto snapshot = topology();
    out.reserve(snapshot->clusters.size());
    for (const auto& [name, cluster] : snapshot->clusters) {
        out.push_back(summary(*cluster));
    }
    return out;
}

std::shared_ptr<const std::vector<analysis::Finding>> UseCases::findings() const { return seams_.recovery.findings(); }
std::vector<recovery::Running> UseCases::running() const { return seams_.recovery.running(); }
discovery::Counters UseCases::counters() const { return seams_.discovery.counters(); }
ledger::LeadershipView UseCases::leadership() const { return seams_.leadership.view(); }
void UseCases::on_recovery_event(std::function<void(const recovery::Event&)> listener) {
    seams_.recovery.on_event(std::move(listener));
}
bool UseCases::recoveries_disabled() const { return intent()->recoveries_disabled; }
std::shared_ptr<const model::Intent> UseCases::intent() const { return seams_.ledger.intent(); }

Result<void> UseCases::require_lead() const {
    const ledger::LeadershipView view = seams_.leadership.view();
    if (view.is_leader) {
        return {};
    }
    if (!view.leader.empty()) {
        return fail(ErrorCode::not_leader, "this node stands by: the active node is " + view.leader + ", ask there");
    }
    const std::string error = membership_.pulse ? membership_.pulse().error : seams_.ledger.why();
    return fail(
        ErrorCode::not_leader,
        "nothing can be changed now: " + (error.empty() ? "this node's database cannot be written" : error)
    );
}

Task<void> UseCases::commit(std::vector<model::Change> changes) {
    CO_TRY(require_lead());
    ledger::Commit commit;
    commit.id = seams_.rng.hex(16);
    commit.epoch = seams_.leadership.view().epoch;
    commit.changes = std::move(changes);
    CO_TRY(co_await ledger::commit_surely(
        seams_.ledger, seams_.clock, std::move(commit), seams_.clock.deadline_in(commit_limit)
    ));
    seams_.discovery.publish();  // whoever asked sees it when they look next
    co_return Result<void>{};
}

model::Change UseCases::audited(std::string type, const std::optional<Endpoint>& server, std::string message) const {
    const auto known = server ? topology()->cluster(*server) : nullptr;
    model::AuditEntry entry;
    entry.at = seams_.clock.wall();
    entry.type = std::move(type);
    entry.endpoint = server;
    entry.cluster = known == nullptr ? "" : known->name.text();
    entry.message = std::move(message);
    return model::AppendAudit{std::move(entry)};
}

Task<model::ServerPtr> UseCases::discover(Endpoint server) {
    CO_TRY(require_lead());
    const Deadline deadline = seams_.clock.deadline_in(discovery::probe_read_limit(*settings()));
    co_return co_await seams_.discovery.discover(spelled(server), deadline);
}

Task<Endpoint> UseCases::forget(Endpoint server) {
    CO_TRY(require_lead());
    server = spelled(server);
    std::vector<model::Change> changes;
    changes.push_back(audited("forget", server, ""));  // while its cluster is known
    // What cannot be written down must not be done either.
    const Deadline deadline = seams_.clock.deadline_in(commit_limit);
    CO_TRY(co_await seams_.leadership.confirm(seams_.leadership.view().epoch, deadline));
    CO_TRY(seams_.discovery.forget(server));
    CO_TRY(co_await commit(std::move(changes)));
    co_return server;
}

Task<Endpoint> UseCases::begin_downtime(Endpoint server, std::string owner, std::string reason, Seconds span) {
    if (trim(owner).empty() || trim(reason).empty()) {
        co_return fail(ErrorCode::invalid, "downtime needs an owner and a reason");
    }
    model::Downtime record;
    record.endpoint = resolve(server);
    record.begin = seams_.clock.wall();
    CO_TRY(record.end, end_of_span(record.begin, span == Seconds{0} ? default_downtime : span));
    record.owner = std::move(owner);
    record.reason = std::move(reason);
    const Endpoint known = record.endpoint;
    std::vector<model::Change> changes;
    changes.push_back(audited("begin-downtime", known, "owner: " + record.owner + ", reason: " + record.reason));
    changes.push_back(model::PutDowntime{std::move(record)});
    CO_TRY(co_await commit(std::move(changes)));
    co_return known;
}

Task<Endpoint> UseCases::end_downtime(Endpoint server) {
    const Endpoint known = resolve(server);
    std::vector<model::Change> changes;
    changes.push_back(model::EndDowntime{known});
    changes.push_back(audited("end-downtime", known, ""));
    CO_TRY(co_await commit(std::move(changes)));
    co_return known;
}

Task<Endpoint> UseCases::register_candidate(Endpoint server, std::string rule) {
    CO_TRY(const model::PromotionRule parsed, model::parse_promotion_rule(rule));
    if (parsed == model::PromotionRule::must) {
        co_return fail(ErrorCode::invalid, "promotion rule 'must' cannot be registered; use prefer");
    }
    model::Candidate record;
    record.endpoint = resolve(server);
    record.rule = parsed;
    record.suggested = seams_.clock.wall();
    const Endpoint known = record.endpoint;
    std::vector<model::Change> changes;
    changes.push_back(audited("register-candidate", known, "promotion rule: " + rule));
    changes.push_back(model::PutCandidate{std::move(record)});
    CO_TRY(co_await commit(std::move(changes)));
    co_return known;
}

Task<bool> UseCases::set_recoveries_enabled(bool enabled) {
    std::vector<model::Change> changes;
    changes.push_back(model::SetRecoveriesDisabled{!enabled});
    CO_TRY(co_await commit(std::move(changes)));
    co_return enabled;
}

Task<recovery::Outcome> UseCases::recover(recovery::RecoverRequest request) {
    request.failed = resolve(request.failed);
    if (request.candidate) {
        request.candidate = resolve(*request.candidate);
    }
    co_return co_await seams_.recovery.recover(std::move(request));
}

Task<planning::Plan> UseCases::preview_recovery(recovery::RecoverRequest request) {
    request.failed = resolve(request.failed);
    if (request.candidate) {
        request.candidate = resolve(*request.candidate);
    }
    co_return co_await seams_.recovery.preview_recovery(std::move(request));
}

namespace {

recovery::TakeoverRequest takeover_request(
    const UseCases& use_cases, const model::Cluster& cluster, std::optional<Endpoint> designated, bool pick
) {
    recovery::TakeoverRequest request;
    request.cluster = cluster.name;
    if (designated) {
        request.designated = use_cases.resolve(*designated);
    }
    request.pick = pick;
    return request;
}

}  // namespace

Task<model::ClusterPtr> UseCases::present_cluster(std::string hint) {
    CO_TRY(const model::ClusterPtr known, cluster(hint));
    std::vector<Endpoint> members;
    for (const auto& server : known->servers) {
        members.push_back(server->endpoint);
    }
    // A member's name stands for the cluster that it is in now, a cluster's name for the one its servers are in.
    const auto named = member_named(hint);
    const Endpoint member = named && known->find(*named) != nullptr ? *named : members.front();
    const Deadline deadline = seams_.clock.deadline_in(reading_limit);
    co_await seams_.discovery.refresh(std::move(members), deadline);
    const auto present = seams_.discovery.cluster_now(member);
    co_return present != nullptr ? present : known;
}

Task<recovery::Outcome> UseCases::take_over(
    std::string cluster_hint, std::optional<Endpoint> designated, bool pick, std::string actor
) {
    CO_TRY(const model::ClusterPtr target, co_await present_cluster(cluster_hint));
    recovery::TakeoverRequest request = takeover_request(*this, *target, std::move(designated), pick);
    request.actor = std::move(actor);
    co_return co_await seams_.recovery.take_over(std::move(request));
}

Task<planning::Plan> UseCases::preview_takeover(
    std::string cluster_hint, std::optional<Endpoint> designated, bool pick
) {
    CO_TRY(const model::ClusterPtr target, co_await present_cluster(cluster_hint));
    recovery::TakeoverRequest request = takeover_request(*this, *target, std::move(designated), pick);
    co_return co_await seams_.recovery.preview_takeover(std::move(request));
}

Task<std::size_t> UseCases::acknowledge(recovery::AckRequest request) {
    request.comment = std::string(trim(request.comment));
    if (request.comment.empty()) {
        co_return fail(ErrorCode::invalid, "an acknowledgement needs a comment");
    }
    if (request.owner.empty()) {
        request.owner = node_.host;
    }
    co_return co_await seams_.recovery.acknowledge(std::move(request));
}

Task<std::vector<model::RecoveryRecord>> UseCases::recoveries(store::RecoveryQuery query) {
    co_return co_await seams_.store.recoveries(std::move(query));
}

Task<std::vector<model::RecoveryStep>> UseCases::recovery_steps(RecoveryUid uid) {
    co_return co_await seams_.store.recovery_steps(std::move(uid));
}

Task<std::vector<model::Detection>> UseCases::detections(store::DetectionQuery query) {
    co_return co_await seams_.store.detections(std::move(query));
}

Task<std::vector<store::AnalysisChange>> UseCases::analysis_changes() {
    co_return co_await seams_.store.analysis_changes();
}

Task<std::vector<model::AuditEntry>> UseCases::audit(std::optional<Endpoint> server, store::Page page) {
    co_return co_await seams_.store.audit(std::move(server), page);
}

Task<void> UseCases::grab_election() {
    if (!membership_.grab) {
        co_return require_lead();  // alone, it has been elected for good
    }
    co_return co_await membership_.grab();
}

Task<void> UseCases::reelect() {
    if (!membership_.reelect) {
        co_return require_lead();
    }
    co_return co_await membership_.reelect();
}

Co<Health> UseCases::health() {
    Health out;
    out.node = node_;
    const ledger::LeadershipView view = leadership();
    out.is_leader = view.is_leader;
    out.leader = view.leader;
    if (membership_.pulse) {
        Pulse pulse = membership_.pulse();
        out.is_healthy = pulse.error.empty();
        out.error = std::move(pulse.error);
        out.warning = std::move(pulse.warning);
        out.nodes = std::move(pulse.nodes);
        out.active = std::move(pulse.active);
        co_return out;
    }
    store::NodeRecord self;
    self.host = node_.host;
    self.token = node_.token;
    self.version = version_;
    self.command = command_ == "http" ? "" : command_;  // the service is no command
    self.backend = seams_.store.describe();
    self.first_seen = first_seen_;
    auto nodes = co_await seams_.store.register_node(std::move(self), node_freshness);
    if (nodes) {
        out.is_healthy = true;
        out.nodes = *std::move(nodes);
    } else {
        out.error = nodes.error().message;
    }
    co_return out;
}

}  // namespace orc::api
