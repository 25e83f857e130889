// Commands in process: the real loops on simulated time, scripted servers, a store in memory. For tests only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command_table.h"
#include "discovery/names/host_names.h"
#include "discovery/testing/builders.h"
#include "discovery/testing/fake_gateway.h"
#include "ledger/single_node.h"
#include "recovery/testing/no_hooks.h"
#include "runtime/simulated.h"
#include "runtime/task_group.h"
#include "store/memory_store.h"

namespace orc::cli::testing {

class Names final : public discovery::HostNames {
public:
    Task<std::string> canonical(std::string host, Deadline /*deadline*/) override { co_return known(host); }
    Task<discovery::HostIps> addresses(std::string host, Deadline /*deadline*/) override {
        CO_TRY(std::string found, known(host));
        discovery::HostIps out;
        out.v4 = std::move(found);
        co_return out;
    }
    std::map<std::string, std::string> answers;

private:
    Result<std::string> known(const std::string& host) const {
        const auto found = answers.find(host);
        return found == answers.end() ? fail(ErrorCode::unreachable, "no such host: " + host)
                                      : Result<std::string>(found->second);
    }
};

class Bench {
public:
    explicit Bench(config::Settings given = {})
        : settings(std::move(given)),
          ledger(*store, clock, node.token, node.host, io.get_executor()),
          discovery({gateway, *store, ledger, clock, rng, io.get_executor(), &ledger, &names}, settings),
          recovery({gateway, *store, ledger, ledger, hooks, clock, rng, discovery, io.get_executor()}, settings, node),
          use_cases(
              {discovery, recovery, ledger, ledger, *store, gateway, clock, rng, io.get_executor()},
              settings,
              node,
              "4.0-test",
              "cli"
          ) {}
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    ~Bench() {
        tasks.spawn(end(*this));
        clock.run_for(Seconds(5));
    }

    discovery::testing::FakeServer& add(const std::string& name, model::Facts facts) {
        auto server = std::make_shared<discovery::testing::FakeServer>();
        server->facts = std::move(facts);
        return *(gateway.servers[discovery::testing::ep(name)] = std::move(server));
    }
    /// Starts the loops and reads the servers.
    void start(const std::vector<std::string>& seeds) {
        tasks.spawn(begin(*this, seeds));
        clock.run_for(Seconds(3));
    }
    /// As given on a command line, on this machine.
    Printed run(const std::vector<std::string>& arguments, const std::string& local_host = "db1.example") {
        auto flags = parse_flags(arguments);
        if (!flags) {
            return {"", flags.error().message, 2};
        }
        Printed out;
        out.error = "the command did not end";
        tasks.spawn(run_into(use_cases, *std::move(flags), local_host, out));
        clock.run_for(Seconds(3));
        return out;
    }

    asio::io_context io;
    runtime::SimulatedClock clock{io};
    runtime::SeededRng rng{7};
    discovery::testing::FakeGateway gateway{clock};
    recovery::testing::NoHooks hooks;
    Names names;
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    std::unique_ptr<store::Store> store = store::make_memory_store(disk, clock);
    config::Settings settings;
    recovery::Node node{"orc1", NodeToken("token-of-orc1")};
    ledger::SingleNode ledger;
    discovery::DiscoveryLoop discovery;
    recovery::RecoveryLoop recovery;
    api::UseCases use_cases;
    runtime::TaskGroup tasks{io.get_executor()};

private:
    static Co<void> begin(Bench& bench, std::vector<std::string> seeds) {
        const auto led = co_await bench.ledger.start();
        ENSURE(led.has_value(), "the store in memory opens");
        const auto watching = co_await bench.discovery.start();
        ENSURE(watching.has_value(), "the loop starts");
        const auto reacting = co_await bench.recovery.start();
        ENSURE(reacting.has_value(), "the loop starts");
        for (const auto& seed : seeds) {
            const auto found = co_await bench.use_cases.discover(discovery::testing::ep(seed));
            ENSURE(found.has_value(), "the seed answers");
        }
    }
    static Co<void> end(Bench& bench) {
        co_await bench.recovery.stop();
        co_await bench.discovery.stop();
        co_await bench.ledger.stop();
        co_await bench.store->close();
    }
    static Co<void> run_into(api::UseCases& use_cases, Flags flags, std::string local_host, Printed& out) {
        out = co_await cli::run(use_cases, std::move(flags), std::move(local_host), "alice");
    }
};

}  // namespace orc::cli::testing
