// What people have decided, in its classic shapes.
#include "http/legacy/legacy_names.h"

namespace orc::http::legacy {

std::string maintenance(const View& view, const std::vector<model::Maintenance>& records) {
    JsonWriter json;
    json.begin_array();
    for (const auto& record : records) {
        const Millis elapsed = view.wall - record.begin;
        json.begin_object().field("MaintenanceId", record.id).key("Key");
        write(json, record.endpoint);
        json.field("BeginTimestamp", view.column_time(record.begin));
        json.field("SecondsElapsed", std::max<std::int64_t>(0, std::chrono::floor<Seconds>(elapsed).count()));
        json.field("IsActive", record.end > view.wall).field("Owner", record.owner);
        json.field("Reason", record.reason).end_object();
    }
    json.end_array();
    return std::move(json).str();
}

std::string candidates(const View& view, const std::vector<model::Candidate>& records) {
    const std::chrono::minutes keep(view.settings.candidate_instance_expire_minutes);
    JsonWriter json;
    json.begin_array();
    for (const auto& record : records) {
        json.begin_object().field("Hostname", record.endpoint.host).field("Port", record.endpoint.port);
        json.field("PromotionRule", model::name(record.rule));
        json.field("LastSuggestedString", view.column_time(record.suggested));
        json.field("PromotionRuleExpiry", db_timestamp(record.suggested + keep)).end_object();
    }
    json.end_array();
    return std::move(json).str();
}

std::string pools(const std::vector<api::PoolMember>& members) {
    JsonWriter json;
    json.begin_object();
    const std::string* open = nullptr;
    for (const auto& member : members) {
        if (open == nullptr || *open != member.pool) {
            if (open != nullptr) {
                json.end_array();
            }
            json.key(member.pool).begin_array();
            open = &member.pool;
        }
        write(json, member.server);
    }
    if (open != nullptr) {
        json.end_array();
    }
    json.end_object();
    return std::move(json).str();
}

std::string blocked_recoveries(const View& view, const std::vector<model::BlockedRecovery>& records) {
    JsonWriter json;
    json.begin_array();
    for (const auto& record : records) {
        json.begin_object().key("FailedInstanceKey");
        write(json, record.endpoint);
        json.field("ClusterName", record.cluster.text()).field("Analysis", record.code);
        json.field("LastBlockedTimestamp", view.column_time(record.at));
        json.field("BlockingRecoveryId", record.blocking_recovery.value_or(0)).end_object();
    }
    json.end_array();
    return std::move(json).str();
}

std::string analysis_changes(const View& view, const std::vector<store::AnalysisChange>& changes) {
    JsonWriter json;
    json.begin_array();
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (i == 0 || changes[i - 1].endpoint != changes[i].endpoint) {
            json.begin_object().key("AnalyzedInstanceKey");
            write(json, changes[i].endpoint);
            json.key("Changelog").begin_array();
        }
        json.text(view.column_time(changes[i].at) + ";" + changes[i].code + ",");  // the comma is part of it
        if (i + 1 == changes.size() || changes[i + 1].endpoint != changes[i].endpoint) {
            json.end_array().end_object();
        }
    }
    json.end_array();
    return std::move(json).str();
}

std::string resolved_names(const View& view, const std::vector<discovery::CachedName>& names) {
    JsonWriter json;
    json.begin_object();
    for (const auto& name : names) {
        const auto until = view.wall.time_since_epoch() + std::chrono::duration_cast<Millis>(name.until - view.now);
        json.key(name.host).begin_object().field("Object", name.resolved);
        json.field("Expiration", std::chrono::nanoseconds(until).count()).end_object();
    }
    json.end_object();
    return std::move(json).str();
}

std::string recovery_filters(const config::Settings& settings) {
    const std::pair<std::string_view, const config::TextList&> lists[] = {
        {"RecoverMasterClusterFilters", settings.recover_master_cluster_filters},
        {"RecoverIntermediateMasterClusterFilters", settings.recover_intermediate_master_cluster_filters},
        {"RecoveryIgnoreHostnameFilters", settings.recovery_ignore_hostname_filters},
    };
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, list] : lists) {
        json.key(name);
        write_texts(json, list);
    }
    json.end_object();
    return std::move(json).str();
}

void write_texts(JsonWriter& json, const std::vector<std::string>& list) {
    json.begin_array();
    for (const auto& text : list) {
        json.text(text);
    }
    json.end_array();
}

std::string texts(const std::vector<std::string>& list) {
    JsonWriter json;
    write_texts(json, list);
    return std::move(json).str();
}

}  // namespace orc::http::legacy
