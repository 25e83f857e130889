// What is going on or was until a moment ago.
#include <algorithm>

#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

/// How long after its end a recovery counts as recent.
constexpr Seconds recent_span{300};

struct RecentQuestion {
    store::RecoveryQuery query;
    bool (*wanted)(const model::RecoveryRecord&, WallTime now) = nullptr;
    std::optional<Endpoint> successor;
};

bool is_unresolved(const model::RecoveryRecord& record, WallTime /*now*/) { return !record.ended; }
bool is_recent(const model::RecoveryRecord& record, WallTime now) {
    return record.ended && now - *record.ended <= recent_span;
}

Co<Response> recent(DeskPtr desk, RecentQuestion question) {
    question.query.page.size = 1000;  // newest first: more than that is not recent
    auto work = desk->use_cases.recoveries(question.query);
    auto records = co_await desk->on_control(std::move(work));
    if (!records) {
        co_return envelope_error(records.error());
    }
    const legacy::View view(desk->use_cases);
    std::erase_if(*records, [&](const model::RecoveryRecord& record) {
        return !question.wanted(record, view.wall) || (question.successor && record.successor != question.successor);
    });
    co_return bare(legacy::recoveries(view, *records));
}

}  // namespace

Co<Response> active_cluster_recovery(DeskPtr desk, Call call) {
    RecentQuestion question;
    question.query.cluster = ClusterName(call.params["clusterName"]);
    question.wanted = is_unresolved;
    return recent(std::move(desk), std::move(question));
}

Co<Response> recently_active_cluster_recovery(DeskPtr desk, Call call) {
    RecentQuestion question;
    question.query.cluster = ClusterName(call.params["clusterName"]);
    question.wanted = is_recent;
    return recent(std::move(desk), std::move(question));
}

Co<Response> recently_active_instance_recovery(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    RecentQuestion question;
    question.successor = desk->use_cases.resolve(*key);
    question.wanted = is_recent;
    auto answer = recent(desk, std::move(question));
    co_return co_await std::move(answer);
}

namespace {

using Blocked = std::vector<model::BlockedRecovery>;

Blocked all_blocked(const api::UseCases& use_cases) {
    Blocked out;
    const auto intent = use_cases.intent();
    for (const auto& [endpoint, record] : intent->blocked) {
        out.push_back(record);
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
    return out;
}

}  // namespace

Co<Response> blocked_recoveries(DeskPtr desk, Call call) {
    auto question = desk->look<Blocked>(all_blocked);
    auto records = co_await std::move(question);
    if (!records) {
        co_return envelope_error(records.error());
    }
    const std::string& cluster = call.params["clusterName"];
    std::erase_if(*records, [&](const auto& record) { return !cluster.empty() && record.cluster.text() != cluster; });
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::blocked_recoveries(view, *records));
}

Co<Response> analysis_changelog(DeskPtr desk, Call /*call*/) {
    auto work = desk->use_cases.analysis_changes();
    const auto changes = co_await desk->on_control(std::move(work));
    if (!changes) {
        co_return envelope_error(changes.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(changes->empty() ? "null" : legacy::analysis_changes(view, *changes));
}

}  // namespace orc::http::routes
