#include "store/database_store.h"

#include <algorithm>

#include "store/answer.h"
#include "store/side_reader.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"
#include "store/writer.h"

namespace orc::store {
namespace {

class DatabaseStore final : public Store {
public:
    DatabaseStore(
        OpenBackend open_backend, std::string name, const runtime::Clock& clock, const DatabaseStoreOptions& options
    )
        : name_(name), place_(options.place), clock_(clock), writer_(open_backend, name, clock, *meter_, options) {
        pace_ = options.pace;
        if (options.reads_beside) {
            side_reader_.emplace(std::move(open_backend), std::move(name));
        }
    }

    Task<model::Intent> open() override {
        const WallTime now = clock_.wall();
        return ask<model::Intent>([this, now](Engine& engine) {
            auto intent = engine.open(now);
            if (intent && side_reader_) {
                side_reader_->open();
            }
            return intent;
        });
    }

    Task<void> redeploy() override {
        const WallTime now = clock_.wall();
        return ask<void>([now](Engine& engine) { return engine.redeploy(now); });
    }

    Task<IntentSince> intent_since(std::string mark) override {
        return ask<IntentSince>([mark](Engine& engine) { return engine.intent_since(mark); });
    }

    Task<std::vector<KnownServer>> known_servers() override {
        const Moment now = moment();
        return read<std::vector<KnownServer>>([now](const Reader& r) { return read_known_servers(r, now); });
    }

    Task<std::vector<model::ServerPtr>> observed_servers() override {
        const Moment now = moment();
        return read<std::vector<model::ServerPtr>>([now](const Reader& r) { return read_observed(r, now); });
    }

    Task<void> apply(std::string commit_id, std::vector<model::Change> changes) override {
        return commit(std::nullopt, std::move(commit_id), std::move(changes));
    }
    Task<void> apply_fenced(Fence fence, std::string commit_id, std::vector<model::Change> changes) override {
        return commit(std::move(fence), std::move(commit_id), std::move(changes));
    }
    Task<ActiveNode> claim_activity(NodeRecord self, Seconds patience) override {
        return ask<ActiveNode>([self, patience](Engine& engine) { return engine.claim_activity(self, patience); });
    }
    Task<std::optional<ActiveNode>> active_node() override {
        return ask<std::optional<ActiveNode>>([](Engine& engine) { return engine.active_node(); });
    }
    Task<void> release_activity(NodeToken self) override {
        return ask<void>([self](Engine& engine) {
            return engine.write_relaxed({Write{"delete from active_node where anchor = 1 and token = ?", {self.text()}}}
            );
        });
    }

    Task<void> put_errand(Errand errand) override {
        return ask<void>([errand = std::move(errand)](Engine& engine) { return engine.put_errand(errand); });
    }
    Task<std::vector<Errand>> take_errands(NodeToken self) override {
        return ask<std::vector<Errand>>([self = std::move(self)](Engine& engine) { return engine.take_errands(self); });
    }
    Task<void> answer_errand(std::string id, ErrandAnswer answer) override {
        return ask<void>([this, id = std::move(id), answer = std::move(answer)](Engine& engine) {
            writer_.drain();
            return engine.write_relaxed({write_of(id, answer)});
        });
    }
    Task<ErrandState> errand(std::string id) override {
        return read<ErrandState>([id = std::move(id)](const Reader& r) { return read_errand(r, id); });
    }
    Task<bool> drop_errand(std::string id) override {
        return ask<bool>([id = std::move(id)](Engine& engine) { return engine.drop_errand(id); });
    }

    void write_observed(model::ServerPtr server) override {
        Endpoint endpoint = server->endpoint;
        writer_.observe(Observation{std::move(endpoint), std::move(server), moment()});
    }

    void forget_observed(Endpoint endpoint) override {
        writer_.observe(Observation{std::move(endpoint), nullptr, moment()});
    }

    Task<std::vector<model::RecoveryRecord>> recoveries(RecoveryQuery query) override {
        return read<std::vector<model::RecoveryRecord>>([query](const Reader& r) { return read_recoveries(r, query); });
    }
    Task<std::vector<model::RecoveryStep>> recovery_steps(RecoveryUid uid) override {
        return read<std::vector<model::RecoveryStep>>([uid](const Reader& r) { return read_steps(r, uid); });
    }
    void note(Note note) override { writer_.note(clock_.now(), std::move(note)); }
    void keep_observations(bool keep) override { writer_.keep(keep); }

