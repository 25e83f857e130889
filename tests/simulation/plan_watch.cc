#include "plan_watch.h"

#include <algorithm>

#include "planning/plan_text.h"

namespace orc::simulation {
namespace {

using planning::Step;
using planning::StepReport;
using planning::StepState;

bool has_begun(const StepReport& report) {
    return report.state == StepState::running || report.state == StepState::done || report.state == StepState::failed;
}

bool lets_go_on(const StepReport& report, const Step& step) {
    return report.state == StepState::done ||
           (report.state == StepState::failed && step.on_failure == planning::OnFailure::record);
}

bool asks_for(const planning::Action& action, const Endpoint& server, const Statement& statement) {
    using namespace planning;
    const Endpoint& source = statement.source.source;
    switch (statement.kind) {
        case StatementKind::change_source:
            if (const auto* a = std::get_if<MoveReplica>(&action)) {
                return a->replica == server && a->source == source;
            }
            if (const auto* a = std::get_if<DemoteOldPrimary>(&action)) {
                return a->old_primary == server && a->source == source;
            }
            break;
        case StatementKind::reset_replication:
            if (const auto* a = std::get_if<ResetReplication>(&action)) {
                return a->server == server;
            }
            break;
        default:
            if (const auto* a = std::get_if<OpenForWrites>(&action)) {
                return a->server == server;
            }
            return false;
    }
    if (const auto* a = std::get_if<DetachReplica>(&action)) {
        return a->replica == server;
    }
    const auto* account = std::get_if<Account>(&action);
    return account != nullptr && account->detach_failed_moves;
}

bool leads_back(const planning::Before& before, const Endpoint& server, const Statement& statement) {
    if (before.server != server) {
        return false;
    }
    switch (statement.kind) {
        case StatementKind::change_source:
            return before.source == statement.source.source;
        case StatementKind::reset_replication:
            return !before.source;
        default:
            return before.was_writable;
    }
}

}  // namespace

std::vector<std::string> PlanWatch::look(const recovery::Running& running) {
    std::vector<std::string> out;
    const auto again = planning::plan_from_json(planning::to_json(running.plan));
    if (!again || !(*again == running.plan)) {
        out.push_back("a plan does not survive being written down" + (again ? "" : ": " + again.error().message));
    }
    const RecoveryUid& uid = running.record.uid;
    for (const auto& step : running.plan.steps) {
        const auto [before, is_new] = shown_.try_emplace(Key{uid, step.id}, step);
        if (!is_new && !(before->second.action == step.action)) {
            out.push_back(
                "step " + std::to_string(step.id) + " was '" + describe(before->second.action) + "' and is now '" +
                describe(step.action) + "'"
            );
        }
    }
    std::map<int, const StepReport*> reports;
    for (const auto& report : running.steps) {
        reports[report.step] = &report;
    }
    for (const auto& report : running.steps) {
        const auto step = shown_.find(Key{uid, report.step});
        // Number 0 is undoing: it is no step of the plan.
        if (report.step == 0) {
            continue;
        }
        if (step == shown_.end() || describe(step->second.action) != report.what) {
            out.push_back("'" + report.what + "' is reported, which no plan has shown");
            continue;
        }
        // The end runs whatever happened before.
        if (!has_begun(report) || step->second.always) {
            continue;
        }
        for (const int id : step->second.after) {
            const auto earlier = shown_.find(Key{uid, id});
            const auto ended = reports.find(id);
            if (earlier != shown_.end() && (ended == reports.end() || !lets_go_on(*ended->second, earlier->second))) {
                out.push_back("'" + report.what + "' has begun before '" + describe(earlier->second.action) + "'");
            }
        }
    }
    return out;
}

bool PlanWatch::has_switched_off(const Endpoint& server) const {
    return std::any_of(shown_.begin(), shown_.end(), [&](const auto& entry) {
        const auto* change = std::get_if<planning::SemiSyncReplica>(&entry.second.action);
        return change != nullptr && !change->enabled && change->server == server;
    });
}

bool PlanWatch::is_watched(const Statement& statement) {
    switch (statement.kind) {
        case StatementKind::change_source:
        case StatementKind::reset_replication:
            return true;
        case StatementKind::set_read_only:
            return !statement.read_only.read_only;
        default:
            return false;
    }
}

bool PlanWatch::allows(const recovery::Running& running, const Endpoint& server, const Statement& statement) {
    bool is_any_running = false;
    for (const auto& report : running.steps) {
        if (report.state != StepState::running) {
            continue;
        }
        is_any_running = true;
        const auto& steps = running.plan.steps;
        const auto step =
            std::find_if(steps.begin(), steps.end(), [&](const Step& one) { return one.id == report.step; });
        if (step != steps.end() && asks_for(step->action, server, statement)) {
            return true;
        }
    }
    // Nothing is undone beside steps that still run.
    const auto& before = running.plan.before;
    return !is_any_running && std::any_of(before.begin(), before.end(), [&](const planning::Before& one) {
        return leads_back(one, server, statement);
    });
}

}  // namespace orc::simulation
