#include "store/memory_store.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "store/rows.h"

namespace orc::store {
namespace {

using namespace model;

// Keeps the history that Intent leaves out, as the tables would.
struct Historian {
    MemoryDisk& disk;

    template <typename Other>
    void operator()(const Other&) const {}

    void operator()(const PutDetection& c) const {
        const Detection& record = c.record;
        for (auto& [id, other] : disk.detections) {
            const bool is_same_slot =
                other.endpoint == record.endpoint && other.is_actionable == record.is_actionable && id != record.id;
            if (!record.ended && is_same_slot && !other.ended) {
                other.ended = record.start;
            }
        }
        disk.detections[record.id] = record;
    }
    void operator()(const PutRecovery& c) const {
        RecoveryRecord record = c.record;
        for (auto& [id, other] : disk.recoveries) {
            if (other.uid == record.uid) {
                record.id = id;
            } else if (!record.active_period_end && other.failed == record.failed && !other.active_period_end) {
                other.active_period_end = record.start;
            }
        }
        if (record.id == 0) {
            record.id = disk.recoveries.empty() ? 1 : disk.recoveries.rbegin()->first + 1;
        }
        disk.recoveries[record.id] = record;
    }
    void operator()(const AppendRecoveryStep& c) const { append(disk.steps, c.record); }
    void operator()(const AppendAudit& c) const { append(disk.audit, c.record); }
    void operator()(const AppendSnapshot& c) const { disk.snapshots.push_back(c.record); }
    void operator()(const PutMaintenance& c) const {
        if (c.record.id == 0) {
            disk.intent.maintenance[c.record.endpoint].id = ++disk.intent.last_maintenance_id;
        }
    }

    // Numbers rise for ever, as those of rows do while the newest is kept.
    template <typename Record>
    static void append(std::vector<Record>& rows, Record record) {
        record.id = rows.empty() ? 1 : rows.back().id + 1;
        rows.push_back(std::move(record));
    }
};

void keep(MemoryDisk& disk, const Change& change) {
    const Change kept = as_kept(change);
    disk.intent.apply(kept);
    std::visit(Historian{disk}, kept);
}

// What waits to be written behind; no server means forget.
struct Pending {
    ServerPtr server;
};
using PendingMap = std::map<Endpoint, Pending>;

void keep_observed(MemoryDisk& disk, const Endpoint& endpoint, const ServerPtr& server) {
    if (server == nullptr) {
        disk.servers.erase(endpoint);
        disk.servers_seen.erase(endpoint);
        return;
    }
    const auto known = disk.servers.find(endpoint);
    if (server->facts == nullptr && known != disk.servers.end()) {
        return;
    }
    const auto source = server->facts == nullptr ? std::nullopt : server->source();
    const ClusterName own_name(endpoint.text());
    const ClusterName cluster = server->cluster.empty() && server->facts == nullptr ? own_name : server->cluster;
    disk.servers[endpoint] = KnownServer{endpoint, source, cluster};
    if (server->check.seen_wall != WallTime{}) {
        disk.servers_seen[endpoint] = server->check.seen_wall;
    }
}

Co<void> yield_once() {
    const auto executor = co_await asio::this_coro::executor;
    const asio::use_awaitable_t<Executor> token;
    co_await asio::post(executor, token);
}

// Everything by value or shared: a store may go while a commit of its is still on the way to the disk.
struct Shared {
    std::shared_ptr<MemoryDisk> disk;
    runtime::Clock& clock;
    std::shared_ptr<Meter> meter;
    PendingMap pending;
    Instant last_effect{};

