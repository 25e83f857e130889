// The answer to "why did it, or did it not?", for a person at night.
#include "api/explain.h"
#include "base/text.h"
#include "cli/commands.h"
#include "planning/plan_text.h"

namespace orc::cli::commands {
namespace {

std::string_view word(analysis::Testimony testimony) {
    return testimony == analysis::Testimony::unknown ? "cannot tell" : analysis::name(testimony);
}

std::string codes_of(const analysis::Finding& finding) {
    std::vector<std::string> codes{std::string(analysis::name(finding.code))};
    for (const auto code : finding.structure) {
        codes.emplace_back(analysis::name(code));
    }
    return join(codes, ", ");
}

/// Lines of a text, set in by two blanks.
Lines indented(std::string_view text) {
    Lines out;
    for (const auto piece : split(text, '\n')) {
        out += piece.empty() ? Lines{} : "  " + line(piece);
    }
    return out;
}

Lines verdict(const api::Explanation& it) {
    if (!it.finding) {
        return line("Not judged: " + it.unjudged + ".");
    }
    Lines out = line("Verdict: " + codes_of(*it.finding));
    out += indented(it.finding->description);
    out += line("Witnesses:");
    for (const auto& witness : it.finding->witnesses) {
        out += "  " + line(witness.who + ": " + std::string(word(witness.says)) + ": " + witness.why);
    }
    return out;
}

Lines rules(const api::Explanation& it) {
    if (!it.finding) {
        return {};
    }
    if (!it.is_recoverable && !it.is_hypothetical) {
        return line("Nothing is recovered for such a verdict.");
    }
    if (it.rules.empty()) {
        return line(
            it.is_hypothetical ? "If it died now, it would be recovered automatically."
                               : "No rule is in the way of an automated recovery."
        );
    }
    Lines out = line(
        it.is_hypothetical ? "If it died now, it would not be recovered automatically:"
                           : "In the way of an automated recovery:"
    );
    for (const auto& rule : it.rules) {
        out += "  - " + line(rule);
    }
    return out;
}

Lines plan(const api::Explanation& it) {
    if (!it.plan) {
        return it.no_plan.empty() ? Lines{} : line("No plan: " + it.no_plan);
    }
    const std::string_view when =
        it.is_hypothetical ? "What recovering from its death would do now:" : "What a recovery would do now:";
    return line(when) + indented(planning::describe(*it.plan));
}

Lines history(const api::Explanation& it) {
    Lines out;
    if (const auto& last = it.last_recovery) {
        out += line(
            "Last recovery of this cluster: " + db_timestamp(last->start) + ", " + last->code + " of " +
            last->failed.text() + ": " +
            (last->successor ? "promoted " + last->successor->text() : std::string("promoted nobody")) +
            (last->acknowledged ? ", acknowledged" : ", not acknowledged")
        );
        for (const auto& error : last->errors) {
            out += indented(error);
        }
    }
    if (const auto& blocked = it.last_blocked) {
        out += line("Last held back: " + db_timestamp(blocked->at) + ", " + blocked->code);
    }
    return out;
}

Lines text_of(const api::Explanation& it) {
    const bool has_alias = it.cluster_alias != it.cluster.text() && !it.cluster_alias.empty();
    const std::string alias = has_alias ? " (" + it.cluster_alias + ")" : "";
    Lines out = line(it.subject.text() + " in cluster " + it.cluster.text() + alias);
    out += verdict(it);
    if (!it.problems.empty()) {
        out += line("Problems of its own: " + join(it.problems, ", "));
    }
    return out + rules(it) + plan(it) + history(it);
}

}  // namespace

Task<Lines> explain(Call call) {
    CO_TRY(const bool is_cluster, names_cluster(call));
    if (!is_cluster) {
        CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
        CO_TRY(const auto one, co_await api::explain(call.use_cases, endpoint));
        co_return text_of(one);
    }
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    CO_TRY(const auto all, co_await api::explain_cluster(call.use_cases, cluster));
    Lines out;
    for (const auto& one : all) {
        out += (out.empty() ? Lines{} : line("")) + text_of(one);
    }
    co_return out.empty() ? line("Nothing to judge in cluster " + cluster->name.text() + ": nobody replicates in it.")
                          : out;
}

}  // namespace orc::cli::commands
