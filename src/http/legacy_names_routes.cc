// The classic paths: which name leads to which answer. All changes are made by GET, as clients expect.
#include <array>

#include "http/routes.h"

namespace orc::http::routes {
namespace {

constexpr Right read = Right::read;
constexpr Right act = Right::act;

constexpr Row rows[] = {
    {"instance/:host/:port", read, instance},
    {"instance-replicas/:host/:port", read, instance_replicas},
    {"all-instances", read, all_instances},
    {"search", read, search},
    {"search/:searchString", read, search},
    {"problems", read, problems},
    {"problems/:clusterName", read, problems},
    {"downtimed", read, downtimed},
    {"downtimed/:clusterHint", read, downtimed},
    {"masters", read, primaries},
    {"master/:clusterHint", read, primary},

    {"cluster/:clusterHint", read, cluster},
    {"cluster/alias/:clusterAlias", read, cluster_by_alias},
    {"cluster/instance/:host/:port", read, cluster},
    {"cluster-info/:clusterHint", read, cluster_info},
    {"cluster-info/alias/:clusterAlias", read, cluster_info_by_alias},
    {"clusters", read, clusters},
    {"clusters-info", read, clusters_info},
    {"topology/:clusterHint", read, topology},
    {"topology/:host/:port", read, topology},
    {"topology-tabulated/:clusterHint", read, topology_tabulated},
    {"topology-tabulated/:host/:port", read, topology_tabulated},
    {"topology-tags/:clusterHint", read, topology_tags},
    {"topology-tags/:host/:port", read, topology_tags},
    {"replication-analysis", read, replication_analysis},
    {"replication-analysis/:clusterName", read, replication_analysis_of_cluster},
    {"replication-analysis/instance/:host/:port", read, replication_analysis_of_instance},

    {"discover/:host/:port", act, discover},
    {"refresh/:host/:port", act, refresh},
    {"forget/:host/:port", act, forget},
    {"begin-downtime/:host/:port/:owner/:reason", act, begin_downtime},
    {"begin-downtime/:host/:port/:owner/:reason/:duration", act, begin_downtime},
    {"end-downtime/:host/:port", act, end_downtime},
    {"register-candidate/:host/:port/:promotionRule", act, register_candidate},
    {"disable-global-recoveries", act, disable_global_recoveries},
    {"enable-global-recoveries", act, enable_global_recoveries},
    {"check-global-recoveries", read, check_global_recoveries},

    {"recover/:host/:port", act, recover},
    {"recover/:host/:port/:candidateHost/:candidatePort", act, recover},
    {"recover-lite/:host/:port", act, recover_lite},
    {"recover-lite/:host/:port/:candidateHost/:candidatePort", act, recover_lite},
    {"graceful-master-takeover/:host/:port", act, take_over},
    {"graceful-master-takeover/:host/:port/:designatedHost/:designatedPort", act, take_over},
    {"graceful-master-takeover/:clusterHint", act, take_over},
    {"graceful-master-takeover/:clusterHint/:designatedHost/:designatedPort", act, take_over},
    {"graceful-master-takeover-auto/:host/:port", act, take_over_auto},
    {"graceful-master-takeover-auto/:host/:port/:designatedHost/:designatedPort", act, take_over_auto},
    {"graceful-master-takeover-auto/:clusterHint", act, take_over_auto},
    {"graceful-master-takeover-auto/:clusterHint/:designatedHost/:designatedPort", act, take_over_auto},
    {"ack-recovery/cluster/:clusterHint", act, acknowledge_cluster},
    {"ack-recovery/cluster/alias/:clusterAlias", act, acknowledge_alias},
    {"ack-recovery/instance/:host/:port", act, acknowledge_instance},
    {"ack-recovery/uid/:uid", act, acknowledge_one},
    {"ack-recovery/:recoveryId", act, acknowledge_one},
    {"ack-all-recoveries", act, acknowledge_all},

    {"audit-recovery", read, audit_recovery},
    {"audit-recovery/:page", read, audit_recovery},
    {"audit-recovery/id/:id", read, audit_recovery},
    {"audit-recovery/uid/:uid", read, audit_recovery},
    {"audit-recovery/cluster/:clusterName", read, audit_recovery},
    {"audit-recovery/cluster/:clusterName/:page", read, audit_recovery},
    {"audit-recovery/alias/:clusterAlias", read, audit_recovery},
    {"audit-recovery/alias/:clusterAlias/:page", read, audit_recovery},
    {"audit-recovery-steps/:uid", read, audit_recovery_steps},
    {"audit-failure-detection", read, audit_failure_detection},
    {"audit-failure-detection/:page", read, audit_failure_detection},
    {"audit-failure-detection/id/:id", read, audit_failure_detection},
    {"audit-failure-detection/alias/:clusterAlias", read, audit_failure_detection},
    {"audit-failure-detection/alias/:clusterAlias/:page", read, audit_failure_detection},
    {"audit", read, audit},
    {"audit/:page", read, audit},
    {"audit/instance/:host/:port", read, audit},
    {"audit/instance/:host/:port/:page", read, audit},

    // Ours, named after the classic verb that they preview.
    {"plan/graceful-master-takeover/:host/:port", read, plan_take_over},
    {"plan/graceful-master-takeover/:host/:port/:designatedHost/:designatedPort", read, plan_take_over},
    {"plan/graceful-master-takeover/:clusterHint", read, plan_take_over},
    {"plan/graceful-master-takeover/:clusterHint/:designatedHost/:designatedPort", read, plan_take_over},

    {"health", read, health},
    {"lb-check", read, alive},
    {"_ping", read, alive},
    {"leader-check", read, leader_check},
    {"leader-check/:errorStatusCode", read, leader_check},
    {"routed-leader-check", read, leader_check},
    {"routed-leader-check/:errorStatusCode", read, leader_check},
};

}  // namespace

void add_classic_rows(Router& router, const std::shared_ptr<Desk>& desk) { add_rows(router, desk, "api/", rows); }

}  // namespace orc::http::routes
