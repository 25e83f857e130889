// From a changed cluster to a detection, a recovery, or a reason why not.
#include <algorithm>

#include "recovery/loop_state.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

using analysis::Finding;
using analysis::Handling;

constexpr Micros first_pause = Seconds(60);
constexpr Micros pause_when_vanished = Seconds(1);
constexpr unsigned doublings_most = 6;
constexpr Micros fence_once = Seconds(2);

std::string joined_with_semicolons(const std::vector<std::string>& rules) {
    std::string out;
    for (const auto& rule : rules) {
        out += (out.empty() ? "" : "; ") + rule;
    }
    return out;
}

}  // namespace

bool RecoveryLoop::State::is_busy(const model::Cluster& cluster) const {
    for (const auto& [uid, attempt] : attempts) {
        const auto touched = [&](const model::ServerPtr& server) { return attempt->touches(server->endpoint); };
        if (std::any_of(cluster.servers.begin(), cluster.servers.end(), touched)) {
            return true;
        }
    }
    return false;
}

void RecoveryLoop::State::react(const model::ClusterPtr& cluster) {
    if (!cluster) {
        return;
    }
    auto [found, doubt] = analysis::judge(*cluster, shop.analysis, shop.clock.now());
    settle(doubt, *cluster);
    if (leads() && !shop.noop) {
        test_streams(*cluster);
        fence_deposed(*cluster);
    }
    for (auto& finding : found) {
        consider(*cluster, finding);
    }
    note_changes(findings.of(cluster->name), found);
    findings.put(cluster->name, std::move(found));
}

void RecoveryLoop::State::settle(const analysis::Doubt& doubt, const model::Cluster& cluster) {
    for (const auto& server : doubt.read_again) {
        eyes->suspect(server, doubt.why);
    }
    if (doubt.again_in.count() > 0 && !cluster.servers.empty()) {
        const Endpoint member = cluster.servers.front()->endpoint;
        if (looking.insert(member).second && !group.spawn(look_again(member, doubt.again_in))) {
            looking.erase(member);
        }
    }
}

Co<void> RecoveryLoop::State::look_again(Endpoint member, Micros span) {
    const auto self = shared_from_this();
    co_await shop.clock.sleep_for(span);
    looking.erase(member);
    if (!group.is_stopping()) {
        react(eyes->cluster_now(member));
    }
}

bool RecoveryLoop::State::is_known(const Finding& finding, bool is_actionable) const {
    const std::string code(analysis::name(finding.code));
    const auto intent = shop.ledger.intent();
    for (const auto& [id, detection] : intent->detections) {
        if (detection.endpoint == finding.subject && detection.is_actionable == is_actionable) {
            return detection.code == code || told.contains({finding.subject, code});
        }
    }
    return false;
}

void RecoveryLoop::State::consider(const model::Cluster& cluster, Finding& finding) {
    if (finding.handling == Handling::none || shop.noop || !leads() || finding.is_skippable_by_downtime) {
        return;
    }
    if (is_busy(cluster)) {
        finding.hesitation = finding.hesitation.empty() ? "the cluster is being changed" : finding.hesitation;
        return;
    }
    if (const auto test = tested_until.find(finding.subject);
        test != tested_until.end() && test->second > shop.clock.now()) {
        finding.hesitation = "whether a replica reaches " + finding.subject.text() + " anew is being tested";
        return;
    }
    ask_streams(cluster, finding);
    if (finding.handling == Handling::detect || !finding.is_actionable) {
        if (finding.is_settled) {
            make_known(finding, false);
        }
        return;
    }
    const auto rules = rules_for(finding);
    if (rules.empty()) {
        if (last_blocked.erase(finding.subject) > 0) {
            note_blocked(finding);
        }
        begin(cluster, finding, !is_known(finding, true));
        return;
    }
    finding.hesitation = "not recovered: " + joined_with_semicolons(rules);
    make_known(finding, true);
    if (last_blocked[finding.subject] != rules.front()) {
        note_blocked(finding);
        last_blocked[finding.subject] = rules.front();
        LOG(warning, "recovery.blocked", {{"subject", finding.subject}, {"why", finding.hesitation}});
        Event event;
        event.at = shop.clock.wall();
        event.kind = "finding";
        event.cluster = finding.cluster;
        event.text = finding.subject.text() + ": " + finding.hesitation;
        tell(event);
    }
}

void RecoveryLoop::State::make_known(const Finding& finding, bool is_actionable) {
    if (is_known(finding, is_actionable) || !making_known.insert(finding.subject).second) {
        return;
    }
    model::Detection detection;
    detection.id = shop.next_detection_id();
    detection.endpoint = finding.subject;
    detection.code = std::string(analysis::name(finding.code));
    detection.cluster = finding.cluster;
    detection.cluster_alias = finding.cluster_alias;
    detection.is_actionable = is_actionable;
    detection.replicas = finding.replicas;
    detection.start = shop.clock.wall();
    detection.node_host = shop.node.host;
    detection.node_token = shop.node.token;
    group.spawn(notify(finding, std::move(detection)));
}

