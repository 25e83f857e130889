// The inside of DiscoveryLoop, shared by its files: discovery_loop.cc (face, pump), loop_hygiene.cc, loop_probe.cc (one
// probe and what follows from it), loop_pulse.cc (signs of life between probes), loop_requests.cc (who waits for a
// reading), loop_names.cc (names), loop_follow.cc (another node probes), loop_notes.cc (what the store is told beside
// servers), loop_commit.cc (what belongs into the ledger). All of it runs on the control executor.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "config/filters.h"
#include "discovery/discovery.h"
#include "discovery/loop/audit_names.h"
#include "discovery/loop/due_queue.h"
#include "discovery/loop/probe_history.h"
#include "discovery/loop/schedule.h"
#include "discovery/loop/tell_limit.h"
#include "discovery/names/host_names.h"
#include "discovery/names/name_book.h"
#include "discovery/table/borrowed_topology.h"
#include "discovery/table/topology_table.h"

namespace orc::discovery {

/// Somebody waits for a probe that starts from now on.
struct ProbeRequest {
    Deadline deadline;
    bool is_done = false;
    Result<void> outcome;
};
using ProbeRequestPtr = std::shared_ptr<ProbeRequest>;

/// Nothing speaks against it that this server is the channel's source. Binlog servers send under another's name.
bool may_send(const model::Facts& source, const model::Channel& channel);

struct DiscoveryLoop::State : std::enable_shared_from_this<State> {
    State(Seams s, config::Settings c);

    // discovery_loop.cc
    void start_known(const std::vector<store::KnownServer>& known);
    void pump();
    void arm(Instant now);
    void sample_queues(Instant now);
    void set_history_limits();
    /// Due times this close together are served by one wake-up.
    Micros wake_grain() const;
    static Co<void> wake_later(std::shared_ptr<State> self, Instant when);
    static Co<void> publish_loop(std::shared_ptr<State> self);
    bool may_tell(const Endpoint& server) { return tell_limit.may_tell(server, seams.clock.now()); }
    void publish();
    void announce(const ChangedClusters& changed);
    Reading reading_now() const;
    void adopt(const config::Settings& fresh);
    void leave_out(config::HostFilters filters);

    // loop_requests.cc
    static Task<Endpoint> take_up(std::shared_ptr<State> self, Endpoint server);
    static Co<void> notify_at(std::shared_ptr<State> self, Instant when);
    static Co<void> wait_for(std::shared_ptr<State> self, std::vector<ProbeRequestPtr> requests, Deadline deadline);
    ProbeRequestPtr ask(const Endpoint& server, Deadline deadline);
    void complete(std::vector<ProbeRequestPtr> requests, const Result<void>& outcome);

    // loop_hygiene.cc
    static Co<void> hygiene_loop(std::shared_ptr<State> self);
    void tidy_up();
    void forget(const Endpoint& server, bool remember);
    bool is_forgotten(const Endpoint& server);
    void forget_resolved_elsewhere();
    void resolve_unknown_sources();
    bool is_known_sender(const Endpoint& server, const Endpoint& given) const;
    void review_unseen();

    // loop_probe.cc
    static Co<void> probe(std::shared_ptr<State> self, Schedule::Start start);
    Deadline probe_deadline(const Schedule::Start& start, const std::vector<ProbeRequestPtr>& requests) const;
    Result<void> took(const Endpoint& server, model::Facts facts, const Reading& reading);
    void missed(const Schedule::Start& start, Error error, const Reading& reading);
    void fold_failure(const Endpoint& server, Error error, const Reading& reading);
    void look_around(const Endpoint& server);
    void follow(const model::Facts& facts);
    void follow_source(const Endpoint& source);
    void follow_replica(const Endpoint& replica);
    bool has_room_for(const Endpoint& server);
    void tell_of_dead(const Schedule::Start& start, bool was_slow);
    void drop_unused_source(const std::optional<Endpoint>& source);
    std::vector<ProbeRequestPtr> take_requests(const Endpoint& server);

    // loop_follow.cc
    void let_go();
    static Task<void> look(std::shared_ptr<State> self);
    void show();
    static Co<void> follow_loop(std::shared_ptr<State> self, std::uint64_t run);
    void begin_watching(const std::vector<store::KnownServer>& known);

    // loop_names.cc
    static Co<void> resolve_hosts(std::shared_ptr<State> self, const model::Facts* facts);
    static Co<Endpoint> resolve_given(std::shared_ptr<State> self, Endpoint given);
    static Co<std::string> ask_name(std::shared_ptr<State> self, std::string host);
    static Co<void> refresh_name(std::shared_ptr<State> self, std::string host);
    bool is_another_server(const Endpoint& server, const model::Facts& facts) const;
    void doubt_names(const model::Facts& facts);
    std::optional<Endpoint> whose_stream(const model::Channel& channel) const;
    static Co<Endpoint> settle_name(
        std::shared_ptr<State> self,
        Endpoint given,
        std::shared_ptr<model::Facts> facts,
        std::shared_ptr<Reading> reading
    );
    void adopt_name(Schedule::Start& start, const Endpoint& name);
    void note_attempt(const Schedule::Start& start);
    void move_to_name(const Endpoint& given, const Endpoint& name);