    void flush() {
        if (disk->faults.read_only) {
            return;
        }
        for (const auto& [endpoint, entry] : pending) {
            keep_observed(*disk, endpoint, entry.server);
        }
        if (!pending.empty()) {
            meter->batch_ended(clock.wall(), pending.size(), Micros{0}, Micros{0});
        }
        pending.clear();
    }
};

// The number of a maintenance row is unique, as in the table.
bool is_number_taken(const Intent& intent, const Change& change) {
    const auto* put = std::get_if<PutMaintenance>(&change);
    return put != nullptr && put->record.id != 0 && std::ranges::any_of(intent.maintenance, [&](const auto& entry) {
               return entry.second.id == put->record.id && entry.first != put->record.endpoint;
           });
}

Result<void> take_effect(Shared& shared, const std::string& id, const std::vector<Change>& changes) {
    MemoryDisk& disk = *shared.disk;
    if (disk.faults.read_only) {
        return fail(ErrorCode::denied, "commit " + id + ": the disk is read-only");
    }
    if (disk.faults.fail_next > 0) {
        --disk.faults.fail_next;
        return fail(ErrorCode::unreachable, "commit " + id + ": the disk failed");
    }
    if (std::ranges::any_of(changes, [&](const auto& change) { return is_number_taken(disk.intent, change); })) {
        return fail(ErrorCode::conflict, "commit " + id + ": the number of the maintenance is taken");
    }
    shared.flush();
    if (disk.commits.emplace(id, shared.clock.wall()).second) {
        ++disk.applied;
        for (const auto& change : changes) {
            keep(disk, change);
        }
    }
    if (disk.faults.unknown_next > 0) {
        --disk.faults.unknown_next;
        return fail(ErrorCode::timed_out, "commit " + id + ": no answer");
    }
    return {};
}

Task<void> commit_later(std::shared_ptr<Shared> shared, std::string id, std::vector<Change> changes) {
    if (id.empty()) {
        co_return fail(ErrorCode::invalid, "a commit needs an id");
    }
    const Instant now = shared->clock.now();
    const Instant at = std::max(now + shared->disk->faults.delay, shared->last_effect);
    shared->last_effect = at;
    if (at > now) {
        co_await shared->clock.sleep_until(at);
    } else {
        co_await yield_once();
    }
    auto done = take_effect(*shared, id, changes);
    const Micros took = shared->clock.now() - now;
    shared->meter->write_ended(shared->clock.wall(), Micros{0}, took, done ? nullptr : &done.error());
    co_return done;
}

template <typename T>
Task<T> answer(T value) {
    co_await yield_once();
    co_return value;
}

template <typename T>
Task<T> refuse(ErrorCode code, std::string message) {
    co_await yield_once();
    co_return fail(code, std::move(message));
}

template <typename T>
std::vector<T> page_of(const std::vector<T>& all, Page page) {
    const std::size_t first = std::min(all.size(), page.number * page.size);
    const std::size_t last = std::min(all.size(), first + page.size);
    return std::vector<T>(
        all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last)
    );
}

bool matches(const RecoveryRecord& record, const RecoveryQuery& query) {
    if (query.unacknowledged_only && record.acknowledged) {
        return false;
    }
    if (query.id) {
        return record.id == *query.id;
    }
    if (query.uid) {
        return record.uid == *query.uid;
    }
    if (query.cluster) {
        return record.cluster == *query.cluster;
    }
    return !query.alias || record.cluster_alias == *query.alias;
}

class MemoryStore final : public Store {
public:
    MemoryStore(std::shared_ptr<MemoryDisk> disk, runtime::Clock& clock)
        : shared_(std::make_shared<Shared>(Shared{std::move(disk), clock, meter_, {}})) {}

    Task<Intent> open() override { return answer(disk().intent); }

    Task<std::vector<KnownServer>> known_servers() override {
        shared_->flush();
        std::vector<KnownServer> out;
        for (const auto& [endpoint, known] : disk().servers) {
            out.push_back(known);
        }
        return answer(std::move(out));
    }

    Task<void> apply(std::string commit_id, std::vector<Change> changes) override {
        return commit_later(shared_, std::move(commit_id), std::move(changes));
    }

