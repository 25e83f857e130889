// The right to change a cluster: the record and the lease that begin an attempt, and what keeps, proves and returns
// them.
#include "recovery/attempt.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

using operations::Journey;

constexpr Micros proof_lasts = Millis(500);

/// It is written down as over, so nobody asks any more which ran.
void forget_hooks(Workshop& shop, const RecoveryUid& uid) {
    std::erase_if(shop.hooks_ran, [&uid](const auto& ran) { return ran.first == uid; });
}

}  // namespace

Task<std::string> Attempt::register_it(const Journey& journey, Deadline deadline) {
    const auto intent = shop_.ledger.intent();
    const WallTime now = shop_.clock.wall();
    lease_.cluster = journey.plan.cluster;
    lease_.holder = shop_.node.token;
    lease_.purpose = "recovery " + record_.uid.text();
    lease_.expires = now + Seconds(shop_.settings.cluster_recovery_lease_seconds);
    lease_.term = 1;
    if (const auto held = intent->leases.find(lease_.cluster); held != intent->leases.end()) {
        if (is_held(held->second, gate_facts(shop_))) {
            co_return fail(
                ErrorCode::conflict,
                "cluster " + lease_.cluster.text() + " is being changed already: " + held->second.purpose
            );
        }
        lease_.term = held->second.term + 1;
    }
    std::vector<model::Change> changes;
    record_.id = shop_.next_recovery_id();
    record_.failed = request_.subject;
    record_.code = request_.code;
    record_.cluster = journey.plan.cluster;
    record_.cluster_alias = journey.plan.cluster_alias;
    record_.replicas = finding_.replicas;
    record_.start = now;
    record_.node_host = shop_.node.host;
    record_.node_token = shop_.node.token;
    if (request_.is_new_detection) {
        model::PutDetection detection;
        detection.record.id = shop_.next_detection_id();
        detection.record.endpoint = request_.subject;
        detection.record.code = request_.code;
        detection.record.cluster = record_.cluster;
        detection.record.cluster_alias = record_.cluster_alias;
        detection.record.is_actionable = true;
        detection.record.replicas = finding_.replicas;
        detection.record.start = now;
        detection.record.node_host = shop_.node.host;
        detection.record.node_token = shop_.node.token;
        record_.last_detection_id = detection.record.id;
        changes.emplace_back(std::move(detection));
    } else {
        for (const auto& [id, detection] : intent->detections) {
            if (detection.endpoint == request_.subject) {
                record_.last_detection_id = id;
            }
        }
    }
    for (const auto& [uid, other] : intent->recoveries) {
        const bool is_implied =
            request_.is_forced && other.failed == request_.subject && other.ended && !other.acknowledged;
        if (is_implied) {
            model::PutRecovery acknowledged;
            acknowledged.record = other;
            acknowledged.record.acknowledged = true;
            acknowledged.record.acknowledged_at = now;
            acknowledged.record.acknowledged_by = actor_.empty() ? shop_.node.host : actor_;
            acknowledged.record.acknowledge_comment = "implied by the request to act on " + request_.subject.text();
            acknowledged.record.active_period_end = other.active_period_end.value_or(now);
            changes.emplace_back(std::move(acknowledged));
        }
    }
    changes.emplace_back(model::PutLease{lease_});
    changes.emplace_back(model::PutRecovery{record_});
    changes.emplace_back(model::PutRecoveryProgress{progress_of(journey, model::RecoveryPhase::preparing)});
    for (auto& change : take_notes()) {
        changes.push_back(std::move(change));
    }
    CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    proven_ = shop_.clock.now();
    is_registered_ = true;
    shop_.group->spawn(renew_lease());
    Event event;
    event.at = now;
    event.kind = "recovery_started";
    event.cluster = record_.cluster;
    event.text = std::string(audit_type(request_.kind)) + " of " + request_.subject.text();
    event.uid = record_.uid;
    shop_.tell(event);
    co_return "term " + std::to_string(lease_.term) + ", uid " + record_.uid.text();
}