    // loop_pulse.cc
    bool is_pulsed(const Endpoint& server) const;
    void plan_pulse(const Endpoint& server, bool restart);
    static Co<void> pulse(std::shared_ptr<State> self, Endpoint server, Instant began);
    void start_due_pulses(Instant now);
    void notice_late_pulses(Instant now);
    static Co<void> confirm_silence(std::shared_ptr<State> self, Endpoint server, Error error, Instant began);

    // loop_commit.cc
    void note_rule(const Endpoint& server, const model::Facts& facts);
    void note_alias(const model::Cluster& cluster);
    void note_other_patterns(const config::ClusterAliases& before, const config::ClusterAliases& now);
    void commit_soon();
    static Co<void> commit_loop(std::shared_ptr<State> self);
    static Co<void> commit_parts(std::shared_ptr<State> self, std::vector<model::Change> changes, unsigned* refused);
    void note_refused(const model::Change& change);
    void audit(std::string_view type, const Endpoint& server, std::string message);

    // loop_notes.cc
    static Co<void> recall(std::shared_ptr<State> self, std::vector<Endpoint> known);
    void recall_name(const std::string& host, const std::string& resolved, const std::vector<Endpoint>& known);
    void note_name(const std::string& host, const std::string& resolved);
    void remember_resolution(const store::ResolvedName& name);
    void renew_own_names();
    void note_tls(const Endpoint& server, const model::Facts& facts);
    void note_domain(const model::Cluster& cluster);
    void want_addresses(const std::string& host);
    static Co<void> look_up_addresses(std::shared_ptr<State> self);
    void tidy_notes();

    struct Looked {
        std::optional<Instant> due;
        HostIps ips;
        bool is_due(Instant now) const { return !due || *due <= now; }
    };
    struct RefusedAlias {
        std::string alias;
        Instant until{};
    };
    struct ToldDomain {
        std::string text;
        Instant at{};
    };

    Seams seams;
    config::Settings settings;
    config::HostFilters ignored;
    config::HostFilters ignored_replicas;
    config::HostFilters ignored_sources;
    config::NameFilters ignored_users;
    NameBook names;
    HostResolution hosts;
    TopologyTable table;
    Schedule schedule;
    Micros interval;
    Micros pulse_interval;
    Micros probe_timeout;
    Micros read_timeout;
    DueQueue pulses;
    std::unordered_map<Endpoint, Instant> pulsing;  ///< since when
    /// Pulses in the order of their start; those that have ended are found by `pulsing` not knowing them.
    std::deque<std::pair<Instant, Endpoint>> pulses_begun;
    std::unordered_map<Endpoint, std::vector<ProbeRequestPtr>> requests;
    std::unordered_map<Endpoint, Instant> forgotten;  ///< until when nobody else's word brings them back
    std::unordered_map<Endpoint, Instant> held_off;   ///< named as replicas, but do not answer: when to try again
    std::unordered_set<Endpoint> seeds;
    std::unordered_set<Endpoint> sources_followed;  ///< there only because somebody names them as source
    std::vector<std::function<void(model::ClusterPtr)>> listeners;
    Counters counters;
    ProbeHistory history;
    TellLimit tell_limit;
    std::optional<Instant> armed;
    std::map<Endpoint, model::PromotionRule> rules_told;
    std::map<ClusterName, std::string> aliases_told;
    std::set<ClusterName> aliases_gone;
    std::map<ClusterName, RefusedAlias> aliases_refused;  ///< that the store cannot keep
    std::vector<model::AuditEntry> audits_told;
    std::unordered_map<std::string, Looked> addresses;  ///< by host
    std::deque<std::string> addresses_wanted;
    bool is_looking_up = false;
    std::unordered_map<Endpoint, bool> tls_told;
    std::map<ClusterName, ToldDomain> domains_told;
    std::vector<store::ResolvedName> resolved_once;    ///< also what has expired, the newest first
    std::unordered_map<Endpoint, ClusterName> unseen;  ///< servers that did not answer a minute ago, and their clusters
    std::unordered_set<std::string> refreshing;        ///< names that the name service is being asked for again
    bool is_committing = false;
    bool is_started = false;
    bool is_following = false;  ///< another node probes
    bool wants_lead = false;    ///< the end of that has been asked for
    std::uint64_t following_run = 0;
    Borrowed borrowed;  ///< what it wrote

    mutable std::mutex published_mutex;
    // Under the mutex: read by any thread.
    model::TopologyPtr published;
    std::shared_ptr<const std::unordered_map<Endpoint, Endpoint>> published_names;
    std::uint64_t published_revision = 0;

    runtime::Signal answered;  ///< some request is done, or a waiter's deadline has come
    runtime::Signal changed;   ///< the table has
    runtime::TaskGroup group;
};

}  // namespace orc::discovery
