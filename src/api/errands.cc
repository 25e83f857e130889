#include "api/errands.h"

#include <algorithm>

#include "runtime/log.h"

namespace orc::api {
namespace {

/// Long enough for another node to become active meanwhile, and shorter than errand_life by some seconds of the
/// database's clock.
constexpr Seconds taken_up_within{10};
/// How long one that is not active any more may take to say what came of it.
constexpr Seconds answers_deposed_within{5};
/// A database that is gone for this long is not waited for.
constexpr Seconds database_is_back_within{30};
/// Recoveries with slow hooks take their time; nothing takes this much.
constexpr std::chrono::minutes answered_within{30};
constexpr Micros pause_first = Millis(10);
constexpr Micros pause_longest = Millis(100);

NodeToken active_token(const UseCases& use_cases) {
    const auto pulse = use_cases.membership().pulse();
    return pulse.active ? pulse.active->token : NodeToken();
}

tl::unexpected<Error> not_taken_up(const std::string& leader) {
    const std::string who = leader.empty() ? "no node" : "the active node " + leader;
    const std::string has = leader.empty() ? " is active that would have taken up" : " has not taken up";
    return fail(
        ErrorCode::not_leader,
        "this node stands by, and " + who + has + " the request within " + std::to_string(taken_up_within.count()) +
            " s: nothing was done"
    );
}

/// One that waits for an errand, and what it knows of it.
class Wait {
public:
    Wait(UseCases& use_cases, std::string id)
        : use_cases_(use_cases), id_(std::move(id)), began_(use_cases.clock().now()) {}

    /// The database could not be asked: the active node goes on all the same. An error ends the waiting.
    Result<void> bear_with(const Error& trouble) {
        const Instant now = use_cases_.clock().now();
        silent_since_ = silent_since_.value_or(now);
        if (now - *silent_since_ > database_is_back_within) {
            return fail(ErrorCode::timed_out, "what came of the request is not known: " + trouble.message);
        }
        return {};
    }

    /// The answer once it is there; nullopt: go on waiting.
    Result<std::optional<store::ErrandAnswer>> consider(const store::ErrandState& state) {
        silent_since_.reset();
        if (state.answer) {
            return state.answer;
        }
        const Instant now = use_cases_.clock().now();
        if (!state.is_known || now - began_ > answered_within) {
            return fail(ErrorCode::timed_out, "the active node does not say what came of the request");
        }
        const bool is_deposed = !state.taken_by.empty() && state.taken_by != active_token(use_cases_);
        deposed_since_ = is_deposed ? std::optional(deposed_since_.value_or(now)) : std::nullopt;
        if (deposed_since_ && now - *deposed_since_ > answers_deposed_within) {
            return fail(
                ErrorCode::timed_out,
                "the node that had taken up the request is not active any more; what came of it is not known: see "
                "audit and audit-recovery"
            );
        }
        is_overdue_ = state.taken_by.empty() && now - began_ > taken_up_within;
        return std::optional<store::ErrandAnswer>();
    }
    bool is_overdue() const { return is_overdue_; }
    const std::string& id() const { return id_; }

private:
    UseCases& use_cases_;
    const std::string id_;
    const Instant began_;
    std::optional<Instant> deposed_since_;
    std::optional<Instant> silent_since_;
    bool is_overdue_ = false;
};

Task<store::ErrandAnswer> wait_for_answer(UseCases& use_cases, std::string id) {
    Wait wait(use_cases, std::move(id));
    auto& store = use_cases.seams().store;
    Micros pause = pause_first;
    while (true) {
        std::string asked = wait.id();
        const auto state = co_await store.errand(std::move(asked));
        if (!state) {
            CO_TRY(wait.bear_with(state.error()));
            co_await use_cases.seams().clock.sleep_for(pause_longest);
            continue;
        }
        CO_TRY(auto answer, wait.consider(*state));
        if (answer) {
            co_return *std::move(answer);
        }
        std::string given_up = wait.id();
        if (wait.is_overdue() && (co_await store.drop_errand(std::move(given_up))).value_or(false)) {
            co_return not_taken_up(use_cases.leadership().leader);
        }
        co_await use_cases.seams().clock.sleep_for(pause);
        pause = std::min(pause * 2, pause_longest);
    }
}

}  // namespace

bool stands_by(const UseCases& use_cases) {
    const ledger::LeadershipView view = use_cases.leadership();
    const Membership& membership = use_cases.membership();
    return membership.is_shared && !view.is_leader && (membership.is_guest || !view.leader.empty());
}

Task<store::ErrandAnswer> have_done(UseCases& use_cases, store::Errand errand) {
    errand.id = use_cases.seams().rng.hex(32);
    const std::string id = errand.id;
    const auto put = co_await use_cases.seams().store.put_errand(std::move(errand));
    if (!put) {
        std::string lost = id;  // it may be there all the same
        [[maybe_unused]] const auto dropped = co_await use_cases.seams().store.drop_errand(std::move(lost));
        co_return tl::unexpected(with_context("nothing can be changed now", put.error()));
    }
    auto answer = co_await wait_for_answer(use_cases, id);
    if (answer) {
        std::string done = id;
        // One that stays is dropped when it is an hour old.
        [[maybe_unused]] const auto dropped = co_await use_cases.seams().store.drop_errand(std::move(done));
    }
    co_await use_cases.membership().catch_up();
    co_return answer;
}

Task<std::vector<store::Errand>> take_errands(UseCases& use_cases) {
    if (!use_cases.membership().is_shared || !use_cases.leadership().is_leader) {
        co_return std::vector<store::Errand>();
    }
    NodeToken self = use_cases.node().token;
    co_return co_await use_cases.seams().store.take_errands(std::move(self));
}

Task<bool> answer_errand(UseCases& use_cases, std::string id, store::ErrandAnswer answer) {
    CO_TRY(co_await use_cases.seams().store.answer_errand(std::move(id), std::move(answer)));
    co_return true;
}

}  // namespace orc::api
