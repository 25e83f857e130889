// What is known about one subject, reduced to what the table of codes asks for. Internal to this room.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analysis.h"

namespace orc::analysis {

/// One replica of the subject, by the channel that reads from it.
struct Edge {
    const model::Server* replica = nullptr;
    const model::Channel* channel = nullptr;
};

/// Who replicates from whom in a cluster; servers by their index in it.
class Graph {
public:
    explicit Graph(const model::Cluster& cluster);
    std::span<const Edge> of(std::size_t server) const {
        return {edges_.data() + first_[server], edges_.data() + first_[server + 1]};
    }

private:
    std::vector<std::size_t> first_;
    std::vector<Edge> edges_;
};

/// What the last look at a replica shows about its stream from the subject.
struct Observation {
    bool is_valid = false;
    bool is_receiving = false;
    bool is_replicating = false;
    bool is_failing_to_connect = false;
    std::optional<Micros> silence;  ///< the receiver runs, but its stream is proven silent for that long
    bool is_mute = false;           ///< it runs and brings nothing, while most replicas cannot connect
    Testimony says = Testimony::unknown;
};

struct Case {
    const model::Server* server = nullptr;
    std::span<const Edge> edges;
    /// Members of its cluster whose first look has not ended: each may turn out to be a replica of it.
    std::span<const model::Server* const> unread;
    Instant now;
    bool is_primary = false;
    bool is_co_primary = false;
    bool is_group_member = false;
    bool is_binlog_server = false;
    bool is_read_only = false;
    bool is_valid = false;    ///< LastCheckValid
    bool is_partial = false;  ///< LastCheckPartialSuccess
    bool is_failing_to_connect = false;
    bool waits_for_acks = false;  ///< semi-sync is on and active, with fewer replicas than it wants
    bool waits_for_acks_long = false;
    bool has_too_many_ackers = false;
    bool lost_ackers = false;  ///< semi-sync is on, but has fallen back to asynchronous
    Counts counts;
    std::string_view min_replica_gtid_mode;
    std::string_view max_replica_gtid_mode;
    std::string max_replica_errant;

    const model::Check& check() const { return server->check; }
    /// Checks of it fail, by our own reading.
    bool is_failing() const { return check().failures > 0; }
};

Case examine(const model::Server& subject, std::span<const Edge> edges, const Policy& policy, Instant now);

Observation observe(const Case& c, const Edge& edge);

/// The stream runs, nothing has come over it for a while, and most replicas of the subject cannot connect: it proves
/// nothing any more.
bool is_mute(const model::Server& subject, std::span<const Edge> edges, const Edge& edge);

/// Last time the server gave us a sign of life.
std::optional<Instant> last_life(const model::Check& check);
/// A check has begun and not ended.
bool is_in_flight(const model::Check& check);
/// The error of a check or a receiver says that the server answered and refused the login: that server is not dead.
bool is_login_refusal(int error_number);

/// This node first, then every replica.
std::vector<Witness> testify(const Case& c);

/// Members nobody has looked at yet, in the cluster's order; without those whose first look hangs.
std::vector<const model::Server*> unread_members(const model::Cluster& cluster, Instant now);

/// The precedence table.
Code classify(const Case& c, const Policy& policy);
std::vector<StructureCode> structure_of(const Case& c);

Handling handling_of(Code code);
/// Why the evidence does not allow acting by itself on `code`; empty: it does.
std::string hesitation_of(const Case& c, Code code);
/// A replica that counts as valid but has not been read since the subject began to fail; null if there is none.
const model::Server* stale_witness(const Case& c);
bool is_settled(const Case& c, Code code);

/// Gathers what Verdict::doubt says, subject by subject.
class Doubts {
public:
    explicit Doubts(Instant now) : now_(now) {}
    void consider(const Case& c, Code code);
    Doubt take() { return std::move(doubt_); }

private:
    void consider_failing(const Case& c, Code code);
    /// The subject looks well; is that older than what a replica says about it?
    void consider_looking_well(const Case& c, Code code);
    void want(const model::Server& server, Micros every);
    /// Now, unless it is already being asked since `evidence`.
    void want_after(const model::Server& server, Instant evidence);
    void because(std::string why);
    void name(const model::Server& server);
    void look_again_in(Micros after);

    Instant now_;
    Doubt doubt_;
};

std::string describe(const Case& c, Code code);
/// "0.3s", "42s".
std::string duration_text(Micros duration);

}  // namespace orc::analysis
