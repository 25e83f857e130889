// What analysis costs after every probe: one cluster of many replicas, healthy or with its primary just dead.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>

#include "analysis/analysis.h"

namespace orc::analysis {
namespace {

constexpr Instant now{std::chrono::seconds(1000)};

model::Channel channel(const Endpoint& source, bool is_connecting) {
    model::Channel out;
    out.source = source;
    out.receiver = is_connecting ? model::ThreadState::other : model::ThreadState::running;
    out.applier = model::ThreadState::running;
    out.receiver_errno = is_connecting ? 2003 : 0;
    out.receiver_error = is_connecting ? "error connecting to source 'replicator@db-0000.shop.example:3306'" : "";
    out.gtid_use = model::GtidUse::auto_position;
    out.lag = Seconds{0};
    out.heartbeat_period = std::chrono::seconds(1);
    return out;
}

model::ServerPtr server(std::size_t number, bool is_primary_dead) {
    auto facts = std::make_shared<model::Facts>();
    facts->version = model::Version::parse("8.0.36", "MySQL Community Server - GPL");
    facts->log_bin = facts->log_replica_updates = true;
    facts->binlog_format = "ROW";
    facts->gtid_mode = "ON";
    auto out = std::make_shared<model::Server>();
    out->endpoint = {fmt::format("db-{:04}.shop.example", number), 3306};
    out->check.seen = out->check.completed = out->check.attempted = now - std::chrono::milliseconds(10);
    out->stream.moved = out->stream.looked = out->check.seen;
    if (number > 0) {
        facts->channels = {channel({"db-0000.shop.example", 3306}, is_primary_dead)};
        facts->read_only = true;
        out->depth = 1;
    } else if (is_primary_dead) {
        out->check.failures = 1;
        out->check.failing_since = now - std::chrono::milliseconds(30);
        out->check.seen = now - std::chrono::milliseconds(400);
        out->check.error = Error{ErrorCode::unreachable, "connection refused", 2003};
    }
    out->facts = std::move(facts);
    return out;
}

model::Cluster cluster(std::size_t size, bool is_primary_dead) {
    model::Cluster out;
    out.name = ClusterName("db-0000.shop.example:3306");
    out.alias = "shop";
    for (std::size_t i = 0; i < size; ++i) {
        out.servers.push_back(server(i, is_primary_dead));
    }
    return out;
}

Policy policy() {
    config::Settings settings;
    settings.recover_master_cluster_filters = {"*"};
    return Policy(settings);
}

void analyse_cluster(benchmark::State& state, bool is_primary_dead) {
    const model::Cluster subject = cluster(std::size_t(state.range(0)), is_primary_dead);
    const Policy rules = policy();
    for (auto _ : state) {
        benchmark::DoNotOptimize(analyse(subject, rules, now));
    }
}

void judge_cluster(benchmark::State& state, bool is_primary_dead) {
    const model::Cluster subject = cluster(std::size_t(state.range(0)), is_primary_dead);
    const Policy rules = policy();
    for (auto _ : state) {
        benchmark::DoNotOptimize(judge(subject, rules, now));
    }
}

BENCHMARK_CAPTURE(analyse_cluster, healthy, false)->Arg(4)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(analyse_cluster, dead_primary, true)->Arg(4)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(judge_cluster, healthy, false)->Arg(100)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(judge_cluster, dead_primary, true)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace orc::analysis

BENCHMARK_MAIN();
