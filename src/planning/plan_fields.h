// Names every member of every planning value once; writer and reader of plan_json.cc walk this list.
#pragma once

#include "planning/plan.h"

namespace orc::planning::fields {

template <typename V>
void walk(V&, Replan&) {}
template <typename V>
void walk(V&, Resolve&) {}
template <typename V>
void walk(V& v, AcquireLease& x) {
    v("cluster", x.cluster);
}
template <typename V>
void walk(V& v, ConfirmFailure& x) {
    v("subject", x.subject);
    v("witnesses", x.witnesses);
}
template <typename V>
void walk(V& v, RunHooks& x) {
    v("list", x.list);
}
template <typename V>
void walk(V& v, FencePrimary& x) {
    v("primary", x.primary);
    v("policy", x.policy);
}
template <typename V>
void walk(V& v, StopReceiver& x) {
    v("server", x.server);
    v("channel", x.channel);
}
template <typename V>
void walk(V& v, StopReplication& x) {
    v("server", x.server);
    v("channel", x.channel);
}
template <typename V>
void walk(V& v, StartReplication& x) {
    v("server", x.server);
    v("channel", x.channel);
}
template <typename V>
void walk(V& v, Reading& x) {
    v("server", x.server);
    v("channel", x.channel);
    v("usual_ms", x.usual);
    v("farewell_ms", x.farewell);
    v("stop_receiver", x.stop_receiver);
    v("needs_applier", x.needs_applier);
}
template <typename V>
void walk(V& v, ReadPositions& x) {
    v("readings", x.readings);
}
template <typename V>
void walk(V& v, Drain& x) {
    v("winner", x.winner);
    v("channel", x.channel);
    v("target", x.target);
    v("stall_ms", x.stall);
    v("feeder", x.feeder);
}
template <typename V>
void walk(V& v, CheckGates& x) {
    v("winner", x.winner);
    v("channel", x.channel);
    v("must_have", x.must_have);
    v("drained", x.drained);
}
template <typename V>
void walk(V& v, RecordDecision& x) {
    v("winner", x.winner);
}
template <typename V>
void walk(V& v, ResetReplication& x) {
    v("server", x.server);
    v("channel", x.channel);
    v("discard", x.discard);
    v("keep_detached", x.keep_detached);
}
template <typename V>
void walk(V& v, SemiSyncSource& x) {
    v("server", x.server);
    v("enabled", x.enabled);
}
template <typename V>
void walk(V& v, SemiSyncReplica& x) {
    v("server", x.server);
    v("enabled", x.enabled);
    v("reconnect", x.reconnect);
}
template <typename V>
void walk(V& v, OpenForWrites& x) {
    v("server", x.server);
}
template <typename V>
void walk(V& v, MoveReplica& x) {
    v("replica", x.replica);
    v("source", x.source);
    v("channel", x.channel);
    v("gtid", x.gtid);
    v("may_be_ahead", x.may_be_ahead);
}
template <typename V>
void walk(V& v, DetachReplica& x) {
    v("replica", x.replica);
    v("channel", x.channel);
}
template <typename V>
void walk(V& v, Account& x) {
    v("left_behind", x.left_behind);
    v("old_primary", x.old_primary);
    v("detach_failed_moves", x.detach_failed_moves);
}
template <typename V>
void walk(V& v, KeyValue& x) {
    v("key", x.key);
    v("value", x.value);
}
template <typename V>
void walk(V& v, PublishPrimary& x) {
    v("primary", x.primary);
    v("old_cluster", x.old_cluster);
    v("new_cluster", x.new_cluster);
    v("alias", x.alias);
    v("domain", x.domain);
    v("pairs", x.pairs);
}
template <typename V>
void walk(V& v, CloseForWrites& x) {
    v("primary", x.primary);
    v("with_super", x.with_super);
    v("end_writers", x.end_writers);
}
template <typename V>
void walk(V& v, WaitCaughtUp& x) {
    v("replica", x.replica);
    v("primary", x.primary);
}
template <typename V>
void walk(V& v, DemoteOldPrimary& x) {
    v("old_primary", x.old_primary);
    v("source", x.source);
    v("gtid", x.gtid);
    v("start", x.start);
}
template <typename V>
void walk(V& v, ReleaseLease& x) {
    v("cluster", x.cluster);
}
template <typename V>
void walk(V& v, Step& x) {
    v("id", x.id);
    v("action", x.action);
    v("after", x.after);
    v("limit_ms", x.limit);
    v("irreversible", x.irreversible);
    v("always", x.always);
    v("on_failure", x.on_failure);
    v("why", x.why);
}
template <typename V>
void walk(V& v, ReplicaFate& x) {
    v("endpoint", x.endpoint);
    v("fate", x.fate);
    v("why", x.why);
}
template <typename V>
void walk(V& v, CandidateVerdict& x) {
    v("endpoint", x.endpoint);
    v("eligible", x.eligible);
    v("reasons", x.reasons);
}
template <typename V>
void walk(V& v, ExpectedLoss& x) {
    v("transactions", x.transactions);
    v("text", x.text);
}
template <typename V>
void walk(V& v, Refusal& x) {
    v("reason", x.reason);
    v("rules", x.rules);
}
template <typename V>
void walk(V& v, Before& x) {
    v("server", x.server);
    v("source", x.source);
    v("channel", x.channel);
    v("gtid", x.gtid);
    v("receiver_ran", x.receiver_ran);
    v("applier_ran", x.applier_ran);
    v("was_writable", x.was_writable);
    v("is_mariadb", x.is_mariadb);
}
template <typename V>
void walk(V& v, Plan& x) {
    v("kind", x.kind);
    v("cluster", x.cluster);
    v("cluster_alias", x.cluster_alias);
    v("subject", x.subject);
    v("code", x.code);
    v("command", x.command);
    v("successor", x.successor);
    v("is_decided", x.is_decided);
    v("demanded", x.demanded);
    v("reason", x.reason);
    v("refusal", x.refusal);
    v("loss", x.loss);
    v("replicas", x.replicas);
    v("candidates", x.candidates);
    v("before", x.before);
    v("steps", x.steps);
}

}  // namespace orc::planning::fields