Co<void> RecoveryLoop::State::notify(Finding finding, model::Detection detection) {
    const auto self = shared_from_this();
    told.insert({finding.subject, detection.code});
    std::vector<model::Change> changes;
    changes.emplace_back(model::PutDetection{detection});
    const auto committed = co_await commit(shop, std::move(changes), shop.clock.deadline_in(commit_limit));
    making_known.erase(finding.subject);
    if (!committed) {
        LOG(warning, "detection.not_registered", {{"subject", finding.subject}, {"why", committed.error().message}});
        co_return;
    }
    Event event;
    event.at = shop.clock.wall();
    event.kind = "finding";
    event.cluster = finding.cluster;
    event.text = detection.code + " on " + finding.subject.text() + ": " + finding.description;
    tell(event);
    std::function<void(std::string)> note = [](std::string line) { LOG(info, "detection.hook", {{"what", line}}); };
    const auto ran = co_await run_hooks(
        shop,
        planning::HookList::on_failure_detection,
        facts_of(finding, shop.node),
        std::move(note),
        shop.leadership.view().epoch
    );
    if (!ran) {
        LOG(warning, "detection.hook_failed", {{"subject", finding.subject}, {"why", ran.error().message}});
    }
}

void RecoveryLoop::State::begin(const model::Cluster& cluster, const Finding& finding, bool is_new_detection) {
    RecoverRequest wish;
    wish.failed = finding.subject;
    auto understood = understand(wish);
    if (!understood) {
        return;
    }
    understood->first.is_new_detection = is_new_detection;
    auto plan = plan_for(understood->first);
    if (!plan) {
        return;
    }
    const BlockClass block_class = block_class_of(finding.handling);
    if (plan->refusal && block_class != BlockClass::primary) {
        // Nothing could be done, so nothing is registered; it is asked again later.
        make_known(finding, true);
        pauses[{finding.subject, block_class}].until = shop.clock.now() + first_pause;
        LOG(warning, "recovery.refused", {{"subject", finding.subject}, {"why", planning::describe(*plan)}});
        return;
    }
    LOG(warning,
        "recovery.begun",
        {{"cluster", cluster.name}, {"subject", finding.subject}, {"code", understood->first.code}});
    told.insert({finding.subject, understood->first.code});
    const auto attempt =
        std::make_shared<Attempt>(shop, std::move(understood->first), std::move(understood->second), std::string());
    attempts[attempt->uid()] = attempt;
    if (!group.spawn(run_automated(attempt, std::move(*plan), finding.subject, block_class))) {
        attempts.erase(attempt->uid());
    }
}

Co<void> RecoveryLoop::State::run_automated(
    std::shared_ptr<Attempt> attempt, planning::Plan plan, Endpoint subject, BlockClass block_class
) {
    const auto self = shared_from_this();
    const auto outcome = co_await attempt->run(std::move(plan));
    attempts.erase(attempt->uid());
    publish_running();
    if (!outcome && outcome.error().code == ErrorCode::cancelled) {
        co_return;
    }
    if (outcome) {
        const auto& record = outcome->record;
        LOG(warning,
            "recovery.succeeded",
            {{"subject", subject},
             {"successor", record.successor ? record.successor->text() : ""},
             {"lost", record.lost.size()},
             {"uid", record.uid}});
        pauses.erase({subject, block_class});
    } else {
        // A verdict that did not hold on the second look is looked at again soon; real failures are paced.
        Pause& pause = pauses[{subject, block_class}];
        const bool has_vanished = outcome.error().message.find("confirm that") != std::string::npos;
        Micros span = pause_when_vanished;
        if (!has_vanished) {
            span = first_pause * (1 << std::min(pause.failures, doublings_most));
            ++pause.failures;
        }
        pause.until = shop.clock.now() + span;
        LOG(error, "recovery.failed", {{"subject", subject}, {"why", outcome.error().message}});
    }
    react(eyes->cluster_now(subject));
}

Co<void> RecoveryLoop::State::run_resumed(
    std::shared_ptr<Attempt> attempt, model::RecoveryRecord record, std::optional<model::RecoveryProgress> progress
) {
    const auto self = shared_from_this();
    const Endpoint subject = record.failed;
    const RecoveryUid uid = record.uid;
    co_await attempt->resume(std::move(record), std::move(progress));
    attempts.erase(uid);
    publish_running();
    react(eyes->cluster_now(subject));
}

// A server that was left behind as lost and takes writes again would be a second primary.
void RecoveryLoop::State::fence_deposed(const model::Cluster& cluster) {
    if (shop.planning.fencing == planning::FencingPolicy::skip) {
        return;
    }
    for (const auto& server : cluster.servers) {
        const bool was_left = server->downtime && server->downtime->reason == model::lost_in_recovery;
        const bool takes_writes = server->facts && server->check.is_valid() && !server->facts->read_only;
        if (was_left && takes_writes && server->is_primary()) {
            keep_fencing(server->endpoint);
        }
    }
}

void RecoveryLoop::State::keep_fencing(Endpoint server) {
    if (fencing.insert(server).second && !group.spawn(fence_until_done(server))) {
        fencing.erase(server);
    }
}

Co<void> RecoveryLoop::State::fence_until_done(Endpoint server) {
    const auto self = shared_from_this();
    const mysql::ReadOnlyChange closed{true, true, true};
    const Instant began = shop.clock.now();
    while (fencing.contains(server) && leads()) {
        const auto result = co_await shop.gateway.set_read_only(server, closed, shop.clock.deadline_in(fence_once));
        if (group.is_stopping()) {
            co_return;
        }
        if (result) {
            LOG(warning, "primary.fenced", {{"server", server}});
            Event event;
            event.at = shop.clock.wall();
            event.kind = "step";
            event.text = server.text() + " answers again and was made read-only, its writers were ended";
            tell(event);
            break;
        }
        const bool is_early = shop.clock.now() - began < Seconds(60);
        Micros pause = Seconds(1);
        if (is_early) {
            pause = Millis(250);
        } else if (!eyes->cluster_now(server)) {
            break;  // forgotten
        }
        co_await shop.clock.sleep_for(pause);
    }
    fencing.erase(server);
}

}  // namespace orc::recovery
