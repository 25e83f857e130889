// While it runs.
#include "judge.h"

#include <algorithm>

namespace orc::simulation {
namespace {

std::pair<int, int> wire_key(int a, int b) { return a < b ? std::pair(a, b) : std::pair(b, a); }

}  // namespace

Judge::Judge(const Scenario& scenario, Fleet& fleet, Clients& clients, std::shared_ptr<store::MemoryDisk> disk)
    : scenario_(scenario), fleet_(fleet), clients_(clients), disk_(std::move(disk)) {
    primary_since_ = now();
    reigns_.emplace_back(primary_since_, primary_);
    was_slow_ = now() - Seconds(100);
    wished_ = was_slow_;
    for (int i = 0; i < fleet_.size(); ++i) {
        process_since_[i] = now();
    }
}

void Judge::violated(std::string rule, std::string what) {
    fleet_.trace().add([&] { return "VIOLATED " + rule + ": " + what; });
    violations_.push_back({std::move(rule), std::move(what), now()});
}

bool Judge::is_up_since(const SimServer& server, Micros span) const {
    return server.is_running() && now() - process_since_.at(server.number()) >= span;
}

bool Judge::is_wire_up_since(int a, int b, Micros span) const {
    const auto found = wire_since_.find(wire_key(a, b));
    return fleet_.network().is_up(a, b) && (found == wire_since_.end() || now() - found->second >= span);
}

bool Judge::is_reachable_since(const SimServer& server, Micros span) const {
    return is_up_since(server, span) && is_wire_up_since(manager_node, server.number(), span) && manager_ != nullptr &&
           now() - was_slow_ >= span;
}

// ---- what it is told ----

void Judge::process_changed(SimServer& server) {
    process_since_[server.number()] = now();
    if (server.number() == primary_ && !server.is_running() && !outage_since_) {
        outage_since_ = now();
    }
    check_writers_later(server);
}

void Judge::wire_changed(int a, int b) {
    wire_since_[wire_key(a, b)] = now();
    const int server = std::max(a, b);
    if (std::min(a, b) == manager_node && server >= 0) {
        check_writers_later(fleet_.at(server));
    }
}

void Judge::manager_changed(Manager* manager) {
    tally_.manager_deaths += manager == nullptr;
    manager_ = manager;
    store_changed();
}

void Judge::store_changed() {
    for (int i = 0; i < fleet_.size(); ++i) {
        check_writers_later(fleet_.at(i));
    }
}

void Judge::writable_changed(SimServer& server) {
    if (server.number() == primary_ && server.is_writable() && outage_since_) {
        outage_since_.reset();
    }
    check_writers_later(server);
}

void Judge::on_sent(const SimServer& server, const Statement& statement) {
    const std::string line = "manager -> " + server.endpoint().text() + ": " + statement.text();
    if (line != last_sent_) {
        fleet_.trace().add([&] { return line; });
    }
    last_sent_ = line;
    check_planned(server, statement);
    if (statement.kind == StatementKind::set_read_only && statement.read_only.read_only) {
        fence_sent_[server.number()] = now();
        if (!statement.read_only.with_super || !statement.read_only.end_writers) {
            violated("I-5", server.endpoint().text() + " is closed to some of its writers only");
        }
    }
}

void Judge::before_effect(SimServer& server, const Statement& statement, bool is_late) {
    check_thrown_away(server, statement);
    switch (statement.kind) {
        case StatementKind::set_read_only:
            if (!statement.read_only.read_only && is_late && server.number() != primary_) {
                // It lay in a frozen server's socket. Nobody can take it back, only close the server again.
                ++tally_.late_openings;
            } else if (!statement.read_only.read_only && (server.read_only || server.number() != primary_)) {
                check_opening(server);
            }
            break;
        case StatementKind::change_source:
            moved_.insert(server.number());
            if (const SimServer* source = fleet_.find(statement.source.source)) {
                check_move(server, *source);
            }
            break;
        default:
            break;
    }
}

void Judge::after_effect(SimServer& server, const Statement& statement, const Result<void>& result) {
    fleet_.trace().add([&] {
        return "  " + server.endpoint().text() + ": " + statement.text() +
               (result ? "" : ": " + result.error().message);
    });
    check_records();
}

// ---- the rules ----

namespace {

std::uint64_t last_sequence_owned(const SimServer& server) {
    const bool has_received = server.has_unapplied();
    return std::max(server.last_sequence(), has_received ? server.channel->relay.back().transaction.sequence : 0);
}

}  // namespace

void Judge::check_move(const SimServer& replica, const SimServer& source) {
    const std::string names = replica.endpoint().text() + " is pointed at " + source.endpoint().text();
    for (int origin = 0; origin < fleet_.size(); ++origin) {
        // What waits for an acknowledgement is in the log, and passed on, before it counts as executed.
        const bool is_ahead = replica.owned(origin) > std::max(source.owned(origin), source.logged(origin));
        // A position of MariaDB's does not show a stray transaction below its sequence; the source will refuse then.
        const bool is_hidden = replica.options().is_mariadb && source.last_sequence() >= last_sequence_owned(replica);
        if (is_ahead && !is_hidden) {
            violated(
                "I-3",
                names + ", which lacks transaction " + fleet_.at(origin).endpoint().text() + ":" +
                    std::to_string(replica.owned(origin)) + " of it"
            );
            return;
        }
    }
    // What MariaDB has purged nobody is told before it is too late.
    for (std::size_t i = 0; i < source.purged && !source.options().is_mariadb; ++i) {
        if (replica.executed(source.log[i].origin) < source.log[i].number) {
            violated("I-3", names + ", which has purged what it needs");
            return;
        }
    }
}

// Received events that the next source cannot give again.
void Judge::check_thrown_away(const SimServer& server, const Statement& statement) {
    if (!server.has_unapplied() || scenario_.settings.promote_with_unapplied_events) {
        return;
    }
    const SimServer* source = nullptr;
    switch (statement.kind) {
        case StatementKind::reset_replication:
            if (!statement.flag) {
                return;
            }
            break;
        case StatementKind::change_source:
            source = fleet_.find(statement.source.source);
            break;
        case StatementKind::restart_receiver:
        case StatementKind::start_receiver:
        case StatementKind::start_replication: {
            const bool starts = statement.kind == StatementKind::restart_receiver || !server.channel->receiver_on;
            if (!server.options().is_mariadb || !starts || server.channel->applier_on) {
                return;
            }
            source = fleet_.source_of(server);
            if (source != nullptr && !source->is_running()) {
                source = nullptr;
            }
            break;
        }
        default:
            return;
    }
    for (const auto& received : server.channel->relay) {
        if (source == nullptr || !source->owns(received.transaction)) {
            violated("I-2", server.endpoint().text() + " throws away what it received: " + statement.text());
            return;
        }
    }
}

void Judge::look() {
    const SimServer& primary = fleet_.at(primary_);
    for (int i = 0; i < fleet_.size(); ++i) {
        if (i != primary_ && fleet_.at(i).channel && fleet_.at(i).channel->source == primary.endpoint() &&
            fleet_.is_streaming(fleet_.at(i))) {
            was_streaming_[i] = now();
        }
    }
    check_published();
    check_plans();
    check_records();
}

void Judge::check_records() {
    std::map<ClusterName, int> open;
    for (const auto& [id, record] : disk_->recoveries) {
        if (!record.ended && ++open[record.cluster] > 1) {
            violated("I-1", "two recoveries of cluster " + record.cluster.text() + " are in flight");
        }
    }
    if (manager_ == nullptr || !manager_->has_started()) {
        return;
    }
    std::map<ClusterName, int> running;
    for (const auto& one : manager_->service().recovery().running()) {
        if (++running[one.record.cluster] > 1) {
            violated("I-1", "two plans for cluster " + one.record.cluster.text() + " are executed");
        }
    }
}

void Judge::check_published() {
    for (const auto& [key, value] : disk_->intent.key_values) {
        auto& before = published_[key];
        if (before == value) {
            continue;
        }
        before = value;
        fleet_.trace().add([&] { return "published: " + key + " = " + value; });
        const auto endpoint = Endpoint::parse(value, 0);
        const SimServer* server = endpoint ? fleet_.find(*endpoint) : nullptr;
        if (server != nullptr && server->number() != primary_) {
            violated("I-9", value + " is published as primary, which " + fleet_.at(primary_).endpoint().text() + " is");
        }
    }
}

void Judge::check_plans() {
    if (manager_ == nullptr || !manager_->has_started()) {
        return;
    }
    for (const auto& running : manager_->service().recovery().running()) {
        for (auto& wrong : plans_.look(running)) {
            violated("I-10", std::move(wrong));
        }
    }
}

void Judge::check_planned(const SimServer& server, const Statement& statement) {
    check_plans();
    if (manager_ == nullptr || !manager_->has_started() || !PlanWatch::is_watched(statement)) {
        return;
    }
    const auto all = manager_->service().recovery().running();
    const bool is_planned = std::any_of(all.begin(), all.end(), [&](const recovery::Running& running) {
        return PlanWatch::allows(running, server.endpoint(), statement);
    });
    if (!is_planned) {
        violated("I-10", "no step of a plan asks for '" + statement.text() + "' on " + server.endpoint().text());
    }
}

void Judge::hook_started(const recovery::HookCall& call) {
    const auto value = [&](const char* name) {
        const auto found = call.environment.find(name);
        return found == call.environment.end() ? std::string() : found->second;
    };
    const std::string uid = value("ORC_RECOVERY_UID");
    fleet_.trace().add([&] {
        return "hook " + call.list + ", " + value("ORC_FAILURE_TYPE") + " of " + value("ORC_FAILED_HOST") +
               (uid.empty() ? "" : ", recovery " + uid.substr(uid.find(':') + 1, 6)) + ", successor " +
               value("ORC_SUCCESSOR_HOST");
    });
    ++hooks_of_[uid][call.list];
    if (call.list == "PostFailoverProcesses" || call.list == "PostMasterFailoverProcesses") {
        last_after_[uid] = call;
        const auto port = value("ORC_SUCCESSOR_PORT");
        const Endpoint successor{value("ORC_SUCCESSOR_HOST"), std::uint16_t(port.empty() ? 0 : std::stoi(port))};
        const SimServer* server = fleet_.find(successor);
        const bool is_primary_recovery = value("ORC_IS_MASTER") == "true";
        if (server == nullptr) {
            violated("I-8", call.list + " is told no successor");
        } else if (is_primary_recovery && server->number() != primary_) {
            violated("I-8", call.list + " is told " + successor.text() + ", which is not the primary");
        }
    }
    check_records();
}

void Judge::switchover_ended(const SwitchoverResult& result) {
    fleet_.trace().add([&] {
        return std::string(result.is_forced ? "forced failover ended: " : "switchover ended: ") +
               (result.outcome
                    ? (result.outcome->record.successor ? result.outcome->record.successor->text() : "no successor")
                    : result.outcome.error().message);
    });
    if (!result.outcome || !result.outcome->record.is_successful) {
        return;
    }
    tally_.switchovers_done += !result.is_forced;
    if (result.designated && result.outcome->record.successor != result.designated) {
        violated("I-7", "a switchover to " + result.designated->text() + " made another server primary");
    }
}

}  // namespace orc::simulation
