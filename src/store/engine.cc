#include "store/engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/log.h"

namespace orc::store {
namespace {

// Servers that replicate among each other may undo a transaction for another one; trying again is their advice.
constexpr int deadlock = 1213;
constexpr int attempts_max = 3;
// So many observations go to the database in one piece; in between, waiting commits are looked for.
constexpr std::size_t together = 20;

}  // namespace

Result<Backend*> Engine::backend() {
    if (!backend_ && !is_open_) {
        return fail(ErrorCode::unreachable, "database " + name_ + " is not open");
    }
    if (!backend_) {
        TRY(backend_, open_backend_());
    }
    if (std::string place = backend_->leads_to(); place != prepared_ && !backend_->in_transaction()) {
        // The tables of this version must be there as well, and are not touched by an unlucky one.
        TRY(prepare(*backend_, opened_at_, rules_));
        LOG(info, "store.moved", {{"from", prepared_}, {"to", place}});
        prepared_ = std::move(place);
    }
    return backend_.get();
}

Result<Backend*> Engine::writable_backend() {
    TRY(auto* backend, backend());
    if (!backend->should_be_reopened()) {
        return backend;
    }
    // The old connection first: it may be what holds files that only a reader could make.
    backend_.reset();
    TRY(backend, this->backend());
    if (!backend->should_be_reopened()) {
        TRY(prepare(*backend, opened_at_, rules_));
        LOG(info, "store.reopened", {{"database", name_}});
    }
    return backend;
}

Result<void> Engine::connect(WallTime now, const OpenRules& rules) {
    opened_at_ = now;
    TRY(auto backend, open_backend_());
    prepared_ = backend->leads_to();
    if (auto prepared = prepare(*backend, now, rules); !prepared) {
        return tl::unexpected(with_context("database " + name_, std::move(prepared).error()));
    }
    backend_ = std::move(backend);
    is_open_ = true;
    return {};
}

Result<model::Intent> Engine::open(WallTime now) {
    const bool was_open = is_open_;
    if (!was_open) {
        TRY(connect(now, rules_));
    }
    TRY(const auto reader, reader());
    auto intent = read_intent(reader);
    if (!intent && !was_open) {
        close();
    }
    return intent;
}

Result<void> Engine::redeploy(WallTime now) {
    OpenRules rules = rules_;
    rules.redeploy = true;
    if (!is_open_) {
        return connect(now, rules);
    }
    TRY(auto* backend, writable_backend());
    return prepare(*backend, now, rules);
}

Result<void> Engine::apply_one(Backend& backend, const StoredCommit& commit) {
    TRY(const auto fresh,
        backend.run(
            "insert into orchestrator_commit (commit_id, applied_at) values (?, ?) on conflict do nothing",
            {commit.id, db_timestamp(commit.now)}
        ));
    if (fresh == 0) {
        return {};  // a retry of what was done
    }
    if (commit.fence && backend.dialect() != Dialect::sqlite) {
        const Write fence = fence_of(*commit.fence);
        TRY(const auto held, backend.run(fence.sql, fence.values));
        if (held == 0) {
            return fail(ErrorCode::not_leader, "another node has taken over since");
        }
    }
    std::vector<Write> writes;
    for (const auto& change : commit.changes) {
        std::ranges::move(writes_of(change, commit.now), std::back_inserter(writes));
    }
    return backend.run_all(writes);
}

std::vector<Result<void>> Engine::apply(std::span<const StoredCommit> commits) {
    const auto was_undone = [](const Result<void>& result) { return !result && result.error().number == deadlock; };
    auto results = apply_once(commits);
    for (int attempt = 1; attempt < attempts_max && std::ranges::any_of(results, was_undone); ++attempt) {
        results = apply_once(commits);  // their ids make those that were not undone harmless
    }
    return results;
}

std::vector<Result<void>> Engine::apply_once(std::span<const StoredCommit> commits) {
    const auto all_failed = [&](const Error& error) {
        return std::vector<Result<void>>(commits.size(), tl::unexpected(with_context("commit", error)));
    };
    auto opened = writable_backend();
    if (!opened) {
        return all_failed(opened.error());
    }
    Backend& backend = **opened;
    auto transaction = Transaction::begin(backend);
    if (!transaction) {
        return all_failed(transaction.error());
    }
    std::vector<Result<void>> results;
    for (const auto& commit : commits) {
        auto result = backend.run("savepoint one").map([](std::int64_t) {});
        if (result) {
            result = apply_one(backend, commit);
        }
        if (!backend.in_transaction()) {
            // Errors of the disk or the connection end the whole transaction.
            return all_failed(result ? Error{ErrorCode::invalid, "transaction was lost"} : result.error());
        }
        if (!result) {
            backend.run("rollback to savepoint one");
        }
        backend.run("release savepoint one");
        results.push_back(std::move(result));
    }
    if (auto done = transaction->commit(); !done) {
        return all_failed(done.error());
    }
    return results;
}

Result<std::size_t> Engine::write_observed(
    std::span<const Observation> observations, const std::function<bool()>& is_interrupted
) {
    TRY(auto* backend, writable_backend());
    TRY(auto transaction, Transaction::begin(*backend, Durability::relaxed));
    std::vector<Write> writes;
    std::size_t written = 0;
    for (const auto& observation : observations) {
        if (is_interrupted()) {
            break;
        }
        if (observation.server) {
            writes.push_back(write_of(*observation.server, observation.moment));
            for (auto& write : channel_writes_of(*observation.server)) {
                writes.push_back(std::move(write));
            }
        } else {
            for (auto& write : forget_of(observation.endpoint)) {
                writes.push_back(std::move(write));
            }
        }
        ++written;
        if (writes.size() >= together) {
            TRY(backend->run_all(std::exchange(writes, {})));
        }
    }
    TRY(backend->run_all(writes));
    TRY(transaction.commit());
    return written;
}

Result<void> Engine::write_relaxed(const std::vector<Write>& writes) {
    TRY(auto* backend, writable_backend());
    TRY(auto transaction, Transaction::begin(*backend, Durability::relaxed));
    TRY(backend->run_all(writes));
    return transaction.commit();
}

Result<bool> Engine::expire_some(const Expiry& expiry) {
    TRY(auto* backend, writable_backend());
    TRY(auto transaction, Transaction::begin(*backend, Durability::relaxed));
    TRY(const auto deleted, backend->run_once(expiry.sql, expiry.values));
    TRY(transaction.commit());
    return deleted >= expired_at_once;
}

Result<ActiveNode> Engine::claim_activity(const NodeRecord& self, Seconds patience) {
    TRY(auto* backend, writable_backend());
    // A file that nobody else may decide on is no place to fight about: losing the row costs nothing.
    const bool is_shared = backend->dialect() != Dialect::sqlite;
    TRY(auto transaction, Transaction::begin(*backend, is_shared ? Durability::full : Durability::relaxed));
    // The row is locked first: of two that claim at once, the second sees the first.
    TRY(backend->run("update active_node set anchor = 1 where anchor = 1"));
    TRY(const auto reader, reader());
    TRY(auto active, read_active_node(reader));
    if (active && active->token != self.token && active->age < patience) {
        return *std::move(active);
    }
    const bool is_mine = active && active->token == self.token;
    TRY(backend->run_all({is_mine ? refresh_of_claim() : claim_of(self)}));
    TRY(active, read_active_node(reader));
    TRY(transaction.commit());
    if (!active) {
        return fail(ErrorCode::invalid, "database " + name_ + ": active_node does not keep what is written to it");
    }
    return *std::move(active);
}

Result<std::optional<ActiveNode>> Engine::active_node() {
    TRY(const auto reader, reader());
    return read_active_node(reader);
}

Result<void> Engine::put_errand(const Errand& errand) {
    TRY(auto* backend, writable_backend());
    TRY(auto transaction, Transaction::begin(*backend));
    TRY(backend->run_all({write_of(errand)}));
    return transaction.commit();
}

Result<std::vector<Errand>> Engine::take_errands(const NodeToken& self) {
    TRY(auto* backend, backend());
    TRY(const auto reader, reader());
    TRY(auto waiting, read_waiting_errands(reader));
    std::vector<Errand> out;
    for (auto& [errand, age] : waiting) {
        const Write write = age < errand_life ? taking_of(errand.id, self) : dropping_of(errand.id);
        TRY(const auto changed, backend->run(write.sql, write.values));
        if (changed > 0 && age < errand_life) {
            out.push_back(std::move(errand));
        }
    }
    return out;
}

Result<bool> Engine::drop_errand(const std::string& id) {
    TRY(auto* backend, writable_backend());
    const Write write = dropping_of(id);
    TRY(const auto changed, backend->run(write.sql, write.values));
    return changed > 0;
}

Result<IntentSince> Engine::intent_since(const std::string& mark) {
    TRY(const auto reader, reader());
    IntentSince out;
    TRY(out.mark, read_commit_mark(reader));
    if (mark.empty() || mark != out.mark) {
        TRY(out.intent, read_intent(reader));
    }
    return out;
}

Result<Reader> Engine::reader() {
    TRY(auto* backend, backend());
    return Reader([backend](std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) {
        return backend->query(sql, values, each);
    });
}

void Engine::tidy() {
    if (backend_) {
        backend_->tidy();
    }
}

}  // namespace orc::store
