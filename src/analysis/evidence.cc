// What a look at the subject, and a look at each of its replicas, proves.
#include <algorithm>
#include <array>

#include "analysis/case.h"

namespace orc::analysis {
namespace {

using model::ThreadState;

// A stream may miss this much beyond two heartbeats before it is called silent: time for the reading itself.
constexpr Micros silence_slack = std::chrono::milliseconds(100);
// A replica that leaves a question unanswered for that long after its source began to fail is no valid witness: one
// hung replica must not hold up the verdict of all others.
constexpr Micros answer_patience = std::chrono::milliseconds(500);

std::optional<Micros> silence_of(const model::Server& subject, const Edge& edge) {
    const auto& stream = edge.replica->stream;
    const auto period = edge.channel->heartbeat_period;
    const bool is_known = stream.moved && stream.looked && period && *period > Micros{0} &&
                          edge.channel == edge.replica->channel();  // the evidence is kept for that channel only
    if (!is_known) {
        return std::nullopt;
    }
    // A subject that has spoken to us since must be silent anew.
    const Instant since = std::max(*stream.moved, last_life(subject.check).value_or(*stream.moved));
    const Micros lasted = *stream.looked - since;
    return lasted > 2 * *period + silence_slack ? std::optional(lasted) : std::nullopt;
}

bool is_unanswered(const model::Check& check, const model::Check& subject, Instant now) {
    return subject.failing_since && is_in_flight(check) &&
           now - std::max(*check.attempted, *subject.failing_since) > answer_patience;
}

Testimony testimony(const Observation& seen, const model::Channel& channel) {
    if (!seen.is_valid) {
        return Testimony::unknown;
    }
    switch (channel.receiver) {
        case ThreadState::running:
            if (seen.is_mute) {
                return Testimony::unknown;
            }
            return seen.silence ? Testimony::dead : Testimony::alive;
        case ThreadState::other:
            return is_login_refusal(channel.receiver_errno) ? Testimony::unknown : Testimony::dead;
        case ThreadState::stopped:
            return channel.is_failing_to_connect() && !is_login_refusal(channel.receiver_errno) ? Testimony::dead
                                                                                                : Testimony::unknown;
        case ThreadState::none:
            return Testimony::unknown;
    }
    return Testimony::unknown;
}

bool is_check_valid(const model::Check& check, const config::Settings& settings, Instant now) {
    if (!check.is_valid()) {
        return false;
    }
    // A check that is late says nothing about the server; one that hangs does.
    const Seconds patience(std::max<std::int64_t>(settings.reasonable_instance_check_seconds, 1));
    const Seconds window(settings.instance_poll_seconds + settings.reasonable_instance_check_seconds);
    const bool hangs = is_in_flight(check) && now - *check.attempted > patience && now - *last_life(check) > window;
    return !hangs;
}

}  // namespace

std::optional<Instant> last_life(const model::Check& check) {
    if (!check.seen || !check.answered) {
        return check.seen ? check.seen : check.answered;
    }
    return std::max(*check.seen, *check.answered);
}

bool is_in_flight(const model::Check& check) {
    return check.attempted && (!check.completed || *check.attempted > *check.completed);
}

std::vector<const model::Server*> unread_members(const model::Cluster& cluster, Instant now) {
    std::vector<const model::Server*> out;
    for (const auto& server : cluster.servers) {
        const model::Check& check = server->check;
        const bool hangs = check.attempted && now - *check.attempted > answer_patience;
        if (server->facts == nullptr && !check.completed && !hangs) {
            out.push_back(server.get());
        }
    }
    return out;
}

bool is_login_refusal(int error_number) {
    // Access denied, host blocked, host not allowed, user's resources exhausted, and the forms of a password that the
    // client cannot answer. Too many connections is none of them: such a server serves nobody.
    static constexpr std::array numbers = {1044, 1045, 1129, 1130, 1226, 1227, 1251, 1862, 2059, 2061, 3118};
    return std::find(numbers.begin(), numbers.end(), error_number) != numbers.end();
}

Observation observe(const Case& c, const Edge& edge) {
    const model::Server& subject = *c.server;
    const Instant now = c.now;
    const model::Channel& channel = *edge.channel;
    Observation out;
    out.is_valid = edge.replica->check.is_valid() && !is_unanswered(edge.replica->check, subject.check, now);
    const bool runs = channel.receiver == ThreadState::running;
    if (runs) {
        out.silence = silence_of(subject, edge);
        out.is_mute = !out.silence && is_mute(subject, c.edges, edge);
    }
    out.is_receiving = out.is_valid && runs && !out.silence && !out.is_mute;
    out.is_replicating = out.is_receiving && channel.applier == ThreadState::running;
    out.is_failing_to_connect =
        out.is_valid && channel.applier == ThreadState::running && channel.is_failing_to_connect();
    out.says = testimony(out, channel);
    return out;
}

namespace {

// Distinct (major, minor) pairs, few in any cluster; beyond eight kinds the count stays at eight.
class VersionKinds {
public:
    void add(const model::Version& version) {
        const std::pair kind(version.major, version.minor);
        const auto end = kinds_.begin() + count_;
        if (count_ < kinds_.size() && std::find(kinds_.begin(), end, kind) == end) {
            kinds_[count_++] = kind;
        }
    }
    unsigned count() const { return count_; }

private:
    std::array<std::pair<int, int>, 8> kinds_{};
    unsigned count_ = 0;
};

void count_logging(Counts& counts, VersionKinds& kinds, const model::Facts& facts) {
    if (!facts.log_bin || !facts.log_replica_updates) {
        return;
    }
    ++counts.logging;
    counts.statement_logging += facts.binlog_format == "STATEMENT";
    counts.mixed_logging += facts.binlog_format == "MIXED";
    counts.row_logging += facts.binlog_format == "ROW";
    kinds.add(facts.version);
}

void count_if_valid(Counts& counts, const Edge& edge, const Observation& seen) {
    if (!seen.is_valid) {
        return;
    }
    const auto gtid = edge.channel->gtid_use;
    ++counts.valid;
    counts.valid_receiving += seen.is_receiving;
    counts.valid_replicating += seen.is_replicating;
    counts.failing_to_connect += seen.is_failing_to_connect;
    counts.valid_auto_position += gtid == model::GtidUse::auto_position;
    counts.valid_mariadb_gtid += gtid == model::GtidUse::replica_position || gtid == model::GtidUse::current_position;
    counts.valid_binlog_servers += edge.replica->facts->version.flavor == model::Flavor::maxscale;
}

void count_replicas(Case& c, const config::Settings& settings) {
    const Seconds lag_max(settings.reasonable_replication_lag_seconds);
    Counts& counts = c.counts;
    VersionKinds kinds;
    for (const Edge& edge : c.edges) {
        const model::Server& replica = *edge.replica;
        const model::Facts& facts = *replica.facts;
        ++counts.replicas;
        count_if_valid(counts, edge, observe(c, edge));
        const auto lag = facts.lag_on(edge.channel);
        counts.lagging += lag && *lag > lag_max;
        counts.delayed += edge.channel->delay > Seconds{0};
        counts.downtimed += replica.downtime.has_value();
        counts.semi_sync_enabled += facts.semi_sync.replica_enabled;
        count_logging(counts, kinds, facts);
        const std::string_view mode = facts.gtid_mode;
        c.min_replica_gtid_mode = counts.replicas == 1 ? mode : std::min(c.min_replica_gtid_mode, mode);
        c.max_replica_gtid_mode = counts.replicas == 1 ? mode : std::max(c.max_replica_gtid_mode, mode);
        if (!replica.downtime && replica.has_errant()) {
            c.max_replica_errant = std::max(c.max_replica_errant, replica.errant_text());
        }
        c.is_co_primary = c.is_co_primary || replica.is_co_primary;
    }
    counts.major_versions_logging = kinds.count();
}

void judge_semi_sync(Case& c, const config::Settings& settings) {
    const model::SemiSync& semi_sync = c.server->facts->semi_sync;
    if (!semi_sync.source_enabled || semi_sync.acks_wanted == 0) {
        return;
    }
    const bool is_short = semi_sync.clients < semi_sync.acks_wanted;
    c.waits_for_acks = is_short && semi_sync.source_active;
    c.lost_ackers = is_short && !semi_sync.source_active;
    c.has_too_many_ackers = semi_sync.source_active && semi_sync.clients > semi_sync.acks_wanted;
    const std::int64_t patience = settings.reasonable_locked_semi_sync_master_seconds;
    const Seconds limit(patience > 0 ? patience : settings.reasonable_replication_lag_seconds);
    const auto& since = c.server->waiting_for_acks_since;
    c.waits_for_acks_long = c.waits_for_acks && since && c.now - *since > limit;
}

void judge_facts(Case& c, const config::Settings& settings) {
    const model::Facts& facts = *c.server->facts;
    const model::Channel* channel = c.server->channel();
    c.is_primary = c.server->is_primary();
    c.is_group_member = facts.group && !facts.group->group_name.empty() && facts.group->state != "OFFLINE";
    c.is_binlog_server = facts.version.flavor == model::Flavor::maxscale;
    c.is_read_only = facts.read_only;
    c.is_failing_to_connect =
        channel != nullptr && channel->applier == ThreadState::running && channel->is_failing_to_connect();
    judge_semi_sync(c, settings);
}

}  // namespace

Case examine(const model::Server& subject, std::span<const Edge> edges, const Policy& policy, Instant now) {
    Case c;
    c.server = &subject;
    c.edges = edges;
    c.now = now;
    c.is_valid = is_check_valid(subject.check, policy.settings, now);
    c.is_partial = subject.check.failures == 0 ? subject.check.seen.has_value() : subject.check.partial;
    c.is_co_primary = subject.is_co_primary;
    if (subject.facts != nullptr) {
        judge_facts(c, policy.settings);
    } else {
        c.is_primary = true;  // nobody has told of a source; replicas may still tell of it
    }
    count_replicas(c, policy.settings);
    return c;
}

}  // namespace orc::analysis
