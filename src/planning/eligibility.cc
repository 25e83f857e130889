#include "planning/eligibility.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"

namespace orc::planning {
namespace {

std::vector<int> numbers_of(const std::string& version) {
    std::vector<int> out;
    for (const auto piece : split(version, '.')) {
        int number = 0;
        std::from_chars(piece.data(), piece.data() + piece.size(), number);
        out.push_back(number);
    }
    return out;
}

using Reasons = std::vector<std::string>;

void check_intentions(const Standing& standing, const Policy& policy, const ChoiceRequest& request, Reasons& out) {
    const model::Server& server = *standing.server;
    const bool is_demanded = request.demanded == standing.endpoint;
    if (const auto tried = request.ruled_out.find(standing.endpoint); tried != request.ruled_out.end()) {
        out.push_back("was tried: " + tried->second);
    }
    if (server.rule == model::PromotionRule::must_not) {
        out.push_back("its promotion rule is must_not");
    }
    if (policy.never_promoted.matches(standing.endpoint)) {
        out.push_back("PromotionIgnoreHostnameFilters matches it");
    }
    if (server.in_maintenance) {
        out.push_back("it is in maintenance");
    }
    if (server.downtime && !is_demanded) {
        out.push_back("it is in downtime: " + server.downtime->reason);
    }
}

void check_logging(const Standing& standing, const Majority& majority, bool is_demanded, Reasons& out) {
    const model::Facts& facts = standing.facts();
    if (!facts.log_bin) {
        out.push_back("it keeps no binary log");
    } else if (!facts.log_replica_updates) {
        out.push_back("it does not log what it replicates");
    }
    if (facts.version.flavor == model::Flavor::maxscale) {
        out.push_back("it is a binlog server");
    }
    if (is_demanded) {
        return;
    }
    if (!majority.version.empty() && compare_versions(facts.version.major_text(), majority.version) > 0) {
        out.push_back(
            "its version " + facts.version.major_text() + " is newer than that of most replicas, " + majority.version
        );
    }
    if (!majority.binlog_format.empty() && format_rank(facts.binlog_format) > format_rank(majority.binlog_format)) {
        out.push_back(
            "its binlog format " + facts.binlog_format + " is stricter than that of most replicas, " +
            majority.binlog_format
        );
    }
}

void check_replication(const Standing& standing, const Field& field, const ChoiceRequest& request, Reasons& out) {
    if (!standing.channel) {
        out.push_back("it does not replicate");
        return;
    }
    if (standing.channel->source != field.subject.endpoint && !request.fed_in_vain.contains(standing.endpoint)) {
        out.push_back("it does not replicate from " + field.subject.endpoint.text() + " directly");
    }
    if (standing.channel->applier_errno != 0 || !standing.channel->applier_error.empty()) {
        out.push_back(
            "its applier failed with error " + std::to_string(standing.channel->applier_errno) + ": " +
            standing.channel->applier_error
        );
    }
}

void check_places(const Standing& standing, const Field& field, const Policy& policy, Reasons& out) {
    const model::Facts& facts = standing.facts();
    const model::Facts* failed = field.subject.last_known();
    const std::string center = failed != nullptr ? failed->data_center : std::string();
    const std::string region = failed != nullptr ? failed->region : std::string();
    if (policy.settings.prevent_cross_data_center_master_failover && facts.data_center != center) {
        out.push_back(
            "promotion is kept within the data centre: it is in data centre '" + facts.data_center +
            "', the failed one was in '" + center + "'"
        );
    }
    if (policy.settings.prevent_cross_region_master_failover && facts.region != region) {
        out.push_back(
            "promotion is kept within the region: it is in region '" + facts.region + "', the failed one was in '" +
            region + "'"
        );
    }
}

void check_lag(const Standing& standing, const Policy& policy, Reasons& out) {
    const auto minutes = policy.settings.fail_master_promotion_on_lag_minutes;
    if (minutes > 0) {
        const auto lag = standing.server->lag();
        if (!lag) {
            out.push_back("the gate on promotion lag is on and its lag is unknown");
        } else if (*lag >= std::chrono::minutes(minutes)) {
            out.push_back(
                "it lags " + std::to_string(lag->count()) + " s, the gate is at " + std::to_string(minutes) + " min"
            );
        }
    }
    if (policy.settings.fail_master_promotion_if_sql_thread_not_up_to_date && !standing.is_drained()) {
        out.push_back("it has not applied all it received, and the gate on that is on");
    }
}

gtid::Progress parse_like(const Standing& standing, const std::string& text) {
    if (standing.is_mariadb) {
        const auto position = gtid::MariadbPosition::parse(text);
        return position ? gtid::Progress(*position) : gtid::Progress();
    }
    const auto set = gtid::GtidSet::parse(text);
    return set ? gtid::Progress(*set) : gtid::Progress();
}

// A node that comes back after its successor has failed as well must not be taken for the newest one.
void check_term(const Standing& standing, const Field& field, Reasons& out) {
    const model::PrimaryTerm* newest = nullptr;
    for (const auto& server : field.cluster.servers) {
        const auto found = field.intent.primary_terms.find(server->endpoint);
        if (found != field.intent.primary_terms.end() && (newest == nullptr || found->second.term > newest->term)) {
            newest = &found->second;
        }
    }
    if (newest == nullptr || newest->executed.empty() || newest->primary == standing.endpoint) {
        return;
    }
    const gtid::Progress known = parse_like(standing, newest->executed);
    if (!gtid::empty(known) && !gtid::covers(standing.owned, known)) {
        out.push_back(
            "it lacks transactions that " + newest->primary.text() + " had when it became primary in term " +
            std::to_string(newest->term)
        );
    }
}

}  // namespace

int compare_versions(const std::string& a, const std::string& b) {
    const auto left = numbers_of(a);
    const auto right = numbers_of(b);
    if (left == right) {
        return 0;
    }
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end()) ? -1 : 1;
}

