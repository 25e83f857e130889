#include "store/memory_store.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <optional>
#include <vector>

namespace orc::store {
namespace {

using namespace model;

template <typename Key, typename Value>
std::vector<Value> values_of(const std::map<Key, Value>& map) {
    std::vector<Value> out;
    out.reserve(map.size());
    for (const auto& [key, value] : map) {
        out.push_back(value);
    }
    return out;
}

// What waits to be written behind; no server means forget.
struct Pending {
    ServerPtr server;
};
using PendingMap = std::map<Endpoint, Pending>;

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

/// As the column of a server would.
bool is_too_long(const Change& change) {
    constexpr std::size_t alias_max = 128;
    const auto* put = std::get_if<PutClusterAlias>(&change);
    return put != nullptr && put->alias.size() > alias_max;
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
    if (std::ranges::any_of(changes, is_too_long)) {
        return fail(ErrorCode::invalid, "too long for column 'alias'");
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

class MemoryStore final : public Store {
public:
    MemoryStore(std::shared_ptr<MemoryDisk> disk, runtime::Clock& clock)
        : shared_(std::make_shared<Shared>(Shared{std::move(disk), clock, meter_, {}})) {}

    Task<Intent> open() override { return answer(disk().intent); }

    Task<void> redeploy() override { return done(); }

    Task<std::vector<KnownServer>> known_servers() override {
        shared_->flush();
        std::vector<KnownServer> out;
        for (const auto& [endpoint, known] : disk().servers) {
            out.push_back(known);
            const auto observed = disk().observed.find(endpoint);
            if (observed != disk().observed.end() && observed->second->facts != nullptr) {
                out.back().observed = observed->second;
            }
        }
        return answer(std::move(out));
    }

    Task<std::vector<ServerPtr>> observed_servers() override {
        shared_->flush();
        std::vector<ServerPtr> out;
        for (const auto& [endpoint, server] : disk().observed) {
            out.push_back(server);
        }
        return answer(std::move(out));
    }

    Task<void> put_errand(Errand errand) override {
        ErrandState state;
        state.is_known = true;
        disk().errands.push_back(MemoryErrand{std::move(errand), shared_->clock.wall(), std::move(state)});
        return done();
    }
    Task<std::vector<Errand>> take_errands(NodeToken self) override {
        return answer(store::take_errands(disk(), self, shared_->clock.wall()));
    }
    Task<void> answer_errand(std::string id, ErrandAnswer given) override {
        shared_->flush();
        if (auto* found = store::errand(disk(), id)) {
            found->state.answer = std::move(given);
        }
        return done();
    }
    Task<ErrandState> errand(std::string id) override {
        if (disk().faults.deaf_next > 0) {
            --disk().faults.deaf_next;
            return refuse<ErrandState>(ErrorCode::unreachable, "the disk is gone");
        }
        const auto* found = store::errand(disk(), id);
        return answer(found == nullptr ? ErrandState{} : found->state);
    }
    Task<bool> drop_errand(std::string id) override { return answer(store::drop_errand(disk(), id)); }

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
        const WallTime now = shared_->clock.wall() + disk().faults.clock_ahead;
        const bool is_mine = active && active->token == self.token;
        if (active && !is_mine && now - active->last_seen < patience) {
            active->age = std::chrono::duration_cast<Seconds>(now - active->last_seen);
            return answer(*active);
        }
        const WallTime since = is_mine ? active->first_seen : now;
        active = ActiveNode{self.host, self.token, since, now, Seconds(0)};
        return answer(*active);
    }
    Task<std::optional<ActiveNode>> active_node() override {
        auto active = disk().active;
        if (active) {
            active->age = std::chrono::duration_cast<Seconds>(shared_->clock.wall() - active->last_seen);
        }
        return answer(std::move(active));
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
        return answer(store::recoveries(disk(), query));
    }
    Task<std::vector<RecoveryStep>> recovery_steps(RecoveryUid uid) override {
        return answer(store::recovery_steps(disk(), uid));
    }
    Task<std::vector<Detection>> detections(DetectionQuery query) override {
        return answer(store::detections(disk(), query));
    }

    void note(Note note) override {
        if (is_keeping_) {
            keep(disk(), note);
        }
    }

    Task<std::vector<AnalysisChange>> analysis_changes() override { return answer(store::analysis_changes(disk())); }
    Task<std::vector<WallTime>> snapshot_times() override { return answer(store::snapshot_times(disk())); }
    Task<std::vector<SnapshotPlace>> snapshot(WallTime at) override { return answer(store::snapshot(disk(), at)); }

    Task<std::vector<ResolvedName>> resolved_names() override { return answer(values_of(disk().resolved_names)); }
    Task<std::vector<ResolvedName>> former_names() override { return answer(values_of(disk().former_names)); }

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
        return answer(store::audit(disk(), endpoint, page));
    }

    Task<std::vector<NodeRecord>> register_node(NodeRecord self, Seconds fresh) override {
        if (disk().faults.read_only) {
            return refuse<std::vector<NodeRecord>>(ErrorCode::denied, "node health: the disk is read-only");
        }
        shared_->flush();
        NodeRecord& known = disk().nodes.try_emplace({self.host, self.token}, self).first->second;
        known.last_seen = shared_->clock.wall();
        known.version = self.version;
        return live_nodes(fresh);
    }
    Task<std::vector<NodeRecord>> live_nodes(Seconds fresh) override {
        const WallTime since = shared_->clock.wall() - fresh;
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
        store::expire(disk(), now, retention);
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

    std::shared_ptr<Shared> shared_;
    bool is_keeping_ = true;
};

}  // namespace

std::unique_ptr<Store> make_memory_store(std::shared_ptr<MemoryDisk> disk, runtime::Clock& clock) {
    return std::make_unique<MemoryStore>(std::move(disk), clock);
}

}  // namespace orc::store
