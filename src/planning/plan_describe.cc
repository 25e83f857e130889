#include "base/text.h"
#include "planning/plan_text.h"

namespace orc::planning {
namespace {

std::string_view intention(PlanKind kind) {
    switch (kind) {
        case PlanKind::graceful_takeover:
            return "Take over from ";
        case PlanKind::forced_takeover:
            return "Take over by force from ";
        default:
            return "Recover from the failure of ";
    }
}

std::string headline(const Plan& plan) {
    std::string out = std::string(intention(plan.kind)) + plan.subject.text();
    out += " in cluster " + (plan.cluster_alias.empty() ? plan.cluster.text() : plan.cluster_alias);
    // Of a planned takeover it is only what the hooks are told by tradition: its primary is alive.
    if (!plan.code.empty() && plan.kind != PlanKind::graceful_takeover) {
        out += " (" + plan.code + ")";
    }
    return out + ".\n";
}

std::string refusal_text(const Refusal& refusal) {
    std::string out = "REFUSED: " + refusal.reason + ".\n";
    for (const auto& rule : refusal.rules) {
        out += "  - " + rule + "\n";
    }
    return out;
}

std::string successor_text(const Plan& plan) {
    if (!plan.successor) {
        return "";
    }
    return std::string(plan.is_decided ? "New primary: " : "Expected new primary: ") + plan.successor->text() + ": " +
           plan.reason + ".\n";
}

std::string step_line(const Step& step) {
    std::string out = "  " + std::to_string(step.id) + ". " + describe(step.action);
    if (!step.after.empty()) {
        std::vector<std::string> ids;
        ids.reserve(step.after.size());
        for (const int id : step.after) {
            ids.push_back(std::to_string(id));
        }
        out += "  [after " + join(ids, ", ") + "]";
    }
    if (step.limit.count() > 0) {
        out += "  [at most " + std::to_string(step.limit.count()) + " ms]";
    }
    if (step.irreversible) {
        out += "  [cannot be undone]";
    }
    return out + (step.why.empty() ? "" : "\n       " + step.why) + "\n";
}

}  // namespace

std::string describe(const Plan& plan) {
    std::string out = headline(plan);
    if (plan.refusal) {
        out += refusal_text(*plan.refusal);
    }
    out += successor_text(plan);
    if (!plan.loss.text.empty()) {
        out += "Transactions lost: " + plan.loss.text + ".\n";
    }
    if (!plan.candidates.empty()) {
        out += "Candidates, best first:\n";
        for (const auto& verdict : plan.candidates) {
            out += "  " + verdict.endpoint.text() + (verdict.eligible ? ": yes: " : ": no: ") +
                   join(verdict.reasons, "; ") + "\n";
        }
    }
    if (!plan.replicas.empty()) {
        out += "Replicas:\n";
        for (const auto& fate : plan.replicas) {
            out += "  " + fate.endpoint.text() + ": " + std::string(name(fate.fate)) + ": " + fate.why + "\n";
        }
    }
    if (!plan.steps.empty() && !plan.refusal) {
        out += "Steps:\n";
        for (const auto& step : plan.steps) {
            out += step_line(step);
        }
    }
    return out;
}

}  // namespace orc::planning
