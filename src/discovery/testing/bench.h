// A discovery loop on simulated time with scripted servers, a store in memory and a ledger of one node. For tests only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "discovery/discovery.h"
#include "discovery/testing/builders.h"
#include "discovery/testing/fake_gateway.h"
#include "ledger/twin.h"
#include "runtime/simulated.h"
#include "store/memory_store.h"

namespace orc::discovery::testing {

class Bench {
public:
    explicit Bench(config::Settings s = {}) : settings(std::move(s)) { group.elect("node"); }
    ~Bench() { stop(); }

    void add(const std::string& name, model::Facts facts) {
        auto server = std::make_shared<FakeServer>();
        server->facts = std::move(facts);
        gateway.servers[ep(name)] = std::move(server);
    }
    /// The fake server's replicas, as it reports them from now on.
    void registers(const std::string& name, const std::vector<std::string>& replicas) {
        auto& list = gateway.at(ep(name)).facts.registered_replicas;
        list.clear();
        for (const auto& replica : replicas) {
            list.push_back(ep(replica));
        }
    }
    /// a <- b, c; c <- d: every one reports its replicas.
    void add_four() {
        add("a", primary("a"));
        add("b", replica("b", "a"));
        add("c", replica("c", "a"));
        add("d", replica("d", "c"));
        registers("a", {"b", "c"});
        registers("c", {"d"});
    }
    void start() {
        loop.emplace(
            Seams{
                gateway, *store, ledger, clock, rng, io.get_executor(), with_leadership ? &ledger : nullptr, host_names
            },
            settings
        );
        loop->on_cluster_changed([this](model::ClusterPtr cluster) { announced.push_back(std::move(cluster)); });
        run(start_it(*loop));
    }
    void stop() {
        if (loop && !stopped) {
            stopped = true;
            tasks.spawn(loop->stop());
            clock.run_ready();
        }
    }
    /// Runs it to its end, at most `span` of simulated time.
    void run(Co<void> work, Micros span = Millis(1)) {
        tasks.spawn(std::move(work));
        clock.run_for(span);
    }
    FakeServer& fake(const std::string& name) { return gateway.at(ep(name)); }
    const model::Server* server(const std::string& name) { return loop->topology()->find(ep(name)); }
    /// "cluster: host/depth ..." of the published snapshot.
    std::string cluster(const std::string& name) {
        const auto found = loop->topology()->cluster(ep(name));
        if (found == nullptr) {
            return "none";
        }
        std::string out = found->name.text() + ":";
        for (const auto& member : found->servers) {
            out += " " + member->endpoint.host + "/" + std::to_string(member->depth);
        }
        return out;
    }
    std::vector<std::string> stored() {
        run(let_store_write(*this), Seconds(1));
        std::vector<std::string> out;
        for (const auto& entry : disk->servers) {
            out.push_back(entry.first.host);
        }
        return out;
    }

    asio::io_context io;
    runtime::SimulatedClock clock{io};
    runtime::SeededRng rng{7};
    FakeGateway gateway{clock};
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    std::unique_ptr<store::Store> store = store::make_memory_store(disk, clock);
    ledger::TwinGroup group;
    ledger::Twin ledger{"node", group, clock, rng};
    HostNames* host_names = nullptr;
    bool with_leadership = true;
    config::Settings settings;
    std::vector<model::ClusterPtr> announced;
    bool stopped = false;
    runtime::TaskGroup tasks{io.get_executor()};
    std::optional<DiscoveryLoop> loop;

private:
    static Co<void> start_it(DiscoveryLoop& loop) {
        const auto started = co_await loop.start();
        ENSURE(started.has_value(), "the store in memory opens");
    }
    static Co<void> let_store_write(Bench& bench) {
        const auto known = co_await bench.store->known_servers();
        ENSURE(known.has_value(), "the store in memory answers");
    }
};

/// One seed, and names that are taken as they are.
inline config::Settings seeded(const std::string& seed = "a") {
    config::Settings settings;
    settings.discovery_seeds = {seed};
    settings.mysql_hostname_resolve_method = "none";
    return settings;
}

inline Co<void> discover(Bench& bench, std::string name, Deadline deadline, Result<model::ServerPtr>& out) {
    out = co_await bench.loop->discover(ep(name), deadline);
}

inline Co<void> refresh(Bench& bench, std::vector<Endpoint> servers, Deadline deadline, std::optional<Instant>& ended) {
    co_await bench.loop->refresh(std::move(servers), deadline);
    ended = bench.clock.now();
}

}  // namespace orc::discovery::testing