    Task<void> apply_fenced(Fence fence, std::string commit_id, std::vector<Change> changes) override {
        const auto lease = disk().intent.leases.find(fence.lease);
        const bool is_held = lease != disk().intent.leases.end() && lease->second.term == fence.term &&
                             lease->second.holder == fence.holder;
        if (disk().is_shared && !is_held && !disk().commits.contains(commit_id)) {
            return refuse<void>(ErrorCode::not_leader, "another node has taken over since");
        }
        return apply(std::move(commit_id), std::move(changes));
    }
    Task<ActiveNode> claim_activity(NodeRecord self, Seconds patience) override {
        if (disk().faults.read_only) {
            return refuse<ActiveNode>(ErrorCode::denied, "activity: the disk is read-only");
        }
        auto& active = disk().active;
        const WallTime now = shared_->clock.wall();
        const bool is_mine = active && active->token == self.token;
        if (active && !is_mine && now - active->last_seen < patience) {
            active->age = std::chrono::duration_cast<Seconds>(now - active->last_seen);
            return answer(*active);
        }
        const WallTime since = is_mine ? active->first_seen : now;
        active = ActiveNode{self.host, self.token, since, now, Seconds(0)};
        return answer(*active);
    }
    Task<void> release_activity(NodeToken self) override {
        if (disk().active && disk().active->token == self) {
            disk().active.reset();
        }
        return done();
    }
    Task<IntentSince> intent_since(std::string mark) override {
        IntentSince out;
        out.mark = std::to_string(disk().applied) + " commits";
        if (mark.empty() || mark != out.mark) {
            out.intent = disk().intent;
        }
        return answer(std::move(out));
    }
    void keep_observations(bool keep) override {
        is_keeping_ = keep;
        if (!keep) {
            shared_->pending.clear();
        }
    }

    void write_observed(ServerPtr server) override {
        if (!is_keeping_) {
            return;
        }
        const Endpoint endpoint = server->endpoint;
        shared_->pending[endpoint] = Pending{std::move(server)};
    }
    void forget_observed(Endpoint endpoint) override {
        if (is_keeping_) {
            shared_->pending[endpoint] = Pending{};
        }
    }

    Task<std::vector<RecoveryRecord>> recoveries(RecoveryQuery query) override {
        std::vector<RecoveryRecord> found;
        for (auto at = disk().recoveries.rbegin(); at != disk().recoveries.rend(); ++at) {
            if (matches(at->second, query)) {
                found.push_back(at->second);
            }
        }
        return answer(page_of(found, query.page));
    }

    Task<std::vector<RecoveryStep>> recovery_steps(RecoveryUid uid) override {
        std::vector<RecoveryStep> found;
        for (const auto& step : disk().steps) {
            if (step.uid == uid) {
                found.push_back(step);
            }
        }
        return answer(std::move(found));
    }

    Task<std::vector<Detection>> detections(DetectionQuery query) override {
        std::vector<Detection> found;
        for (auto at = disk().detections.rbegin(); at != disk().detections.rend(); ++at) {
            const Detection& record = at->second;
            if (query.id ? record.id == *query.id : !query.alias || record.cluster_alias == *query.alias) {
                found.push_back(record);
            }
        }
        return answer(page_of(found, query.page));
    }

    void note(Note note) override {
        if (!is_keeping_) {
            return;
        }
        if (const auto* change = std::get_if<AnalysisChange>(&note)) {
            disk().analysis_changes.push_back(*change);
            disk().analysis_changes.back().at = std::chrono::floor<Seconds>(change->at);
        } else if (const auto* name = std::get_if<ResolvedName>(&note)) {
            disk().resolved_names[name->host] = *name;
            disk().resolved_names[name->host].at = std::chrono::floor<Seconds>(name->at);
        } else if (const auto* addresses = std::get_if<HostAddresses>(&note)) {
            disk().addresses[addresses->host] = *addresses;
        } else if (const auto* tls = std::get_if<TlsRequirement>(&note)) {
            disk().tls[tls->endpoint] = *tls;
        } else if (const auto* domain = std::get_if<ClusterDomain>(&note)) {
            disk().domains[domain->cluster] = *domain;
            disk().domains[domain->cluster].at = std::chrono::floor<Seconds>(domain->at);
        }
    }

    Task<std::vector<AnalysisChange>> analysis_changes() override {
        auto all = disk().analysis_changes;
        std::ranges::stable_sort(all, {}, &AnalysisChange::endpoint);
        return answer(std::move(all));
    }

    Task<std::vector<WallTime>> snapshot_times() override {
        std::vector<WallTime> out;
        for (const auto& snapshot : disk().snapshots) {
            if (!snapshot.places.empty()) {
                out.push_back(snapshot.at);
            }
        }
        std::ranges::sort(out);
        out.erase(std::ranges::unique(out).begin(), out.end());
        return answer(std::move(out));
    }