Task<void> Attempt::take_lease_over(Deadline deadline) {
    const auto intent = shop_.ledger.intent();
    lease_.cluster = plan_.cluster;
    lease_.holder = shop_.node.token;
    lease_.purpose = "recovery " + record_.uid.text();
    lease_.expires = shop_.clock.wall() + Seconds(shop_.settings.cluster_recovery_lease_seconds);
    const auto held = intent->leases.find(lease_.cluster);
    lease_.term = held == intent->leases.end() ? 1 : held->second.term + 1;
    record_.node_host = shop_.node.host;
    record_.node_token = shop_.node.token;
    std::vector<model::Change> changes;
    changes.emplace_back(model::PutLease{lease_});
    changes.emplace_back(model::PutRecovery{record_});
    CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    proven_ = shop_.clock.now();
    shop_.group->spawn(renew_lease());
    co_return Result<void>();
}

bool Attempt::holds_lease() const {
    const auto intent = shop_.ledger.intent();
    const auto found = intent->leases.find(lease_.cluster);
    return found != intent->leases.end() && found->second.term == lease_.term &&
           found->second.holder == lease_.holder && found->second.expires > shop_.clock.wall();
}

bool Attempt::is_deposed() const { return recovery::is_deposed(shop_, epoch_); }

Task<void> Attempt::may_proceed(Deadline deadline) {
    if (!holds_lease()) {
        co_return fail(ErrorCode::conflict, "the lease on cluster " + lease_.cluster.text() + " is no longer ours");
    }
    const auto view = shop_.leadership.view();
    if (!view.is_leader || view.epoch != epoch_) {
        co_return fail(ErrorCode::not_leader, "this node does not lead any more");
    }
    // A commit of ours in this epoch proves as much as asking, and was paid for already.
    if (proven_ && shop_.clock.now() - *proven_ < proof_lasts) {
        co_return Result<void>();
    }
    CO_TRY(co_await shop_.leadership.confirm(epoch_, deadline));
    proven_ = shop_.clock.now();
    co_return Result<void>();
}

Co<void> Attempt::renew_lease() {
    const auto self = shared_from_this();
    const Seconds life(shop_.settings.cluster_recovery_lease_seconds);
    while (!is_over_) {
        co_await shop_.clock.sleep_for(Micros(life) / 3);
        if (is_over_ || !holds_lease()) {
            co_return;
        }
        model::PutLease renewed;
        renewed.record = lease_;
        renewed.record.expires = shop_.clock.wall() + life;
        std::vector<model::Change> changes;
        changes.emplace_back(renewed);
        const auto result = co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(Micros(life) / 3));
        if (result) {
            proven_ = shop_.clock.now();
        }
    }
}

Task<std::string> Attempt::release() {
    is_over_ = true;
    std::vector<model::Change> changes = take_notes();
    if (holds_lease()) {
        model::DropLease drop;
        drop.cluster = lease_.cluster;
        changes.emplace_back(std::move(drop));
    }
    model::DropRecoveryProgress forget;
    forget.uid = record_.uid;
    changes.emplace_back(std::move(forget));
    CO_TRY(co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(commit_limit)));
    forget_hooks(shop_, record_.uid);
    co_return "the cluster is free";
}

Co<void> Attempt::free_the_cluster() {
    is_over_ = true;
    std::vector<model::Change> changes = take_notes();
    const auto intent = shop_.ledger.intent();
    const auto lease = intent->leases.find(record_.cluster);
    if (lease != intent->leases.end() && lease->second.purpose == "recovery " + record_.uid.text()) {
        changes.emplace_back(model::DropLease{record_.cluster});
    }
    changes.emplace_back(model::DropRecoveryProgress{record_.uid});
    const auto freed = co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(commit_limit));
    if (!freed) {
        LOG(warning, "recovery.not_ended", {{"uid", record_.uid}, {"why", freed.error().message}});
        co_return;
    }
    forget_hooks(shop_, record_.uid);
}

}  // namespace orc::recovery
