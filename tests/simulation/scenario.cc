#include "scenario.h"

namespace orc::simulation {
namespace {

std::string who(int node) {
    switch (node) {
        case manager_node:
            return "the manager";
        case clients_node:
            return "the clients";
        case primary_now:
            return "the primary";
        case some_replica:
            return "some replica";
        default:
            return "db" + std::to_string(node + 1);
    }
}

}  // namespace

std::string_view name(Profile profile) {
    switch (profile) {
        case Profile::kill:
            return "kill";
        case Profile::noise:
            return "noise";
        case Profile::crash:
            return "crash";
        case Profile::freeze:
            return "freeze";
        case Profile::partition:
            return "partition";
        case Profile::lag:
            return "lag";
        case Profile::switchover:
            return "switchover";
        case Profile::service_death:
            return "service_death";
        case Profile::store_trouble:
            return "store_trouble";
        case Profile::mixed:
            return "mixed";
        case Profile::second_blow:
            return "second_blow";
        case Profile::hooks:
            return "hooks";
    }
    return "?";
}

std::string Happening::text() const {
    const std::string number = std::to_string(amount);
    switch (kind) {
        case HappeningKind::kill:
            return who(a) + " is killed";
        case HappeningKind::vanish:
            return who(a) + " vanishes with its host";
        case HappeningKind::start:
            return who(a) + " starts";
        case HappeningKind::freeze:
            return who(a) + " freezes";
        case HappeningKind::thaw:
            return who(a) + " thaws";
        case HappeningKind::cut:
            return "the wire between " + who(a) + " and " + who(b) + " becomes " + std::string(name(wire));
        case HappeningKind::mend:
            return "the wire between " + who(a) + " and " + who(b) + " is mended";
        case HappeningKind::slow_network:
            return "the network is " + number + " times as slow as usual";
        case HappeningKind::apply_cost:
            return who(a) + " needs " + number + " us for each transaction";
        case HappeningKind::stop_applier:
            return who(a) + "'s applier is stopped";
        case HappeningKind::start_applier:
            return who(a) + "'s applier is started";
        case HappeningKind::break_applier:
            return who(a) + "'s applier will fail";
        case HappeningKind::purge:
            return who(a) + " purges its binary logs";
        case HappeningKind::switchover:
            return a == some_replica ? "a switchover to a chosen replica is asked for" : "a switchover is asked for";
        case HappeningKind::forced_recovery:
            return a == some_replica ? "a failover to a chosen replica is forced" : "a failover is forced";
        case HappeningKind::kill_manager:
            return "the manager is killed";
        case HappeningKind::store_delay:
            return "each commit of the store takes " + number + " us";
        case HappeningKind::store_fail:
            return "the next " + number + " commits fail";
        case HappeningKind::store_unknown:
            return "the next " + number + " commits end in doubt";
        case HappeningKind::store_read_only:
            return amount != 0 ? "the store becomes read-only" : "the store can be written again";
    }
    return "?";
}

std::string Scenario::text() const {
    std::string out = "seed " + std::to_string(seed) + ", " + std::string(name(profile)) + ": " +
                      (is_mariadb ? "MariaDB" : "MySQL") + (is_semi_sync ? ", semi-sync" : ", asynchronous");
    for (std::size_t i = 0; i < servers.size(); ++i) {
        out += i == 0 ? ", db1" : ", db" + std::to_string(i + 1) + " under db" + std::to_string(sources[i] + 1);
    }
    return out;
}

Scenario plain_story(int replicas, ServerOptions options) {
    Scenario out;
    out.seed = 1;
    out.profile = Profile::mixed;
    out.is_mariadb = options.is_mariadb;
    out.settings.replication_credentials_query = "SELECT user, password FROM meta.replication_account";
    out.is_semi_sync = options.has_semi_sync;
    for (int i = 0; i <= replicas; ++i) {
        ServerOptions one = options;
        one.semi_sync_source = options.has_semi_sync && i == 0;
        out.servers.push_back(one);
        out.sources.push_back(i == 0 ? -1 : 0);
    }
    config::Settings& s = out.settings;
    s.discovery_seeds = {"db1:3306"};
    s.instance_poll_seconds = 1;
    s.recover_master_cluster_filters = {"*"};
    s.recover_intermediate_master_cluster_filters = {"*"};
    s.recovery_period_block_seconds = 1;
    s.failure_detection_period_block_minutes = 1;
    s.post_failover_processes = {"after"};
    s.post_unsuccessful_failover_processes = {"after failure"};
    return out;
}

}  // namespace orc::simulation
