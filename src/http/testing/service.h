// The whole service behind the HTTP skin, with the real loops on a thread of their own, scripted servers and a store in
// memory.
#pragma once

#include <memory>

#include "api/use_cases.h"
#include "discovery/testing/builders.h"
#include "discovery/testing/fake_gateway.h"
#include "http/server.h"
#include "http/testing/client.h"
#include "http/testing/loop_thread.h"
#include "ledger/single_node.h"
#include "recovery/testing/no_hooks.h"
#include "store/memory_store.h"

namespace orc::http::testing_support {

inline config::Settings test_settings() {
    config::Settings out;
    out.listen_address = "127.0.0.1:0";
    out.backend_db = "sqlite";
    out.instance_poll_seconds = 1;
    return out;
}

class Service {
public:
    explicit Service(config::Settings given = test_settings())
        : settings(std::move(given)),
          gateway(clock),
          store(store::make_memory_store(std::make_shared<store::MemoryDisk>(), clock)),
          node{"orc1", NodeToken("token-of-orc1")},
          ledger(*store, clock, node.token, node.host, control.executor()),
          discovery({gateway, *store, ledger, clock, rng, control.executor()}, settings),
          recovery({gateway, *store, ledger, ledger, hooks, clock, rng, discovery, control.executor()}, settings, node),
          use_cases(
              {discovery, recovery, ledger, ledger, *store, gateway, clock, rng, control.executor()},
              settings,
              node,
              "4.0-test",
              "http"
          ) {
        for (const std::string name : {"db1", "db2", "db3"}) {
            auto fake = std::make_shared<discovery::testing::FakeServer>();
            fake->facts = name == "db1" ? discovery::testing::primary("db1:3306")
                                        : discovery::testing::replica(name + ":3306", "db1:3306");
            gateway.servers[Endpoint{name, 3306}] = std::move(fake);
        }
        gateway.at(Endpoint{"db1", 3306}).facts.registered_replicas = {{"db2", 3306}, {"db3", 3306}};
        control.start();
        const auto started = control.run(begin());
        EXPECT_TRUE(started.has_value()) << started.error().message;
        auto made = Server::start(settings, use_cases);
        EXPECT_TRUE(made.has_value()) << made.error().message;
        server = *std::move(made);
    }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service() { control.run(end()); }

    Client client() const { return Client(server->port()); }
    /// Discovers db1 and waits until its replicas are known.
    void discover_all() {
        Client it = client();
        const auto answer = it.get("/api/discover/db1/3306");
        EXPECT_EQ(answer.status, 200) << answer.body;
        for (int tries = 0; tries < 10'000 && use_cases.topology()->members->size() < 3; ++tries) {
            it.get("/api/clusters");
        }
        EXPECT_EQ(use_cases.topology()->members->size(), 3U);
    }

    config::Settings settings;
    runtime::SystemClock clock;
    runtime::SystemRng rng;
    LoopThread control;
    discovery::testing::FakeGateway gateway;
    recovery::testing::NoHooks hooks;
    std::unique_ptr<store::Store> store;
    recovery::Node node;
    ledger::SingleNode ledger;
    discovery::DiscoveryLoop discovery;
    recovery::RecoveryLoop recovery;
    api::UseCases use_cases;
    std::unique_ptr<Server> server;

private:
    Task<void> begin() {
        CO_TRY(co_await ledger.start());
        CO_TRY(co_await discovery.start());
        CO_TRY(co_await recovery.start());
        co_return Result<void>{};
    }
    Co<void> end() {
        if (server != nullptr) {
            co_await server->stop();
        }
        co_await recovery.stop();
        co_await discovery.stop();
        co_await ledger.stop();
        co_await store->close();
    }
};

}  // namespace orc::http::testing_support
