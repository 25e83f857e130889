// What servers tell about themselves that belongs into the ledger: promotion rules (DetectPromotionRuleQuery) and
// aliases of clusters; and the audit of what discovery does by itself. Gathered for a moment and committed together, by
// the leader only.
#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

constexpr Micros gather_for = Millis(100);
constexpr std::size_t changes_max = 500;
constexpr std::size_t audits_max = 200;  ///< that wait for somebody to lead
constexpr unsigned refusals_max = 8;     ///< in one go; with more it is the store that is in trouble
constexpr Micros refused_for = std::chrono::hours(1);

}  // namespace

void DiscoveryLoop::State::note_rule(const Endpoint& server, const model::Facts& facts) {
    if (facts.promotion_rule.empty() || seams.leadership == nullptr) {
        return;
    }
    const auto rule = model::parse_promotion_rule(facts.promotion_rule);
    if (!rule || *rule == model::PromotionRule::must) {
        return;  // "must" is not for servers to say
    }
    const auto intent = seams.ledger.intent();
    const auto registered = intent->candidates.find(server);
    if (registered != intent->candidates.end() && registered->second.rule == *rule) {
        const auto life = std::chrono::minutes(settings.candidate_instance_expire_minutes);
        if (seams.clock.wall() - registered->second.suggested < life / 2) {
            return;
        }
    }
    rules_told[server] = *rule;
    commit_soon();
}

void DiscoveryLoop::State::note_alias(const model::Cluster& cluster) {
    if (seams.leadership == nullptr || cluster.servers.empty() || cluster.alias == cluster.name.text()) {
        return;
    }
    const auto intent = seams.ledger.intent();
    if (intent->alias_overrides.contains(cluster.name)) {
        return;  // what people gave is theirs to take back
    }
    const auto kept = intent->aliases.find(cluster.name);
    const auto refused = aliases_refused.find(cluster.name);
    const bool is_refused = refused != aliases_refused.end() && refused->second.alias == cluster.alias &&
                            seams.clock.now() < refused->second.until;
    if (!is_refused && (kept == intent->aliases.end() || kept->second != cluster.alias)) {
        aliases_told[cluster.name] = cluster.alias;
        commit_soon();
    }
}

/// What an earlier ClusterNameToAlias told, and this one tells no more, is not kept.
void DiscoveryLoop::State::note_other_patterns(
    const config::ClusterAliases& before, const config::ClusterAliases& now
) {
    if (seams.leadership == nullptr) {
        return;
    }
    const auto intent = seams.ledger.intent();
    for (const auto& [cluster, alias] : intent->aliases) {
        if (before.alias_of(cluster.text()) == alias && now.alias_of(cluster.text()).empty()) {
            aliases_gone.insert(cluster);
            commit_soon();
        }
    }
}

void DiscoveryLoop::State::audit(std::string_view type, const Endpoint& server, std::string message) {
    if (seams.leadership == nullptr || audits_told.size() >= audits_max) {
        return;
    }
    const auto cluster = table.cluster_of(server);
    model::AuditEntry entry;
    entry.at = seams.clock.wall();
    entry.type = type;
    if (server.is_valid()) {
        entry.endpoint = server;
    }
    entry.cluster = cluster == nullptr ? "" : cluster->name.text();
    entry.message = std::move(message);
    audits_told.push_back(std::move(entry));
    commit_soon();
}

void DiscoveryLoop::State::commit_soon() {
    if (!is_committing && seams.leadership->view().is_leader) {
        is_committing = group.spawn(commit_loop(shared_from_this()));
    }
}

Co<void> DiscoveryLoop::State::commit_loop(std::shared_ptr<State> self) {
    co_await self->seams.clock.sleep_for(gather_for);
    std::vector<model::Change> changes;
    const WallTime wall = self->seams.clock.wall();
    for (const auto& [server, rule] : self->rules_told) {
        changes.push_back(model::PutCandidate{model::Candidate{server, rule, wall}});
    }
    for (const auto& [cluster, alias] : self->aliases_told) {
        changes.push_back(model::PutClusterAlias{cluster, alias});
    }
    for (const auto& cluster : self->aliases_gone) {
        changes.push_back(model::DropClusterAlias{cluster});
    }
    for (auto& entry : self->audits_told) {
        changes.push_back(model::AppendAudit{std::move(entry)});
    }
    self->audits_told.clear();
    // What does not fit, and what is not committed, comes again with the next probe.
    self->rules_told.clear();
    self->aliases_told.clear();
    self->aliases_gone.clear();
    if (changes.size() > changes_max) {
        changes.resize(changes_max);
    }
    unsigned refused = 0;
    co_await commit_parts(self, std::move(changes), &refused);
    self->is_committing = false;
}

/// One commit; if something in it cannot be kept, each half on its own, until that is left alone.
Co<void> DiscoveryLoop::State::commit_parts(
    std::shared_ptr<State> self, std::vector<model::Change> changes, unsigned* refused
) {
    const auto view = self->seams.leadership->view();
    if (!view.is_leader || changes.empty() || *refused >= refusals_max) {
        co_return;
    }
    ledger::Commit commit;
    commit.id = self->seams.rng.hex(16);
    commit.epoch = view.epoch;
    commit.changes = changes;
    const auto outcome = co_await self->seams.ledger.commit(std::move(commit));
    if (outcome == ledger::CommitOutcome::too_large && changes.size() > 1) {
        const auto middle = changes.begin() + static_cast<std::ptrdiff_t>(changes.size() / 2);
        co_await commit_parts(self, std::vector(changes.begin(), middle), refused);
        co_await commit_parts(self, std::vector(middle, changes.end()), refused);
    } else if (outcome == ledger::CommitOutcome::too_large) {
        ++*refused;
        self->note_refused(changes.front());
    } else if (outcome != ledger::CommitOutcome::committed) {
        LOG(info, "discovery.commit_refused", {{"outcome", ledger::name(outcome)}});
    }
}

void DiscoveryLoop::State::note_refused(const model::Change& change) {
    const auto* put = std::get_if<model::PutClusterAlias>(&change);
    if (put == nullptr) {
        LOG(warning, "discovery.commit_refused", {{"why", seams.ledger.why()}});
        return;
    }
    RefusedAlias& known = aliases_refused[put->cluster];
    if (known.alias != put->alias) {
        LOG(warning,
            "discovery.alias_refused",
            {{"cluster", put->cluster}, {"alias", put->alias}, {"why", seams.ledger.why()}});
    }
    known = {put->alias, seams.clock.now() + refused_for};
}

}  // namespace orc::discovery