    Task<std::vector<SnapshotPlace>> snapshot(WallTime at) override {
        std::map<Endpoint, SnapshotPlace> places;
        for (const auto& snapshot : disk().snapshots) {
            if (snapshot.at == std::chrono::floor<Seconds>(at)) {
                for (const auto& place : snapshot.places) {
                    places.try_emplace(place.endpoint, place);
                }
            }
        }
        std::vector<SnapshotPlace> out;
        for (auto& [endpoint, place] : places) {
            out.push_back(std::move(place));
        }
        return answer(std::move(out));
    }

    Task<std::vector<ResolvedName>> resolved_names() override {
        std::vector<ResolvedName> out;
        for (const auto& [host, name] : disk().resolved_names) {
            out.push_back(name);
        }
        return answer(std::move(out));
    }

    Task<std::vector<TlsRequirement>> tls_requirements() override {
        std::vector<TlsRequirement> out;
        for (const auto& [endpoint, requirement] : disk().tls) {
            out.push_back(requirement);
        }
        return answer(std::move(out));
    }

    Task<std::vector<ClusterDomain>> cluster_domains() override {
        std::vector<ClusterDomain> out;
        for (const auto& [cluster, domain] : disk().domains) {
            out.push_back(domain);
        }
        return answer(std::move(out));
    }

    Task<void> forget_resolved_names() override {
        disk().resolved_names.clear();
        return done();
    }

    Task<std::vector<AuditEntry>> audit(std::optional<Endpoint> endpoint, Page page) override {
        std::vector<AuditEntry> found;
        for (auto at = disk().audit.rbegin(); at != disk().audit.rend(); ++at) {
            if (!endpoint || at->endpoint == endpoint) {
                found.push_back(*at);
            }
        }
        return answer(page_of(found, page));
    }

    Task<std::vector<NodeRecord>> register_node(NodeRecord self, Seconds fresh) override {
        if (disk().faults.read_only) {
            return refuse<std::vector<NodeRecord>>(ErrorCode::denied, "node health: the disk is read-only");
        }
        shared_->flush();
        const WallTime since = self.last_seen - fresh;
        NodeRecord& known = disk().nodes.try_emplace({self.host, self.token}, self).first->second;
        known.last_seen = self.last_seen;
        known.version = self.version;
        std::vector<NodeRecord> out;
        for (const auto& [key, node] : disk().nodes) {
            if (node.last_seen >= since) {
                out.push_back(node);
            }
        }
        return answer(std::move(out));
    }

    Task<void> expire(WallTime now, Retention retention) override {
        if (disk().faults.read_only) {
            return refuse<void>(ErrorCode::denied, "expiry: the disk is read-only");
        }
        shared_->flush();
        expire_history(now - retention.history);
        std::erase_if(disk().servers_seen, [&](const auto& entry) {
            const bool is_old = entry.second < now - retention.unseen;
            if (is_old) {
                disk().servers.erase(entry.first);
            }
            return is_old;
        });
        std::erase_if(disk().analysis_changes, [&](const auto& change) { return change.at < now - retention.unseen; });
        std::erase_if(disk().resolved_names, [&](const auto& entry) {
            return entry.second.at < now - 2 * retention.resolves;
        });
        std::erase_if(disk().nodes, [&](const auto& entry) { return entry.second.last_seen < now - Seconds(5); });
        std::erase_if(disk().commits, [&](const auto& entry) { return entry.second < now - std::chrono::hours(1); });
        return done();
    }

    std::string describe() const override { return "memory"; }

    Co<void> close() override {
        shared_->flush();
        return yield_once();
    }

private:
    MemoryDisk& disk() { return *shared_->disk; }

    static Task<void> done() {
        co_await yield_once();
        co_return Result<void>{};
    }

    void expire_history(WallTime before) {
        std::erase_if(disk().audit, [&](const auto& entry) { return entry.at < before; });
        std::erase_if(disk().steps, [&](const auto& step) { return step.at < before; });
        std::erase_if(disk().detections, [&](const auto& entry) {
            return entry.second.start < before && entry.second.ended;
        });
        std::erase_if(disk().recoveries, [&](const auto& entry) {
            return entry.second.start < before && entry.second.ended && entry.second.active_period_end;
        });
    }

    std::shared_ptr<Shared> shared_;
    bool is_keeping_ = true;
};

}  // namespace

std::unique_ptr<Store> make_memory_store(std::shared_ptr<MemoryDisk> disk, runtime::Clock& clock) {
    return std::make_unique<MemoryStore>(std::move(disk), clock);
}

}  // namespace orc::store
