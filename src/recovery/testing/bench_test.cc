#include "recovery/testing/bench_test.h"

namespace orc::recovery {

Task<HookResult> FakeHooks::run(HookCall call, Deadline deadline) {
    if (before) {
        before(call);
    }
    calls.push_back(call);
    const auto span = takes.find(call.list);
    if (span != takes.end()) {
        const Instant ends = clock_.now() + span->second;
        co_await clock_.sleep_until(std::min(ends, deadline.at));
        if (ends > deadline.at) {
            co_return fail(ErrorCode::timed_out, "killed");
        }
    }
    HookResult out;
    const auto code = exit_codes.find(call.list);
    out.exit_code = code == exit_codes.end() ? 0 : code->second;
    co_return out;
}

std::vector<std::string> FakeHooks::lists() const {
    std::vector<std::string> out;
    for (const auto& call : calls) {
        out.push_back(call.list);
    }
    return out;
}

Process::Process(Bench& bench, std::string token)
    : store(store::make_memory_store(bench.disk, bench.clock)),
      ledger(*store, bench.clock, NodeToken(token), "node1", bench.io.get_executor()) {
    discovery::Seams seen{
        bench.world, *store, ledger, bench.clock, bench.rng, bench.io.get_executor(), nullptr, nullptr
    };
    discovery = std::make_unique<discovery::DiscoveryLoop>(seen, bench.settings);
    Seams seams{
        bench.world, *store, ledger, ledger, bench.hooks, bench.clock, bench.rng, *discovery, bench.io.get_executor()
    };
    struct Borrowed final : Eyes {
        explicit Borrowed(World& w) : world(w) {}
        model::TopologyPtr topology() const override { return world.topology(); }
        model::ClusterPtr cluster_now(const Endpoint& server) const override { return world.cluster_now(server); }
        Co<void> refresh(std::vector<Endpoint> servers, Deadline deadline) override {
            return world.refresh(std::move(servers), deadline);
        }
        void suspect(const Endpoint& server, std::string why) override { world.suspect(server, std::move(why)); }
        void on_cluster_changed(std::function<void(model::ClusterPtr)> listener) override {
            world.on_cluster_changed(std::move(listener));
        }
        World& world;
    };
    loop = std::make_unique<RecoveryLoop>(
        seams, std::make_unique<Borrowed>(bench.world), bench.settings, Node{"node1", NodeToken(token)}
    );
    loop->on_event([&bench](const Event& event) {
        bench.events.push_back(event);
        if (bench.on_event) {
            bench.on_event(event);
        }
    });
}

Bench::Bench() : clock(io), rng(7), world(clock, io.get_executor()), hooks(clock), group(io.get_executor()) {
    settings.recover_master_cluster_filters = {"*"};
    settings.recover_intermediate_master_cluster_filters = {"*"};
    settings.replication_credentials_query = "SELECT user, password FROM meta.replication_account";
}

Bench::~Bench() {
    kill();
    const auto stop = [](World& w) -> Co<void> { co_await w.stop(); };
    group.spawn(stop(world));
    // A ledger that was stopped in the middle of a write still waits out its patience with the disk.
    clock.run_for(ledger::SingleNode::patience + Seconds(2));
}

void Bench::star(int servers, bool mariadb) {
    world.add("db1", std::nullopt, mariadb);
    for (int i = 2; i <= servers; ++i) {
        world.add("db" + std::to_string(i), "db1", mariadb);
    }
}

void Bench::write(int times) {
    for (int i = 0; i < times; ++i) {
        ASSERT_TRUE(world.write("db1"));
    }
}

void Bench::start() {
    process = std::make_unique<Process>(*this, "token" + std::to_string(++started));
    world.use_ledger(&process->ledger);
    if (started == 1) {
        world.see_everything();
        clock.run_for(Millis(10));
        world.poll_every(Seconds(1));
    }
    const auto begin = [](Process& p) -> Co<void> {
        EXPECT_TRUE(co_await p.ledger.start());
        EXPECT_TRUE(co_await p.loop->start());
    };
    group.spawn(begin(*process));
    clock.run_for(Millis(5));
}

void Bench::kill() {
    if (!process) {
        return;
    }
    const auto stop = [](Process& p) -> Co<void> {
        co_await p.loop->stop();
        co_await p.ledger.stop();
    };
    group.spawn(stop(*process));
    clock.run_ready();
    // Listeners that the world still knows find the loop gone; everything else of it is kept until the end.
    process->loop.reset();
    corpses.push_back(std::move(process));
}

void Bench::settle(Micros span) {
    const Instant end = clock.now() + span;
    // A poll must see it first.
    for (const Instant seen = clock.now() + Seconds(5); clock.now() < seen && process->loop->running().empty();) {
        clock.run_for(Micros(500));
    }
    while (clock.now() < end && !process->loop->running().empty()) {
        clock.run_for(Millis(10));
    }
    clock.run_for(Millis(100));
}

const model::Intent& Bench::intent() { return *process->ledger.intent(); }

std::string Bench::primary() const {
    const auto open = world.writable();
    return open.size() == 1 ? open.front() : "nobody or several";
}

std::vector<model::RecoveryRecord> Bench::records() const {
    std::vector<model::RecoveryRecord> out;
    for (const auto& [id, record] : disk->recoveries) {
        out.push_back(record);
    }
    return out;
}

std::vector<std::string> Bench::steps() const {
    std::vector<std::string> out;
    for (const auto& step : disk->steps) {
        out.push_back(step.message);
    }
    return out;
}

std::string Bench::all_steps() const {
    std::string out;
    for (const auto& step : disk->steps) {
        out += "  " + rfc3339(step.at).substr(11, 12) + " " + step.message + "\n";
    }
    return out;
}

namespace {

Co<void> ask_takeover(
    RecoveryLoop& loop, TakeoverRequest request, std::shared_ptr<std::optional<Result<Outcome>>> out
) {
    *out = co_await loop.take_over(std::move(request));
}

Co<void> ask_recovery(RecoveryLoop& loop, RecoverRequest request, std::shared_ptr<std::optional<Result<Outcome>>> out) {
    *out = co_await loop.recover(std::move(request));
}

}  // namespace

Result<Outcome> Bench::take_over(TakeoverRequest request, Micros span) {
    auto out = std::make_shared<std::optional<Result<Outcome>>>();
    group.spawn(ask_takeover(*process->loop, std::move(request), out));
    for (const Instant end = clock.now() + span; clock.now() < end && !*out;) {
        clock.run_for(Millis(5));
    }
    return *out ? **out : fail(ErrorCode::timed_out, "the test gave up waiting");
}

Result<Outcome> Bench::recover(RecoverRequest request, Micros span) {
    auto out = std::make_shared<std::optional<Result<Outcome>>>();
    group.spawn(ask_recovery(*process->loop, std::move(request), out));
    for (const Instant end = clock.now() + span; clock.now() < end && !*out;) {
        clock.run_for(Millis(5));
    }
    return *out ? **out : fail(ErrorCode::timed_out, "the test gave up waiting");
}

}  // namespace orc::recovery
