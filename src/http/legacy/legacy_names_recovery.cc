#include "config/filters.h"
#include "http/legacy/legacy_names.h"

namespace orc::http::legacy {
namespace {

/// What a recovery and a detection have in common.
struct Incident {
    std::int64_t id = 0;
    std::string uid;
    analysis::Finding finding;
    bool is_active = false;
    WallTime start;
    std::optional<WallTime> ended;
    std::string node_host;
    NodeToken node_token;
};

/// What a row read back says of the present: nothing. The classic program leaves all that empty.
View past_view(const View& view) {
    View out(view);
    out.node = {};
    out.topology = nullptr;
    return out;
}

/// Tells which clusters are recovered automatically.
struct Filters {
    explicit Filters(const View& view)
        : primary(view.settings.recover_master_cluster_filters),
          intermediate(view.settings.recover_intermediate_master_cluster_filters) {}
    config::ClusterFilters primary;
    config::ClusterFilters intermediate;
};

/// The little that a stored row says about the analysis.
analysis::Finding stored_finding(
    const Filters& filters,
    const Endpoint& failed,
    const std::string& code,
    const ClusterName& cluster,
    const std::string& alias,
    const std::vector<Endpoint>& replicas
) {
    analysis::Finding out;
    out.subject = failed;
    out.code = analysis::parse_code(code).value_or(analysis::Code::no_problem);
    out.cluster = cluster;
    out.cluster_alias = alias;
    out.automated_primary_recovery = filters.primary.matches(cluster.text(), alias);
    out.automated_intermediate_recovery = filters.intermediate.matches(cluster.text(), alias);
    out.counts.replicas = static_cast<unsigned>(replicas.size());
    out.replicas = replicas;
    return out;
}

void opening(JsonWriter& json, const View& view, const Incident& incident, std::string_view active_since = "") {
    json.field("Id", incident.id).field("UID", incident.uid).key("AnalysisEntry");
    write_analysis(json, view, incident.finding, active_since);
}

void times(JsonWriter& json, const View& view, const Incident& incident) {
    json.field("RecoveryStartTimestamp", view.column_time(incident.start));
    json.field("RecoveryEndTimestamp", view.column_time(incident.ended));
    json.field("ProcessingNodeHostname", incident.node_host);
    json.field("ProcessingNodeToken", incident.node_token.text());
}

std::string_view recovery_type(analysis::Handling handling) {
    switch (handling) {
        case analysis::Handling::recover_dead_co_primary:
            return "CoMasterRecovery";
        case analysis::Handling::recover_dead_intermediate:
            return "IntermediateMasterRecovery";
        case analysis::Handling::recover_group_member:
            return "ReplicationGroupMemberRecovery";
        case analysis::Handling::none:
        case analysis::Handling::detect:
        case analysis::Handling::recover_dead_primary:
        case analysis::Handling::recover_semi_sync:
        case analysis::Handling::recover_not_writable:
            break;
    }
    return "MasterRecovery";
}

void live_types(JsonWriter& json, const recovery::Outcome* live) {
    if (live == nullptr) {
        json.field("Type", "").field("RecoveryType", "NotMasterRecovery");
        return;
    }
    const std::string_view type =
        recovery_type(live->finding ? live->finding->handling : analysis::Handling::recover_dead_primary);
    const bool is_primary = type == "MasterRecovery" || type == "CoMasterRecovery";
    json.field("Type", type).field("RecoveryType", is_primary ? "MasterRecoveryGTID" : "NotMasterRecovery");
}

void successor(JsonWriter& json, const model::RecoveryRecord& record, const recovery::Outcome* live) {
    json.key("SuccessorKey");
    if (live != nullptr && !record.successor) {
        json.null();
    } else {
        write(json, record.successor.value_or(Endpoint{}));
    }
    json.field("SuccessorAlias", record.successor_alias).key("SuccessorBinlogCoordinates");
    const auto coordinates = live == nullptr ? Result<gtid::BinlogCoordinates>(fail(ErrorCode::not_found, ""))
                                             : gtid::BinlogCoordinates::parse(live->successor_coordinates);
    if (coordinates) {
        write(json, *coordinates, false);
    } else {
        json.null();
    }
}

void errors(JsonWriter& json, const model::RecoveryRecord& record, const recovery::Outcome* live) {
    json.key("AllErrors").begin_array();
    for (const auto& error : record.errors) {
        json.text(error);
    }
    if (record.errors.empty() && live == nullptr) {
        json.text("");  // what splitting an empty column by newlines gave
    }
    json.end_array();
}

void acknowledgement(JsonWriter& json, const View& view, const model::RecoveryRecord& record) {
    json.field("Acknowledged", record.acknowledged).field("AcknowledgedAt", view.column_time(record.acknowledged_at));
    json.field("AcknowledgedBy", record.acknowledged_by).field("AcknowledgedComment", record.acknowledge_comment);
}

void write_detection(JsonWriter& json, const View& view, const Filters& filters, const model::Detection& detection) {
    const Incident incident{
        detection.id,
        "",
        stored_finding(
            filters, detection.endpoint, detection.code, detection.cluster, detection.cluster_alias, detection.replicas
        ),
        !detection.ended,
        detection.start,
        detection.ended,
        detection.node_host,
        detection.node_token
    };
    json.begin_object();
    opening(json, view, incident, view.column_time(detection.start));
    json.key("SuccessorKey").null().field("SuccessorAlias", "").key("SuccessorBinlogCoordinates").null();
    json.field("IsActive", incident.is_active).field("IsSuccessful", false);
    json.key("LostReplicas").begin_array().end_array().key("ParticipatingInstanceKeys").begin_array().end_array();
    json.key("AllErrors").null();
    times(json, view, incident);
    json.field("Acknowledged", false).field("AcknowledgedAt", "").field("AcknowledgedBy", "");
    json.field("AcknowledgedComment", "").field("LastDetectionId", 0);
    json.field("RelatedRecoveryId", detection.related_recovery);
    json.field("Type", "").field("RecoveryType", "").end_object();
}

/// As read back from the store; `live` adds what only the answer to the request itself carries.
void write_recovery(
    JsonWriter& json,
    const View& view,
    const Filters& filters,
    const model::RecoveryRecord& record,
    const recovery::Outcome* live
) {
    Incident incident{
        record.id,
        record.uid.text(),
        stored_finding(filters, record.failed, record.code, record.cluster, record.cluster_alias, record.replicas),
        !record.ended,
        record.start,
        record.ended,
        record.node_host,
        record.node_token
    };
    if (live != nullptr && live->finding) {
        incident.finding = *live->finding;
    }
    json.begin_object();
    opening(json, view, incident);
    successor(json, record, live);
    json.field("IsActive", incident.is_active).field("IsSuccessful", record.is_successful).key("LostReplicas");
    write(json, record.lost);
    json.key("ParticipatingInstanceKeys");
    write(json, record.participants);
    errors(json, record, live);
    times(json, view, incident);
    acknowledgement(json, view, record);
    json.field("LastDetectionId", record.last_detection_id).field("RelatedRecoveryId", 0);
    live_types(json, live);
    json.end_object();
}

}  // namespace

std::string recovery(const View& view, const recovery::Outcome& outcome) {
    JsonWriter json;
    write_recovery(json, view, Filters(view), outcome.record, &outcome);
    return std::move(json).str();
}

std::string recoveries(const View& view, const std::vector<model::RecoveryRecord>& records) {
    JsonWriter json;
    json.begin_array();
    const View past = past_view(view);
    const Filters filters(view);
    for (const auto& record : records) {
        write_recovery(json, past, filters, record, nullptr);
    }
    json.end_array();
    return std::move(json).str();
}

std::string recovery_steps(const View& view, const std::vector<model::RecoveryStep>& steps) {
    JsonWriter json;
    json.begin_array();
    for (const auto& step : steps) {
        json.begin_object().field("Id", step.id).field("RecoveryUID", step.uid.text());
        json.field("AuditAt", view.column_time(step.at)).field("Message", step.message).end_object();
    }
    json.end_array();
    return std::move(json).str();
}

std::string detections(const View& view, const std::vector<model::Detection>& detections) {
    JsonWriter json;
    json.begin_array();
    const View past = past_view(view);
    const Filters filters(view);
    for (const auto& detection : detections) {
        write_detection(json, past, filters, detection);
    }
    json.end_array();
    return std::move(json).str();
}

}  // namespace orc::http::legacy
