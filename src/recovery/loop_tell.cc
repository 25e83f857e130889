// What people read later: why nothing is done about a finding, how verdicts changed, and which recovery holds another
// one back.
#include <algorithm>

#include "recovery/loop_state.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

using analysis::Finding;

analysis::Code code_about(const std::vector<Finding>& findings, const Endpoint& subject) {
    const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
        return finding.subject == subject;
    });
    return found == findings.end() ? analysis::Code::no_problem : found->code;
}

}  // namespace

std::vector<std::string> RecoveryLoop::State::rules_for(const Finding& finding) const {
    auto rules = recovery::rules_against(finding, *shop.ledger.intent(), shop.settings, gate_facts(shop));
    if (const auto pause = pauses.find({finding.subject, block_class_of(finding.handling)});
        pause != pauses.end() && pause->second.until > shop.clock.now()) {
        // The moment, not the time left: a reason that changes every second would be told every second.
        const auto left = std::chrono::duration_cast<Millis>(pause->second.until - shop.clock.now());
        const WallTime next = std::chrono::round<Seconds>(shop.clock.wall() + left);
        rules.push_back("the last attempt did not succeed; the next one follows at " + db_timestamp(next));
    }
    return rules;
}

void RecoveryLoop::State::note_changes(const std::vector<Finding>& before, const std::vector<Finding>& now) {
    const auto note = [&](const Finding& finding, analysis::Code code) {
        if (finding.counts.replicas > 0) {
            shop.store.note(store::AnalysisChange{finding.subject, std::string(analysis::name(code)), shop.clock.wall()}
            );
        }
    };
    for (const auto& finding : now) {
        if (finding.code != code_about(before, finding.subject)) {
            note(finding, finding.code);
        }
    }
    for (const auto& finding : before) {
        if (finding.code != analysis::Code::no_problem &&
            code_about(now, finding.subject) == analysis::Code::no_problem && shop.eyes.cluster_now(finding.subject)) {
            note(finding, analysis::Code::no_problem);
        }
    }
}

void RecoveryLoop::State::note_blocked(const Finding& finding) {
    const auto intent = shop.ledger.intent();
    const auto blocking = blocking_recovery(finding, *intent, shop.settings, shop.clock.wall());
    std::vector<model::Change> changes;
    if (blocking) {
        model::BlockedRecovery record;
        record.endpoint = finding.subject;
        record.code = analysis::name(finding.code);
        record.cluster = finding.cluster;
        record.at = shop.clock.wall();
        record.blocking_recovery = blocking;
        changes.emplace_back(model::PutBlockedRecovery{std::move(record)});
    } else if (intent->blocked.contains(finding.subject)) {
        changes.emplace_back(model::DropBlockedRecovery{finding.subject});
    }
    if (!changes.empty()) {
        group.spawn(write_down(std::move(changes)));
    }
}

// A server that cannot be read may still need it. Of one that is not known any more, or not yet after a start, nothing
// is kept: should it be found to need it, that is recorded anew.
bool RecoveryLoop::State::needs_recovery(const Endpoint& server) const {
    const auto cluster = eyes->cluster_now(server);
    const model::Server* found = cluster ? cluster->find(server) : nullptr;
    if (found == nullptr || !found->check.is_valid()) {
        return found != nullptr;
    }
    const auto& all = findings.of(cluster->name);
    return std::any_of(all.begin(), all.end(), [&](const Finding& finding) {
        return finding.subject == server && is_recovery(finding.handling);
    });
}

void RecoveryLoop::State::add_unblocked(std::vector<model::Change>& changes) {
    const auto intent = shop.ledger.intent();
    for (const auto& [server, record] : intent->blocked) {
        if (!still_blocks(record, *intent, shop.settings, shop.clock.wall()) || !needs_recovery(server)) {
            changes.emplace_back(model::DropBlockedRecovery{server});
            // Should it fail again while the block lasts, that is recorded anew.
            last_blocked.erase(server);
        }
    }
}

Co<void> RecoveryLoop::State::write_down(std::vector<model::Change> changes) {
    const auto self = shared_from_this();
    const auto done = co_await commit(shop, std::move(changes), shop.clock.deadline_in(commit_limit));
    if (!done) {
        LOG(warning, "recovery.blocked_not_recorded", {{"why", done.error().message}});
    }
}

std::vector<std::string> RecoveryLoop::rules_against(const analysis::Finding& finding) const {
    return state_->rules_for(finding);
}

}  // namespace orc::recovery
