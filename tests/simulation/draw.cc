// Seeds become stories.
#include <algorithm>

#include "faults.h"

namespace orc::simulation {
namespace {

class Draw : private Faults {
public:
    Draw(std::uint64_t seed, std::optional<Profile> profile) : Faults(seed) {
        story_.profile = Profile(rng_.below(profile_count));
        if (profile) {
            story_.profile = *profile;
        }
    }

    Scenario make() {
        make_servers();
        make_settings();
        make_happenings();
        std::stable_sort(
            story_.happenings.begin(),
            story_.happenings.end(),
            [](const Happening& a, const Happening& b) { return a.at < b.at; }
        );
        return std::move(story_);
    }

private:
    void make_servers() {
        story_.is_mariadb = one_in(3);
        story_.settings.replication_credentials_query = "SELECT user, password FROM meta.replication_account";
        story_.is_semi_sync = one_in(2);
        story_.latency = between(Micros(50), Millis(2));
        story_.write_every = between(Millis(40), Millis(200));
        const int replicas = int(1 + below(5));
        const bool has_intermediate = replicas > 2 && one_in(5);
        ServerOptions common;
        common.is_mariadb = story_.is_mariadb;
        common.has_semi_sync = story_.is_semi_sync;
        common.semi_sync_timeout = one_in(2) ? Micros(Seconds(1)) : Micros(Seconds(10));
        common.net_timeout = Seconds(4 + 4 * std::int64_t(below(3)));
        common.heartbeat = one_in(3) ? common.net_timeout / 2 : Micros(Seconds(1));
        common.connect_retry = Seconds(1 + std::int64_t(below(10)));
        common.relay_log_recovery = !one_in(3);
        common.acks_wanted = replicas > 2 && one_in(4) ? 2 : 1;
        for (int i = 0; i <= replicas; ++i) {
            ServerOptions options = common;
            options.apply_cost = between(Micros(50), Micros(2000));
            options.semi_sync_replica = story_.is_semi_sync && (i <= int(common.acks_wanted) || one_in(2));
            options.semi_sync_source = story_.is_semi_sync && i == 0;
            options.starts_read_only = i > 0 || one_in(2);
            story_.servers.push_back(options);
            const bool is_second_tier = has_intermediate && i > 2 && one_in(2);
            story_.sources.push_back(i == 0 ? -1 : is_second_tier ? 1 : 0);
        }
    }

    void make_settings() {
        config::Settings& s = story_.settings;
        s.discovery_seeds = {"db1:3306"};
        s.instance_poll_seconds = one_in(2) ? 1 : 5;
        s.recover_master_cluster_filters = {"*"};
        s.recover_intermediate_master_cluster_filters = {"*"};
        s.recovery_period_block_seconds = 1;
        s.failure_detection_period_block_minutes = 1;
        s.detach_lost_slaves_after_master_failover = one_in(2);
        s.detach_lost_replicas_after_master_failover = false;
        s.use_super_read_only = one_in(2);
        s.recover_non_writeable_master = true;
        s.recovery_drain_timeout_seconds = 30;
        s.on_failure_detection_processes = {"detected"};
        s.pre_failover_processes = {"before"};
        s.post_failover_processes = {"after"};
        s.post_unsuccessful_failover_processes = {"after failure"};
        s.post_master_failover_processes = {"after primary"};
        s.post_intermediate_master_failover_processes = {"after intermediate"};
        s.pre_graceful_takeover_processes = {"before switch"};
        s.post_graceful_takeover_processes = {"after switch"};
        if (story_.is_semi_sync && one_in(2)) {
            s.recover_locked_semi_sync_master = true;
        }
    }

    void make_happenings() {
        const int count = int(1 + below(4));
        switch (story_.profile) {
            case Profile::kill:
                add(between(story_.begin, Seconds(20)), one_in(4) ? HappeningKind::vanish : HappeningKind::kill, 0);
                break;
            case Profile::noise:
                make_noise(2 * count);
                break;
            case Profile::crash:
                for (int i = 0; i < count; ++i) {
                    add_crash(one_in(2) ? any_server() : primary_now, any_time());
                }
                break;
            case Profile::freeze:
                for (int i = 0; i < count; ++i) {
                    add_freeze(one_in(2) ? any_server() : primary_now, any_time());
                }
                break;
            case Profile::partition:
                make_partitions(count);
                break;
            case Profile::lag:
                make_lag();
                break;
            case Profile::switchover:
                make_switchovers(count);
                break;
            case Profile::service_death:
                make_service_death();
                break;
            case Profile::store_trouble:
                add_store_trouble(between(story_.begin, Seconds(20)));
                add_primary_loss(between(story_.begin, Seconds(25)));
                break;
            case Profile::mixed:
                make_mixed(count);
                break;
            case Profile::second_blow:
                make_second_blow(count);
                break;
            case Profile::hooks:
                make_hooks();
                break;
        }
    }

