#include "ledger/twin.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace orc::ledger {

Epoch TwinGroup::elect(const std::string& node) {
    ++epoch_;
    leader_ = node;
    for (Twin* twin : nodes_) {
        if (twin->node_name() == node) {
            twin->learn();
        }
    }
    return epoch_;
}

void TwinGroup::apply(const Commit& commit) {
    if (!ids_.insert(commit.id).second) {
        return;
    }
    history_.push_back(commit.id);
    auto next = std::make_shared<model::Intent>(*intent_);
    for (const auto& change : commit.changes) {
        next->apply(change);
    }
    intent_ = std::move(next);
    // A listener may make or end a node.
    const std::vector<Twin*> present = nodes_;
    for (const Twin* twin : present) {
        for (const auto& listener : twin->listeners_) {
            listener(commit.changes);
        }
    }
}

Twin::Twin(std::string node_name, TwinGroup& group, runtime::Clock& clock, runtime::Rng& rng)
    : node_name_(std::move(node_name)), group_(group), clock_(clock), rng_(rng) {
    group_.nodes_.push_back(this);
    learn();
}

Twin::~Twin() { std::erase(group_.nodes_, this); }

void Twin::learn() {
    view_.is_leader = group_.leader() == node_name_ && group_.epoch() != 0;
    view_.epoch = group_.epoch();
    view_.leader = group_.leader();
}

void Twin::on_change(std::function<void(const std::vector<model::Change>&)> listener) {
    listeners_.push_back(std::move(listener));
}

Co<void> Twin::pause() {
    const auto longest = static_cast<std::uint64_t>(group_.faults.pause_longest.count());
    if (longest > 0) {
        const Micros span(static_cast<Micros::rep>(rng_.below(longest + 1)));
        co_await clock_.sleep_for(span);
    } else {
        const auto executor = co_await asio::this_coro::executor;
        const asio::use_awaitable_t<Executor> token;
        co_await asio::post(executor, token);
    }
}

CommitOutcome Twin::take_effect(const Commit& commit) {
    const TwinFaults& faults = group_.faults;
    if (faults.no_quorum) {
        return CommitOutcome::no_quorum;
    }
    if (commit.epoch == 0 || commit.epoch != group_.epoch() || group_.leader() != node_name_) {
        learn();
        return CommitOutcome::fenced;
    }
    if (faults.changes_most != 0 && commit.changes.size() > faults.changes_most) {
        return CommitOutcome::too_large;
    }
    if (faults.does_not_fit && std::any_of(commit.changes.begin(), commit.changes.end(), faults.does_not_fit)) {
        return CommitOutcome::too_large;
    }
    if (faults.unknown_one_in != 0 && rng_.one_in(faults.unknown_one_in)) {
        if (rng_.one_in(2)) {
            group_.apply(commit);
        }
        return CommitOutcome::unknown;
    }
    group_.apply(commit);
    return CommitOutcome::committed;
}

Co<CommitOutcome> Twin::commit(Commit commit) {
    co_await pause();
    const CommitOutcome outcome = take_effect(commit);
    co_await pause();
    co_return outcome;
}

Task<void> Twin::confirm(Epoch epoch, Deadline deadline) {
    Commit proof;
    proof.id = "confirm:" + node_name_ + ":" + std::to_string(epoch) + ":" + std::to_string(++confirms_);
    proof.epoch = epoch;
    CO_TRY(co_await commit_surely(*this, clock_, std::move(proof), deadline));
    if (deadline.has_passed(clock_.now())) {
        co_return fail(ErrorCode::timed_out, "leadership was confirmed too late");
    }
    co_return Result<void>{};
}

}  // namespace orc::ledger
