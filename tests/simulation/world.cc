#include "world.h"

#include <algorithm>
#include <utility>

namespace orc::simulation {
namespace {

constexpr Micros tick_every = Millis(100);
/// Longer than any hook of a story takes.
constexpr Micros longest_attempt = Seconds(60);
constexpr Micros settled_early = Seconds(20);
constexpr Micros settled_late = Seconds(75);

}  // namespace

World::World(Scenario scenario, WorldOptions options)
    : scenario_(std::move(scenario)),
      options_(std::move(options)),
      rng_(scenario_.seed + 1),
      trace_(agenda_),
      network_(rng_, scenario_.latency),
      fleet_(agenda_, network_, rng_, trace_),
      clients_(fleet_, rng_, scenario_.write_every),
      disk_(std::make_shared<store::MemoryDisk>()),
      beginning_(agenda_.now()) {
    if (options_.is_traced) {
        trace_.turn_on();
        trace_.tee(options_.reader);
    }
}

World::~World() = default;

// ---- the beginning ----

void World::follow(SimServer& replica, const SimServer& source) {
    mysql::SourceChange change;
    change.source = source.endpoint();
    change.gtid = scenario_.is_mariadb ? model::GtidUse::replica_position : model::GtidUse::auto_position;
    const auto changed = fleet_.change_source(replica, change);
    if (changed) {
        fleet_.start_receiver(replica);
        fleet_.start_applier(replica);
    }
}

void World::build() {
    const int size = int(scenario_.servers.size());
    for (const auto& options : scenario_.servers) {
        fleet_.add(size, options);
    }
    fleet_.at(0).read_only = false;
    judge_ = std::make_unique<Judge>(scenario_, fleet_, clients_, disk_);
    network_.on_change([this](int a, int b, Wire wire) {
        judge_->wire_changed(a, b);
        fleet_.wire_changed(a, b, wire);
        const int server = std::max(a, b);
        if (std::min(a, b) == manager_node && server >= 0 && wire == Wire::refusing && manager_) {
            manager_->gateway().connections_reset(fleet_.at(server));
        }
    });
    fleet_.on_reset([this](SimServer& server) {
        if (manager_ && network_.is_up(manager_node, server.number())) {
            manager_->gateway().connections_reset(server);
        }
    });
    fleet_.on_thaw([this](SimServer& server) {
        if (manager_) {
            manager_->gateway().thawed(server);
        }
    });
    fleet_.on_writable([this](SimServer& server) { judge_->writable_changed(server); });
    for (int i = 1; i < size; ++i) {
        follow(fleet_.at(i), fleet_.at(scenario_.sources[std::size_t(i)]));
    }
    clients_.start();
    start_manager();
    for (const auto& happening : scenario_.happenings) {
        agenda_.at(beginning_ + happening.at, [this, happening] { happen(happening); });
    }
    agenda_.at(beginning_ + scenario_.faults_end + Millis(1), [this] { heal(); });
    agenda_.in(tick_every, [this] { tick(); });
}

// ---- the manager's lives ----

void World::start_manager() {
    ++lives_;
    trace_.add([&] { return "the manager starts, life " + std::to_string(lives_); });
    Manager::Parts parts{
        fleet_,
        *this,
        [this](const recovery::HookCall& call) { judge_->hook_started(call); },
        [this](const SwitchoverResult& result) { judge_->switchover_ended(result); },
        options_.wrap
    };
    manager_ = std::make_unique<Manager>(parts, scenario_, disk_, lives_);
    judge_->manager_changed(manager_.get());
    manager_->start();
}

void World::kill_manager() {
    if (!manager_) {
        return;
    }
    trace_.add([&] { return std::string("the manager dies"); });
    must_kill_manager_ = false;
    judge_->manager_changed(nullptr);
    manager_.reset();
    agenda_.in(Millis(static_cast<std::int64_t>(500 + rng_.below(2000))), [this] { start_manager(); });
}

void World::run_manager() {
    if (manager_ && manager_->loop().is_woken()) {
        manager_->loop().run_ready();
    }
    if (must_kill_manager_) {
        kill_manager();
    }
    if (manager_ && manager_->start_error()) {
        trace_.add([&] { return "the manager cannot start: " + manager_->start_error()->message; });
        kill_manager();
    }
}

void World::on_sent(const SimServer& server, const Statement& statement) {
    judge_->on_sent(server, statement);
    const bool counts = agenda_.now() > beginning_ + scenario_.begin;
    if (counts && ++writes_ == scenario_.kill_manager_at_write) {
        must_kill_manager_ = true;
        manager_->loop().halt();
    }
}

void World::before_effect(SimServer& server, const Statement& statement, bool is_late) {
    judge_->before_effect(server, statement, is_late);
}

void World::after_effect(SimServer& server, const Statement& statement, const Result<void>& result) {
    judge_->after_effect(server, statement, result);
}

// ---- what happens ----

std::vector<int> World::servers_meant(const Happening& happening) {
    if (happening.a >= 0) {
        return {happening.a};
    }
    if (happening.a == some_replica) {
        const int size = fleet_.size();
        int chosen = int(happening.amount) % size;
        return {chosen == judge_->primary() ? (chosen + 1) % size : chosen};
    }
    const bool undoes = happening.kind == HappeningKind::start || happening.kind == HappeningKind::thaw;
    if (undoes) {
        return hit_primaries_;
    }
    hit_primaries_.push_back(judge_->primary());
    return {judge_->primary()};
}

void World::happen(const Happening& happening) {
    trace_.add([&] { return "* " + happening.text(); });
    switch (happening.kind) {
        case HappeningKind::kill:
        case HappeningKind::vanish:
        case HappeningKind::start:
        case HappeningKind::freeze:
        case HappeningKind::thaw:
        case HappeningKind::apply_cost:
        case HappeningKind::stop_applier:
        case HappeningKind::start_applier:
        case HappeningKind::break_applier:
        case HappeningKind::purge:
            for (const int number : servers_meant(happening)) {
                happen_to_server(happening, fleet_.at(number));
            }
            break;
        case HappeningKind::cut:
        case HappeningKind::mend:
        case HappeningKind::slow_network:
            happen_to_wires(happening);
            break;
        case HappeningKind::switchover:
        case HappeningKind::forced_recovery:
            ask_for_switchover(happening);
            break;
        case HappeningKind::kill_manager:
            kill_manager();
            break;
        case HappeningKind::store_delay:
        case HappeningKind::store_fail:
        case HappeningKind::store_unknown:
        case HappeningKind::store_read_only:
            happen_to_store(happening);
            break;
    }
}

void World::happen_to_server(const Happening& happening, SimServer& server) {
    const Process before = server.process;
    trace_.add([&] { return "  that is " + server.endpoint().text(); });
    switch (happening.kind) {
        case HappeningKind::kill:
            fleet_.kill(server, false);
            break;
        case HappeningKind::vanish:
            fleet_.kill(server, true);
            break;
        case HappeningKind::start:
            fleet_.start(server);
            break;
        case HappeningKind::freeze:
            fleet_.freeze(server);
            break;
        case HappeningKind::thaw:
            fleet_.thaw(server);
            break;
        case HappeningKind::apply_cost:
            fleet_.set_apply_cost(server, Micros(happening.amount));
            break;
        case HappeningKind::stop_applier:
            fleet_.stop_applier(server);
            break;
        case HappeningKind::start_applier:
            server.applier_will_fail = false;
            if (server.is_running()) {
                fleet_.start_applier(server);
            }
            break;
        case HappeningKind::break_applier:
            server.applier_will_fail = true;
            break;
        case HappeningKind::purge:
            fleet_.purge_logs(server);
            break;
        default:
            break;
    }
    if (before != server.process) {
        judge_->process_changed(server);
    }
}

void World::happen_to_wires(const Happening& happening) {
    if (happening.kind == HappeningKind::cut) {
        network_.set(happening.a, happening.b, happening.wire);
    } else if (happening.kind == HappeningKind::mend) {
        network_.set(happening.a, happening.b, Wire::up);
    } else {
        judge_->network_slowed();
        network_.set_slowness(unsigned(happening.amount));
    }
}

void World::happen_to_store(const Happening& happening) {
    auto& faults = disk_->faults;
    const auto amount = happening.amount;
    switch (happening.kind) {
        case HappeningKind::store_delay:
            faults.delay = Micros(amount);
            break;
        case HappeningKind::store_fail:
            faults.fail_next = unsigned(amount);
            break;
        case HappeningKind::store_unknown:
            faults.unknown_next = unsigned(amount);
            break;
        default:
            faults.read_only = amount != 0;
            break;
    }
    judge_->store_changed();
}

void World::ask_for_switchover(const Happening& happening) {
    if (!manager_ || !manager_->has_started()) {
        return;
    }
    std::optional<Endpoint> designated;
    if (happening.a == some_replica) {
        designated = fleet_.at(servers_meant(happening).front()).endpoint();
    }
    const Endpoint primary = fleet_.at(judge_->primary()).endpoint();
    const auto cluster = manager_->service().discovery().topology()->cluster(primary);
    if (cluster == nullptr) {
        return;
    }
    trace_.add([&] { return "  in cluster " + cluster->name.text() + (designated ? " to " + designated->text() : ""); }
    );
    if (happening.kind == HappeningKind::forced_recovery) {
        judge_->forced(agenda_.now());
        manager_->force_recovery(primary, designated);
        return;
    }
    judge_->switchover_asked();
    manager_->ask_for_switchover(cluster->name, designated);
}

// Whoever repairs things has come. A primary that was killed in a story of one death stays dead.
void World::heal() {
    trace_.add([] { return std::string("* all faults are over"); });
    has_healed_ = true;
    network_.restore_all();
    network_.set_slowness(1);
    disk_->faults = {};
    judge_->store_changed();
    for (int i = 0; i < fleet_.size(); ++i) {
        SimServer& server = fleet_.at(i);
        const Process before = server.process;
        if (scenario_.profile != Profile::kill) {
            fleet_.start(server);
        }
        fleet_.thaw(server);
        server.applier_will_fail = false;
        fleet_.set_apply_cost(server, server.options().apply_cost);
        if (server.channel && server.channel->applier_errno != 0 && server.is_running()) {
            fleet_.start_applier(server);
        }
        if (before != server.process) {
            judge_->process_changed(server);
        }
    }
}

// ---- the run ----

void World::tick() {
    judge_->look();
    agenda_.in(tick_every, [this] { tick(); });
}

bool World::has_settled() {
    // Some stories go on for a while, to see what comes late.
    const Micros least = scenario_.seed % 4 == 0 ? settled_late : settled_early;
    return agenda_.now() >= beginning_ + scenario_.faults_end + least && judge_->is_whole();
}

// An attempt that has just begun is let through: its hooks may take their time.
void World::finish_what_runs(Instant end) {
    while (!disk_->intent.progress.empty() && agenda_.step(end)) {
        run_manager();
    }
}

Verdict World::run() {
    trace_.add([&] { return scenario_.text(); });
    build();
    run_manager();
    const Instant end = beginning_ + scenario_.faults_end + scenario_.quiet;
    Instant look_again = beginning_ + scenario_.faults_end + settled_early;
    while (agenda_.step(end)) {
        run_manager();
        if (has_healed_ && agenda_.now() >= look_again) {
            look_again = agenda_.now() + Seconds(1);
            if (has_settled()) {
                break;
            }
        }
    }
    finish_what_runs(end + longest_attempt);
    judge_->finish();
    Verdict verdict;
    verdict.violations = judge_->violations();
    verdict.tally = judge_->tally();
    verdict.trace = trace_.lines();
    verdict.events = agenda_.happened();
    verdict.primary = fleet_.at(judge_->primary()).endpoint();
    verdict.last_reason = judge_->last_reason();
    return verdict;
}

std::string Verdict::text() const {
    std::string out;
    for (const auto& violation : violations) {
        out += stamp(violation.at) + "  " + violation.rule + ": " + violation.what + "\n";
    }
    return out;
}

Verdict run_story(const Scenario& scenario, const GatewayWrap& wrap) {
    WorldOptions options;
    options.wrap = wrap;
    Verdict verdict = World(scenario, options).run();
    if (!verdict.is_clean()) {
        options.is_traced = true;
        verdict = World(scenario, options).run();
    }
    return verdict;
}

}  // namespace orc::simulation
