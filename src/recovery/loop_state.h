// The loop's state and its parts: reacting to findings, serving wishes, and what happens every second.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "base/text.h"
#include "planning/plan_text.h"
#include "recovery/attempt.h"
#include "recovery/findings_board.h"
#include "recovery/gates.h"

namespace orc::recovery {

struct RecoveryLoop::State : std::enable_shared_from_this<RecoveryLoop::State> {
    State(Seams seams, std::unique_ptr<Eyes> owned_eyes, config::Settings settings, Node node, bool noop);

    // ---- reacting (loop_react.cc) ----
    void react(const model::ClusterPtr& cluster);
    void consider(const model::Cluster& cluster, analysis::Finding& finding);
    void begin(const model::Cluster& cluster, const analysis::Finding& finding, bool is_new_detection);
    Co<void> run_automated(
        std::shared_ptr<Attempt> attempt, planning::Plan plan, Endpoint subject, BlockClass block_class
    );
    Co<void> run_resumed(
        std::shared_ptr<Attempt> attempt, model::RecoveryRecord record, std::optional<model::RecoveryProgress> progress
    );
    void make_known(const analysis::Finding& finding, bool is_actionable);
    Co<void> notify(analysis::Finding finding, model::Detection detection);
    bool is_known(const analysis::Finding& finding, bool is_actionable) const;
    void settle(const analysis::Doubt& doubt, const model::Cluster& cluster);
    Co<void> look_again(Endpoint member, Micros span);
    bool is_busy(const model::Cluster& cluster) const;
    void fence_deposed(const model::Cluster& cluster);
    void ask_streams(const model::Cluster& cluster, const analysis::Finding& finding);
    void test_streams(const model::Cluster& cluster);
    Co<void> test_stream(analysis::StreamTest test);
    Co<void> restart_receiver(Endpoint replica, std::string channel);
    void keep_fencing(Endpoint server);
    Co<void> fence_until_done(Endpoint server);

    // ---- for people (loop_tell.cc) ----
    std::vector<std::string> rules_for(const analysis::Finding& finding) const;
    void note_changes(const std::vector<analysis::Finding>& before, const std::vector<analysis::Finding>& now);
    /// Records that an earlier recovery holds this one back, or that it no longer does.
    void note_blocked(const analysis::Finding& finding);
    /// Takes back what note_blocked recorded where the block has ended or the server is well again.
    void add_unblocked(std::vector<model::Change>& changes);
    bool needs_recovery(const Endpoint& server) const;
    Co<void> write_down(std::vector<model::Change> changes);

    // ---- wishes (loop_requests.cc) ----
    Result<std::pair<planning::FailoverRequest, analysis::Finding>> understand(const RecoverRequest& wish) const;
    Result<std::pair<planning::FailoverRequest, analysis::Finding>> understand(const TakeoverRequest& wish) const;
    Result<planning::Plan> plan_for(const planning::FailoverRequest& request) const;
    Task<Outcome> carry_out(
        planning::FailoverRequest request, analysis::Finding finding, planning::Plan plan, std::string actor
    );

    // ---- every second (loop_upkeep.cc) ----
    Co<void> upkeep();
    Co<void> one_upkeep();
    std::vector<model::Change> expiries() const;
    void add_downtime_changes(std::vector<model::Change>& changes, WallTime now) const;
    bool is_back(const Endpoint& server) const;
    void forget_vanished_clusters();

    // ---- recoveries of dead processes (loop_resume.cc) ----
    void resume_the_dead();
    void resume(const model::RecoveryRecord& record);
    /// Unless its process lives.
    Co<void> resume_if_crashed(RecoveryUid uid);
    Co<void> resume_from_history(RecoveryUid uid);

    // ---- shared ----
    void publish_running();
    void tell(const Event& event);
    bool leads() const { return shop.leadership.view().is_leader; }
    std::int64_t next_id(std::int64_t& counter, std::int64_t last) const;

    struct Pause {
        Instant until;
        unsigned failures = 0;
    };

    std::unique_ptr<Eyes> eyes;
    Workshop shop;
    FindingsBoard findings;
    std::map<RecoveryUid, std::shared_ptr<Attempt>> attempts;
    std::map<std::pair<Endpoint, BlockClass>, Pause> pauses;  ///< after attempts that did not succeed, by class
    std::set<std::pair<Endpoint, std::string>> told;          ///< findings that were made known and are still active
    std::map<Endpoint, std::string> last_blocked;  ///< the last reason told about a subject, so that it is told once
    std::map<Endpoint, Instant> streams_asked;     ///< when a receiver was last restarted on purpose
    std::map<Endpoint, Instant> tested_until;      ///< subjects: until then their replicas' receivers may be connecting
    std::set<Endpoint> fencing;
    std::set<Endpoint> looking;  ///< a second look at that member's cluster is due
    std::set<Endpoint> making_known;
    std::set<RecoveryUid> remembering;  ///< their records are being read from the store
    std::vector<std::function<void(const Event&)>> listeners;
    mutable std::int64_t recovery_ids = 0;
    mutable std::int64_t detection_ids = 0;

    mutable std::mutex mutex;  ///< guards the published list only
    std::vector<Running> running;
    runtime::TaskGroup group;  // last: it goes first
};

}  // namespace orc::recovery
