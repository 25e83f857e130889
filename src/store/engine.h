// What the store on a database does, without its thread: blocking calls on one connection.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/backend.h"
#include "store/rows.h"
#include "store/schema.h"

namespace orc::store {

/// A commit on its way to the disk.
struct StoredCommit {
    std::string id;
    std::vector<model::Change> changes;
    WallTime now;
    std::optional<Fence> fence = std::nullopt;
};

/// A server to write, or with no server an endpoint to forget.
struct Observation {
    Endpoint endpoint;
    model::ServerPtr server;
    Moment moment;
};

class Engine {
public:
    /// `name` is for messages.
    explicit Engine(OpenBackend open_backend, std::string name, OpenRules rules = {})
        : open_backend_(std::move(open_backend)), name_(std::move(name)), rules_(rules) {}

    /// May be called again after an error; one that is open is only read again, and stays open whatever comes of it. A
    /// database that cannot be written but has our tables opens for reading.
    Result<model::Intent> open(WallTime now);
    /// See Store::redeploy.
    Result<void> redeploy(WallTime now);
    /// All in one transaction, each applied or refused for itself; a result for each, valid once the disk has them.
    std::vector<Result<void>> apply(std::span<const StoredCommit> commits);
    /// Writes observations in order until `is_interrupted` says so; returns how many were written, or an error and
    /// none.
    Result<std::size_t> write_observed(
        std::span<const Observation> observations, const std::function<bool()>& is_interrupted
    );
    /// Writes that may be lost in a power cut.
    Result<void> write_relaxed(const std::vector<Write>& writes);
    /// One of expiries(). Whether there may be more to delete.
    Result<bool> expire_some(const Expiry& expiry);
    /// See Store::claim_activity.
    Result<ActiveNode> claim_activity(const NodeRecord& self, Seconds patience);
    Result<std::optional<ActiveNode>> active_node();
    /// See Store::put_errand, take_errands and drop_errand.
    Result<void> put_errand(const Errand& errand);
    Result<std::vector<Errand>> take_errands(const NodeToken& self);
    Result<bool> drop_errand(const std::string& id);
    /// See Store::intent_since.
    Result<IntentSince> intent_since(const std::string& mark);
    /// For the read functions of rows.h; invalid after close.
    Result<Reader> reader();
    /// Housekeeping, to be called when nobody waits.
    void tidy();
    void close() {
        backend_.reset();
        is_open_ = false;
    }

private:
    Result<void> connect(WallTime now, const OpenRules& rules);
    Result<Backend*> backend();
    /// For writing: reopened if it was opened for reading only and that has become needless.
    Result<Backend*> writable_backend();
    Result<void> apply_one(Backend& backend, const StoredCommit& commit);
    std::vector<Result<void>> apply_once(std::span<const StoredCommit> commits);

    OpenBackend open_backend_;
    std::string name_;
    OpenRules rules_;
    std::unique_ptr<Backend> backend_;
    std::string prepared_;  ///< Backend::leads_to() of the database whose tables are in order
    bool is_open_ = false;  ///< though perhaps between two connections
    WallTime opened_at_;
};

}  // namespace orc::store