    void make_second_blow(int count) {
        const Micros at = between(story_.begin, Seconds(20));
        const int kind = int(below(4));
        if (kind == 0) {
            add_switchover(at);
        } else if (kind == 1) {
            add_isolation(0, at, one_in(2));
        } else {
            add_primary_loss(at);
        }
        // A recovery takes tens of milliseconds once a failure is seen, and a switch as long.
        for (int i = 0; i < count; ++i) {
            const Micros blow = at + (one_in(3) ? between(Millis(1), Seconds(5)) : between(Micros(500), Millis(150)));
            const int victim = any_server();
            switch (below(6)) {
                case 0:
                    add_crash(victim, blow);
                    break;
                case 1:
                    add_freeze(victim, blow);
                    break;
                case 2:
                    add_isolation(victim, blow, one_in(2));
                    break;
                case 3:
                    add_cut(victim, manager_node, blow);
                    break;
                case 4:
                    add(blow, HappeningKind::break_applier, victim);
                    break;
                default:
                    add_slow_applier(victim, blow - std::min(blow - story_.begin, Micros(Seconds(3))));
                    break;
            }
        }
    }
    void make_hooks() {
        if (one_in(2)) {
            story_.hooks_take = between(Millis(100), Seconds(8));
        }
        story_.hooks_fail = one_in(2) ? unsigned(below(60)) : 0;
        story_.settings.hook_timeout_seconds = std::int64_t(1 + below(10));
        const Micros at = between(story_.begin, Seconds(20));
        if (one_in(3)) {
            add_switchover(at);
        } else {
            add_primary_loss(at);
        }
        if (one_in(3)) {
            add(at + between(Millis(1), Seconds(10)), HappeningKind::kill_manager);
        }
        if (one_in(3)) {
            add(at + between(Millis(1), Seconds(10)), HappeningKind::thaw, primary_now);
            add(at + between(Millis(1), Seconds(10)), HappeningKind::start, primary_now);
        }
    }

    void make_noise(int count) {
        // A primary that nobody reaches but its replicas is alive; one that is read-only after a restart is not at
        // hand.
        for (int i = 0; i < count; ++i) {
            add_noise(any_time());
        }
    }
    void make_partitions(int count) {
        for (int i = 0; i < count; ++i) {
            const Micros at = any_time();
            switch (below(4)) {
                case 0:
                    add_isolation(any_server(), at, one_in(2));
                    break;
                case 1:
                    add_isolation(0, at, one_in(2));
                    break;
                case 2:
                    add_cut(any_server(), manager_node, at);
                    break;
                default:
                    add_cut(0, int(1 + below(story_.servers.size() - 1)), at);
                    break;
            }
        }
    }
    void make_lag() {
        const Micros death = between(Seconds(20), Seconds(40));
        for (int i = 1; i < int(story_.servers.size()); ++i) {
            const Micros before = between(story_.begin, death);
            switch (below(5)) {
                case 0:
                    add_slow_applier(i, before);
                    break;
                case 1:
                    add_applier_rest(i, before);
                    break;
                case 2:
                    add(before, HappeningKind::break_applier, i);
                    break;
                case 3:
                    add(before, HappeningKind::stop_applier, i);
                    add(story_.faults_end, HappeningKind::start_applier, i);
                    break;
                default:
                    break;
            }
        }
        if (one_in(4)) {
            add(between(story_.begin, death), HappeningKind::purge, int(1 + below(story_.servers.size() - 1)));
        }
        if (one_in(3)) {
            const int restarted = int(1 + below(story_.servers.size() - 1));
            const Micros at = between(story_.begin, death);
            add(at, HappeningKind::kill, restarted);
            add(at + between(Millis(100), Seconds(3)), HappeningKind::start, restarted);
        }
        add(death, HappeningKind::kill, 0);
        if (one_in(2)) {
            add(soon_after(death), HappeningKind::start, 0);
        }
    }
    void make_switchovers(int count) {
        for (int i = 0; i < count; ++i) {
            if (one_in(6)) {
                add(any_time(),
                    HappeningKind::forced_recovery,
                    one_in(2) ? -1 : some_replica,
                    0,
                    Wire::up,
                    std::int64_t(below(100)));
            } else {
                add_switchover(any_time());
            }
        }
        if (one_in(2)) {
            add_noise(any_time());
        }
        if (one_in(3)) {
            const auto& switchover = story_.happenings.front();
            add_primary_loss(std::min(switchover.at + between(Micros(100), Seconds(1)), story_.faults_end - Millis(1)));
        }
    }
    void make_service_death() {
        const Micros at = between(story_.begin, Seconds(20));
        if (one_in(3)) {
            add_switchover(at);
        } else {
            add_primary_loss(at);
        }
        if (one_in(2)) {
            story_.kill_manager_at_write = int(1 + below(20));
        } else {
            add(at + between(Micros(100), Seconds(2)), HappeningKind::kill_manager);
        }
        if (one_in(3)) {
            add(at + between(Millis(100), Seconds(6)), HappeningKind::kill_manager);
        }
    }
    void make_mixed(int count) {
        for (int i = 0; i < count + 1; ++i) {
            const Micros at = any_time();
            switch (below(8)) {
                case 0:
                    add_primary_loss(at);
                    break;
                case 1:
                    add_isolation(any_server(), at, one_in(2));
                    break;
                case 2:
                    add_switchover(at);
                    break;
                case 3:
                    add_slow_applier(any_server(), at);
                    break;
                case 4:
                    add(at, HappeningKind::kill_manager);
                    break;
                case 5:
                    add_store_trouble(at);
                    break;
                case 6:
                    add_crash(any_server(), at);
                    break;
                default:
                    add_noise(at);
                    break;
            }
        }
    }
};

}  // namespace

Scenario draw(std::uint64_t seed) { return Draw(seed, std::nullopt).make(); }
Scenario draw(std::uint64_t seed, Profile profile) { return Draw(seed, profile).make(); }

}  // namespace orc::simulation
