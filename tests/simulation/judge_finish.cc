// When all is over.
#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "judge.h"

namespace orc::simulation {
namespace {

constexpr const char* after_success = "PostFailoverProcesses";
constexpr const char* after_failure = "PostUnsuccessfulFailoverProcesses";

std::string joined(const std::vector<Endpoint>& servers) {
    std::vector<std::string> out;
    out.reserve(servers.size());
    for (const auto& server : servers) {
        out.push_back(server.text());
    }
    std::sort(out.begin(), out.end());
    return join(out, ",");
}

}  // namespace

void Tally::add(const Tally& other) {
    promotions += other.promotions;
    late_openings += other.late_openings;
    switchovers += other.switchovers;
    switchovers_done += other.switchovers_done;
    recoveries += other.recoveries;
    recoveries_failed += other.recoveries_failed;
    manager_deaths += other.manager_deaths;
    acknowledged += other.acknowledged;
    lost_unavoidably += other.lost_unavoidably;
    stranded += other.stranded;
    outages.insert(outages.end(), other.outages.begin(), other.outages.end());
    ends_without_primary += other.ends_without_primary;
    ends_with_lost += other.ends_with_lost;
}

std::string Tally::text() const {
    std::string out = std::to_string(promotions) + " promotions, " + std::to_string(late_openings) +
                      " late openings, " + std::to_string(switchovers_done) + " of " + std::to_string(switchovers) +
                      " switchovers, " + std::to_string(recoveries) + " recoveries (" +
                      std::to_string(recoveries_failed) + " without success), " + std::to_string(manager_deaths) +
                      " deaths of the manager, " + std::to_string(acknowledged) + " writes acknowledged, " +
                      std::to_string(lost_unavoidably) + " lost unavoidably, " + std::to_string(stranded) +
                      " stranded on former primaries, " + std::to_string(ends_without_primary) +
                      " ended without a primary, " + std::to_string(ends_with_lost) + " with servers left behind";
    if (!outages.empty()) {
        auto sorted = outages;
        std::sort(sorted.begin(), sorted.end());
        const auto millis = [](Micros span) { return std::to_string(span.count() / 1000) + " ms"; };
        out +=
            ", outages " + millis(sorted[sorted.size() / 2]) + " in the middle, " + millis(sorted.back()) + " at most";
    }
    return out;
}

void Judge::finish() {
    tally_.acknowledged = clients_.acknowledged().size();
    finish_records();
    finish_hooks();
    finish_topology();
    finish_writes();
    finish_acknowledging();
}

// A replica that acknowledges goes on doing so unless a plan says otherwise, whoever died meanwhile.
void Judge::finish_acknowledging() {
    for (int i = 0; i < fleet_.size(); ++i) {
        const SimServer& server = fleet_.at(i);
        const bool should = server.options().has_semi_sync && server.options().semi_sync_replica;
        if (should && !server.semi_sync_replica && !plans_.has_switched_off(server.endpoint())) {
            violated("acks", server.endpoint().text() + " does not acknowledge any more, and no plan asked for that");
        }
    }
}

bool Judge::was_primary(int server, Instant when) const {
    int then = -1;
    for (const auto& [since, who] : reigns_) {
        then = since <= when ? who : then;
    }
    return then == server;
}

void Judge::finish_records() {
    for (const auto& [id, record] : disk_->recoveries) {
        ++tally_.recoveries;
        tally_.recoveries_failed += !record.is_successful;
        if (!record.ended) {
            violated("I-6", "recovery " + record.uid.text() + " of " + record.failed.text() + " was never resolved");
        }
    }
    for (const auto& [uid, progress] : disk_->intent.progress) {
        violated("I-6", "recovery " + uid.text() + " is still " + std::string(model::name(progress.phase)));
    }
    for (const auto& [cluster, lease] : disk_->intent.leases) {
        // A released lease keeps its term only.
        if (cluster.text().starts_with("db") && !lease.holder.empty()) {
            violated("I-6", "the lease on cluster " + cluster.text() + " is still held for " + lease.purpose);
        }
    }
}

void Judge::finish_hooks() {
    for (const auto& [id, record] : disk_->recoveries) {
        auto& hooks = hooks_of_[record.uid.text()];
        const int ran = hooks[after_success] + hooks[after_failure];
        const bool is_right = ran == 1 || (ran > 0 && ran <= 1 + tally_.manager_deaths);
        if (record.ended && !is_right) {
            violated(
                "I-8",
                "the commands after recovery " + record.uid.text() + " of " + record.failed.text() + " ran " +
                    std::to_string(ran) + " times"
            );
        }
        const auto last = last_after_.find(record.uid.text());
        if (last == last_after_.end() || last->second.list != after_success) {
            continue;
        }
        const auto& environment = last->second.environment;
        const auto lost = environment.find("ORC_LOST_REPLICAS");
        std::vector<std::string> told;
        if (lost != environment.end() && !lost->second.empty()) {
            for (const auto piece : split(lost->second, ',')) {
                told.emplace_back(piece);
            }
        }
        std::sort(told.begin(), told.end());
        if (join(told, ",") != joined(record.lost)) {
            violated(
                "I-8",
                "the commands were told of lost replicas '" + join(told, ",") + "', the record of '" +
                    joined(record.lost) + "'"
            );
        }
    }
}

bool Judge::is_accounted_for(const SimServer& server) const {
    // Its own source has purged what it needs: nobody's doing, and seen as an error of the replica.
    constexpr int fatal_when_reading = 1236;
    if (server.channel && server.channel->receiver_errno == fatal_when_reading && !moved_.contains(server.number())) {
        return true;
    }
    const auto downtime = disk_->intent.downtimes.find(server.endpoint());
    if (downtime != disk_->intent.downtimes.end()) {
        return true;
    }
    return std::any_of(disk_->recoveries.begin(), disk_->recoveries.end(), [&](const auto& entry) {
        const auto& [lost, errors] = std::tie(entry.second.lost, entry.second.errors);
        // Left as it is because going back failed there, and said so.
        const std::string undo = "undo on " + server.endpoint().text();
        return std::find(lost.begin(), lost.end(), server.endpoint()) != lost.end() ||
               std::any_of(errors.begin(), errors.end(), [&](const std::string& error) {
                   return error.starts_with(undo);
               });
    });
}

// It, or what it replicates from, directly or not: whoever follows a lost one is lost with it.
bool Judge::is_branch_accounted_for(const SimServer& server) const {
    const SimServer* at = &server;
    for (int hops = 0; at != nullptr && hops <= fleet_.size(); ++hops) {
        if (is_accounted_for(*at)) {
            return true;
        }
        at = fleet_.source_of(*at);
    }
    return false;
}

bool Judge::is_below_primary(const SimServer& server) {
    const SimServer* at = &server;
    for (int hops = 0; hops <= fleet_.size(); ++hops) {
        if (at->number() == primary_) {
            return true;
        }
        if (!fleet_.is_streaming(*at)) {
            return false;
        }
        at = fleet_.source_of(*at);
    }
    return false;
}

// A recovery that was not possible must say so.
bool Judge::has_stated_why() const {
    if (disk_->recoveries.empty()) {
        return false;
    }
    const auto& last = disk_->recoveries.rbegin()->second;
    return !last.is_successful && !last.errors.empty();
}

std::string Judge::last_reason() const {
    std::string out;
    for (const auto& [id, record] : disk_->recoveries) {
        if (!record.is_successful && !record.errors.empty()) {
            out = join(record.errors, "; ");
        }
    }
    return out;
}

bool Judge::is_whole() {
    const SimServer& primary = fleet_.at(primary_);
    if (!primary.is_writable() || !disk_->intent.progress.empty()) {
        return false;
    }
    for (int i = 0; i < fleet_.size(); ++i) {
        const SimServer& server = fleet_.at(i);
        if (i != primary_ && server.is_running() &&
            (takes_writes(server) || (!is_below_primary(server) && !is_branch_accounted_for(server)))) {
            return false;
        }
    }
    return true;
}

void Judge::finish_topology() {
    const SimServer& primary = fleet_.at(primary_);
    // A lone primary that starts read-only is what its configuration asks for.
    tally_.ends_without_primary += !primary.is_writable();
    if (!primary.is_writable() && has_stated_why()) {
        fleet_.trace().add([&] { return "ends without a primary: " + last_reason(); });
    }
    for (int i = 0; i < fleet_.size(); ++i) {
        if (i != primary_ && fleet_.at(i).is_running() && !is_below_primary(fleet_.at(i))) {
            ++tally_.ends_with_lost;
            break;
        }
    }
    const bool is_alone = primary.is_running() && fleet_.replicas_of(primary).empty();
    // Nor is it opened beside a replica that started writable.
    bool has_rival = false;
    for (int i = 0; i < fleet_.size(); ++i) {
        has_rival = has_rival || (i != primary_ && fleet_.at(i).is_writable());
    }
    if (!primary.is_writable() && !has_stated_why() && !is_alone && !has_rival) {
        violated(
            "convergence",
            "there is no writable primary at the end, and no recovery says why (" + primary.endpoint().text() + " is " +
                std::string(name(primary.process)) + ")"
        );
        return;
    }
    for (int i = 0; i < fleet_.size(); ++i) {
        const SimServer& server = fleet_.at(i);
        if (i == primary_ || !server.is_running()) {
            continue;
        }
        // Nobody was promoted in the end, and the old primary takes writes as before.
        const bool is_as_before = !primary.is_writable() && has_stated_why() && former_.contains(i);
        if (takes_writes(server) && !is_as_before) {
            violated("convergence", server.endpoint().text() + " is writable at the end, but not the primary");
        }
        if (primary.is_writable() && !is_below_primary(server) && !is_branch_accounted_for(server)) {
            const std::string why = server.channel ? "source " + server.channel->source.text() + ", error " +
                                                         std::to_string(server.channel->receiver_errno) + " " +
                                                         server.channel->receiver_error +
                                                         (server.channel->receiver_on ? "" : ", receiver stopped")
                                                   : "no source";
            violated(
                "convergence", server.endpoint().text() + " is neither below the primary nor accounted for: " + why
            );
        }
    }
}

void Judge::finish_writes() {
    const SimServer& primary = fleet_.at(primary_);
    for (const Acknowledged& write : clients_.acknowledged()) {
        if (primary.has_executed(write.transaction) || lost_.contains(write.transaction.write)) {
            continue;
        }
        if (!was_primary(write.transaction.origin, write.at)) {
            ++tally_.stranded;
            continue;
        }
        violated(
            "loss",
            "transaction " + fleet_.at(write.transaction.origin).endpoint().text() + ":" +
                std::to_string(write.transaction.number) + ", acknowledged by the primary at " + stamp(write.at) +
                ", is missing at the end"
        );
        return;
    }
}

}  // namespace orc::simulation
