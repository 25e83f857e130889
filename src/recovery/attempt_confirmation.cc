// Second looks: the verdict must hold when an attempt begins, and the subject must not be back when it decides.
#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "recovery/attempt.h"

namespace orc::recovery {
namespace {

constexpr Micros patience_least = Millis(50);

}  // namespace

std::optional<std::string> Attempt::why_not_confirmed() const {
    const auto cluster = shop_.eyes.cluster_now(request_.subject);
    if (!cluster) {
        return request_.subject.text() + " is not known any more";
    }
    const auto findings = analysis::analyse(*cluster, shop_.analysis, shop_.clock.now(), true);
    const auto found = std::find_if(findings.begin(), findings.end(), [this](const analysis::Finding& f) {
        return f.subject == request_.subject;
    });
    if (found == findings.end()) {
        return request_.subject.text() + " is left out of the analysis now";
    }
    if (found->handling != finding_.handling) {
        return "the verdict on " + request_.subject.text() + " is " + std::string(analysis::name(found->code)) + " now";
    }
    // A person may act on less evidence than automation.
    if (!found->is_actionable && actor_.empty()) {
        return found->hesitation.empty() ? std::string("the evidence does not suffice any more") : found->hesitation;
    }
    return std::nullopt;
}

namespace {

Co<void> look(Eyes& eyes, Endpoint server, Deadline deadline, std::shared_ptr<std::size_t> answered) {
    std::vector<Endpoint> one;
    one.push_back(server);
    co_await eyes.refresh(std::move(one), deadline);
    ++*answered;
}

}  // namespace

Task<std::string> Attempt::confirm(planning::ConfirmFailure action, Deadline deadline) {
    const Instant began = shop_.clock.now();
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::this_coro::throw_if_cancelled(false);
    auto answered = std::make_shared<std::size_t>(0);
    std::vector<Endpoint> servers = action.witnesses;
    servers.push_back(action.subject);
    runtime::TaskGroup group(executor);
    for (const auto& server : servers) {
        group.spawn(look(shop_.eyes, server, deadline, answered));
    }
    group.spawn(shop_.clock.sleep_until(deadline.at));
    // The last one to answer may be the dead one itself, or one that hangs: nobody waits for it long.
    std::optional<Instant> patience_ends;
    bool is_cancelled = false;
    while (*answered < servers.size() && !is_cancelled) {
        const Instant now = shop_.clock.now();
        if (deadline.has_passed(now) || (patience_ends && now >= *patience_ends)) {
            break;
        }
        if (!patience_ends && *answered * 2 >= servers.size()) {
            patience_ends = now + std::max(patience_least, (now - began) * 3);
            group.spawn(shop_.clock.sleep_until(*patience_ends));
        }
        co_await group.next_end();
        const auto state = co_await asio::this_coro::cancellation_state;
        is_cancelled = state.cancelled() != asio::cancellation_type::none;
    }
    co_await group.stop();
    co_await asio::this_coro::throw_if_cancelled(true);
    // Replicas notice a dead source a moment later than we do: look until the verdict stands or time is up.
    auto why_not = why_not_confirmed();
    while (why_not && !deadline.has_passed(shop_.clock.now()) && !is_cancelled) {
        const auto cluster = shop_.eyes.cluster_now(action.subject);
        const auto* subject = cluster ? cluster->find(action.subject) : nullptr;
        if (subject == nullptr || subject->check.is_valid()) {
            break;
        }
        co_await shop_.clock.sleep_for(Millis(20));
        why_not = why_not_confirmed();
    }
    if (why_not) {
        co_return fail(ErrorCode::conflict, *why_not);
    }
    co_return std::to_string(*answered) + " of " + std::to_string(servers.size()) +
        " were read again, the verdict stands";
}

// Draining may take long, and a primary that was only restarting is back before it ends. If it can be written it is a
// primary still; one that was closed by then is replaced all the same.
bool Attempt::is_subject_back() const {
    const bool is_failure = request_.kind == planning::PlanKind::dead_primary && !request_.is_forced;
    const auto cluster = is_failure ? shop_.eyes.cluster_now(request_.subject) : nullptr;
    const model::Server* subject = cluster ? cluster->find(request_.subject) : nullptr;
    return subject != nullptr && subject->facts && subject->check.is_valid() && !subject->facts->read_only;
}

}  // namespace orc::recovery