int format_rank(const std::string& format) {
    const std::string lower = to_lower(format);
    if (lower == "statement") {
        return 0;
    }
    if (lower == "mixed") {
        return 1;
    }
    return lower == "row" ? 2 : 3;
}

Majority majority_of(const std::vector<Standing>& standings) {
    std::map<std::string, int> versions;
    std::map<std::string, int> formats;
    for (const auto& standing : standings) {
        if (standing.server->facts && standing.facts().log_bin && standing.facts().log_replica_updates) {
            ++versions[standing.facts().version.major_text()];
            ++formats[standing.facts().binlog_format];
        }
    }
    Majority out;
    int most = 0;
    for (const auto& [version, count] : versions) {
        if (count > most || (count == most && compare_versions(version, out.version) < 0)) {
            most = count;
            out.version = version;
        }
    }
    most = 0;
    for (const auto& [format, count] : formats) {
        if (count > most || (count == most && format_rank(format) < format_rank(out.binlog_format))) {
            most = count;
            out.binlog_format = format;
        }
    }
    return out;
}

std::vector<std::string> objections(
    const Standing& standing,
    const Field& field,
    const Majority& majority,
    const Policy& policy,
    const ChoiceRequest& request
) {
    Reasons out;
    check_intentions(standing, policy, request, out);
    if (!standing.answers || !standing.server->facts) {
        out.push_back("it does not answer: " + standing.silence);
    }
    if (!standing.server->facts) {
        return out;
    }
    const bool is_demanded = request.demanded == standing.endpoint;
    check_logging(standing, majority, is_demanded, out);
    check_replication(standing, field, request, out);
    check_places(standing, field, policy, out);
    if (!request.is_planned) {
        check_lag(standing, policy, out);
    }
    if (!is_demanded) {
        check_term(standing, field, out);
    }
    return out;
}

}  // namespace orc::planning