    Task<std::vector<model::Detection>> detections(DetectionQuery query) override {
        return read<std::vector<model::Detection>>([query](const Reader& r) { return read_detections(r, query); });
    }
    Task<std::vector<AnalysisChange>> analysis_changes() override {
        return read<std::vector<AnalysisChange>>(read_analysis_changes);
    }
    Task<std::vector<WallTime>> snapshot_times() override { return read<std::vector<WallTime>>(read_snapshot_times); }
    Task<std::vector<model::SnapshotPlace>> snapshot(WallTime at) override {
        return read<std::vector<model::SnapshotPlace>>([at](const Reader& r) { return read_snapshot(r, at); });
    }
    Task<std::vector<ResolvedName>> resolved_names() override {
        return read<std::vector<ResolvedName>>(read_resolved_names);
    }
    Task<std::vector<ResolvedName>> former_names() override {
        return read<std::vector<ResolvedName>>(read_former_names);
    }
    Task<std::vector<TlsRequirement>> tls_requirements() override {
        return read<std::vector<TlsRequirement>>(read_tls_requirements);
    }
    Task<std::vector<ClusterDomain>> cluster_domains() override {
        return read<std::vector<ClusterDomain>>(read_cluster_domains);
    }
    Task<void> forget_resolved_names() override {
        return ask<void>([](Engine& engine) {
            return engine.write_relaxed({Write{"delete from hostname_resolve", {}}});
        });
    }
    Task<std::vector<model::AuditEntry>> audit(std::optional<Endpoint> endpoint, Page page) override {
        return read<std::vector<model::AuditEntry>>([endpoint, page](const Reader& r) {
            return read_audit(r, endpoint, page);
        });
    }

    Task<std::vector<NodeRecord>> register_node(NodeRecord self, Seconds fresh) override {
        using Nodes = std::vector<NodeRecord>;
        return ask<Nodes>([self, fresh](Engine& engine) -> Result<Nodes> {
            TRY(engine.write_relaxed(writes_of(self)));
            TRY(const auto reader, engine.reader());
            return read_nodes(reader, fresh);
        });
    }
    Task<std::vector<NodeRecord>> live_nodes(Seconds fresh) override {
        return read<std::vector<NodeRecord>>([fresh](const Reader& r) { return read_nodes(r, fresh); });
    }

    Task<void> expire(WallTime now, Retention retention) override {
        CO_TRY(const WallTime there, co_await read<WallTime>(read_clock));
        const std::vector<Expiry> pieces = expiries(now, there, retention);
        for (const auto& piece : pieces) {
            const std::function<Result<bool>(Engine&)> delete_some = [piece](Engine& engine) {
                return engine.expire_some(piece);
            };
            bool is_more = true;
            while (is_more) {
                CO_TRY(is_more, co_await ask<bool>(delete_some));
            }
        }
        co_return Result<void>{};
    }

    std::string describe() const override { return place_ ? place_() : name_; }

    Co<void> close() override {
        if (side_reader_) {
            co_await await_answer<void>([this](Done<void> done) {
                side_reader_->close([done = std::move(done)] { done({}); });
            });
        }
        co_await ask<void>([this](Engine&) -> Result<void> {
            writer_.finish();
            return {};
        });
    }

private:
    Task<void> commit(std::optional<Fence> fence, std::string commit_id, std::vector<model::Change> changes) {
        auto commit = std::make_shared<StoredCommit>();
        commit->id = std::move(commit_id);
        commit->changes = std::move(changes);
        if (!keeps_audit_) {
            std::erase_if(commit->changes, [](const model::Change& change) {
                return std::holds_alternative<model::AppendAudit>(change);
            });
        }
        commit->now = clock_.wall();
        commit->fence = std::move(fence);
        return await_answer<void>([this, commit](Done<void> done) {
            if (commit->id.empty()) {
                done(fail(ErrorCode::invalid, "a commit needs an id"));
            } else {
                writer_.commit(std::move(*commit), clock_.now(), std::move(done));
            }
        });
    }

    Moment moment() const { return Moment{clock_.now(), clock_.wall()}; }

    template <typename T>
    Task<T> ask(std::function<Result<T>(Engine&)> question) {
        return await_answer<T>([this, question = std::move(question)](Done<T> done) {
            writer_.call(clock_.now(), [question, done = std::move(done)](Engine& engine) { done(question(engine)); });
        });
    }

    template <typename T>
    Task<T> read(std::function<Result<T>(const Reader&)> question) {
        if (!side_reader_) {
            return ask<T>([question = std::move(question)](Engine& engine) -> Result<T> {
                TRY(const auto reader, engine.reader());
                return question(reader);
            });
        }
        return await_answer<T>([this, question = std::move(question)](Done<T> done) {
            side_reader_->ask([question, done = std::move(done)](const Result<Reader>& reader) {
                done(reader ? question(*reader) : Result<T>(tl::unexpected(reader.error())));
            });
        });
    }

    const std::string name_;
    const std::function<std::string()> place_;
    const runtime::Clock& clock_;
    Writer writer_;
    std::optional<SideReader> side_reader_;
};

}  // namespace

std::unique_ptr<Store> make_database_store(
    OpenBackend open_backend, std::string name, const runtime::Clock& clock, DatabaseStoreOptions options
) {
    return std::make_unique<DatabaseStore>(std::move(open_backend), std::move(name), clock, options);
}

std::unique_ptr<Store> make_sqlite_store(std::string path, const runtime::Clock& clock, DatabaseStoreOptions options) {
    OpenBackend open_backend = open_sqlite(path);
    options.reads_beside = options.reads_beside && !path.empty() && path.find(":memory:") == std::string::npos;
    return make_database_store(std::move(open_backend), std::move(path), clock, std::move(options));
}

}  // namespace orc::store
