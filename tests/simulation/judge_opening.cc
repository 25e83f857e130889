// Who may become writable, and who may not stay it.
#include <chrono>

#include "judge.h"

namespace orc::simulation {
namespace {

// A former primary that comes back writable is closed by whoever saw it go: within two polls and some haste.
constexpr Micros stale_writer_grace = Seconds(12);
// What the manager has reached for that long it must have taken into account.
constexpr Micros well_known = Seconds(4);

}  // namespace

void Judge::check_opening(SimServer& server) {
    ++tally_.promotions;
    if (server.has_unapplied() && !scenario_.settings.promote_with_unapplied_events) {
        violated("I-2", server.endpoint().text() + " becomes writable before it applied all it received");
    }
    if (server.number() != primary_) {
        check_fence(server);
        check_false_failover(server);
        check_other_writers(server);
        check_losses(server);
        former_.insert(primary_);
        primary_ = server.number();
        primary_since_ = now();
        reigns_.emplace_back(primary_since_, primary_);
        former_.erase(primary_);
        if (outage_since_) {
            tally_.outages.push_back(now() - *outage_since_);
            outage_since_.reset();
        }
    }
    fleet_.agenda().in(Micros{0}, [this] {
        for (int i = 0; i < fleet_.size(); ++i) {
            check_writers_later(fleet_.at(i));
        }
    });
}

void Judge::check_fence(const SimServer& opened) {
    const auto sent = fence_sent_.find(primary_);
    const bool was_fenced = sent != fence_sent_.end() && sent->second >= primary_since_;
    if (!was_fenced && scenario_.settings.primary_fencing_policy != "skip") {
        violated(
            "I-5",
            opened.endpoint().text() + " becomes writable, and nobody tried to close " +
                fleet_.at(primary_).endpoint().text()
        );
    }
}

void Judge::check_other_writers(const SimServer& opened) {
    const SimServer& old = fleet_.at(primary_);
    if (old.is_writable() && is_reachable_since(old, well_known)) {
        violated(
            "writers",
            opened.endpoint().text() + " becomes writable while " + old.endpoint().text() +
                " is, which the manager could reach all the time"
        );
    }
}

// A witness: a replica that the manager reaches and that received from a healthy primary until the manager itself
// stopped it.
void Judge::check_false_failover(const SimServer& opened) {
    const SimServer& old = fleet_.at(primary_);
    if (!is_up_since(old, Seconds(10)) || old.read_only || now() - wished_ < Seconds(30)) {
        return;
    }
    for (int i = 0; i < fleet_.size(); ++i) {
        const SimServer& witness = fleet_.at(i);
        const auto streamed = was_streaming_.find(i);
        const bool is_witness = i != primary_ && streamed != was_streaming_.end() &&
                                now() - streamed->second < Seconds(3) && is_reachable_since(witness, well_known) &&
                                is_wire_up_since(i, primary_, Seconds(10));
        if (is_witness) {
            violated(
                "false failover",
                opened.endpoint().text() + " becomes writable though " + old.endpoint().text() + " is well and " +
                    witness.endpoint().text() + " has received from it all the time"
            );
            return;
        }
    }
}

void Judge::check_losses(SimServer& opened) {
    const auto& writes = clients_.acknowledged();
    for (const Acknowledged& write : writes) {
        if (opened.has_executed(write.transaction) || lost_.contains(write.transaction.write)) {
            continue;
        }
        lost_.insert(write.transaction.write);
        if (former_.contains(write.transaction.origin) && write.at > primary_since_) {
            ++tally_.stranded;
            continue;
        }
        const SimServer* holder = nullptr;
        for (int i = 0; i < fleet_.size(); ++i) {
            const SimServer& other = fleet_.at(i);
            // What only the relay log of a replica holds whose applier fails, nobody can have before somebody mends it.
            const bool can_hand_over = other.has_executed(write.transaction) ||
                                       (other.owns(write.transaction) && other.channel->applier_errno == 0);
            const bool counts = i != opened.number() && is_reachable_since(other, well_known) && can_hand_over &&
                                (i == primary_ || other.channel);
            holder = counts ? &other : holder;
        }
        if (holder == nullptr) {
            ++tally_.lost_unavoidably;
            continue;
        }
        violated(
            "loss",
            opened.endpoint().text() + " becomes writable without transaction " +
                fleet_.at(write.transaction.origin).endpoint().text() + ":" + std::to_string(write.transaction.number) +
                ", acknowledged at " + stamp(write.at) + ", which " + holder->endpoint().text() + " has"
        );
        return;
    }
}

// A former primary may be writable while nobody can close it; not long after somebody can.
void Judge::check_writers_later(SimServer& stale) {
    const int number = stale.number();
    const auto epoch = ++watch_epoch_[number];
    if (number == primary_ || !takes_writes(stale) || manager_ == nullptr || disk_->faults.read_only ||
        !fleet_.network().is_up(manager_node, number)) {
        return;
    }
    fleet_.agenda().in(stale_writer_grace, [this, &stale, number, epoch] {
        const SimServer& primary = fleet_.at(primary_);
        if (watch_epoch_[number] == epoch && number != primary_ && takes_writes(stale) && primary.is_writable()) {
            violated(
                "writers",
                stale.endpoint().text() + " is still writable beside " + primary.endpoint().text() + " after " +
                    std::to_string(std::chrono::duration_cast<Seconds>(stale_writer_grace).count()) + " s"
            );
        }
    });
}

}  // namespace orc::simulation
