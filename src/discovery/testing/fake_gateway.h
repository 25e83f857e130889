// Servers that are scripted by a test, behind the Gateway's face: they answer, refuse, hang, know each other. For tests
// only; the simulator has servers that really replicate.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mysql/gateway.h"
#include "runtime/clock.h"

namespace orc::discovery::testing {

enum class Mood {
    well,
    refusing,  ///< no process: refused at once
    silent,    ///< no answer at all until the deadline
    frozen,    ///< like silent, on every session
    stuck      ///< the kept-open session hangs, fresh ones work
};

struct FakeServer {
    model::Facts facts;
    std::vector<mysql::BinaryLog> logs;
    Mood mood = Mood::well;
    Micros latency = Millis(1);
    bool has_session = false;
    unsigned probes = 0;
    unsigned pulses = 0;
    unsigned knocks = 0;
    unsigned in_flight = 0;
    unsigned in_flight_most = 0;
    std::vector<Instant> begun;
};

class FakeGateway final : public mysql::Gateway {
public:
    explicit FakeGateway(runtime::Clock& clock) : clock_(clock) {}

    /// Servers by the address at which they are reached; one server may be reached by several.
    std::map<Endpoint, std::shared_ptr<FakeServer>> servers;
    std::set<Endpoint> forgotten;
    std::vector<Endpoint> expected_tls;
    std::vector<Endpoint> wanted_all;

    FakeServer& at(const Endpoint& endpoint) { return *servers.at(endpoint); }
    void break_session(const Endpoint& endpoint) {
        at(endpoint).has_session = false;
        for (const auto& listener : listeners_) {
            listener(endpoint);
        }
    }

    Task<model::Facts> probe(Endpoint server, Deadline deadline) override {
        const auto found = servers.find(server);
        if (found == servers.end()) {
            co_return fail(ErrorCode::unreachable, "no such host: " + server.host);
        }
        const auto fake = found->second;
        ++fake->probes;
        fake->begun.push_back(clock_.now());
        ++fake->in_flight;
        fake->in_flight_most = std::max(fake->in_flight_most, fake->in_flight);
        const Result<void> answer = co_await answer_after(fake, deadline, fake->has_session);
        --fake->in_flight;
        if (!answer) {
            fake->has_session = false;
            co_return tl::unexpected<Error>(answer.error());
        }
        fake->has_session = true;
        co_return fake->facts;
    }

    Task<mysql::Pulse> pulse(Endpoint server, Deadline deadline) override {
        const auto fake = servers.at(server);
        ++fake->pulses;
        if (!fake->has_session) {
            co_return fail(ErrorCode::not_found, "no session");
        }
        const Result<void> answer = co_await answer_after(fake, deadline, true);
        if (!answer) {
            co_return tl::unexpected<Error>(answer.error());
        }
        co_return mysql::Pulse{};
    }

    Task<void> knock(Endpoint server, Deadline deadline) override {
        const auto found = servers.find(server);
        if (found == servers.end()) {
            co_return fail(ErrorCode::unreachable, "no such host: " + server.host);
        }
        const auto fake = found->second;
        ++fake->knocks;
        co_return co_await answer_after(fake, deadline, false);
    }

    Task<std::vector<mysql::BinaryLog>> binary_logs(Endpoint server, Deadline) override {
        co_return servers.at(server)->logs;
    }
    Task<mysql::Positions> positions(Endpoint, Deadline) override { co_return not_here(); }
    Task<mysql::Credentials> replication_credentials(Endpoint, Deadline) override { co_return not_here(); }
    Task<void> set_read_only(Endpoint, mysql::ReadOnlyChange, Deadline) override { co_return not_here(); }
    Task<void> stop_receiver(Endpoint, std::string, Deadline) override { co_return not_here(); }
    Task<void> restart_receiver(Endpoint, std::string, Deadline) override { co_return not_here(); }
    Task<void> start_receiver(Endpoint, std::string, Deadline) override { co_return not_here(); }
    Task<void> start_applier(Endpoint, std::string, Deadline) override { co_return not_here(); }
    Task<void> stop_replication(Endpoint, std::string, Deadline) override { co_return not_here(); }
    Task<void> start_replication(Endpoint, std::string, Deadline) override { co_return not_here(); }
    Task<void> change_source(Endpoint, mysql::SourceChange, Deadline) override { co_return not_here(); }
    Task<void> reset_replication(Endpoint, std::string, bool, Deadline) override { co_return not_here(); }
    Task<void> wait_until_applied(Endpoint, gtid::Progress, Deadline) override { co_return not_here(); }
    Task<void> set_semi_sync_source(Endpoint, bool, Deadline) override { co_return not_here(); }
    Task<void> set_semi_sync_replica(Endpoint, bool, Deadline) override { co_return not_here(); }
    void on_session_broken(std::function<void(Endpoint)> listener) override {
        listeners_.push_back(std::move(listener));
    }
    void expect_tls(const Endpoint& server) override { expected_tls.push_back(server); }
    void want_all(const Endpoint& server) override { wanted_all.push_back(server); }
    void forget(Endpoint server) override { forgotten.insert(server); }
    Co<void> stop() override { co_return; }

private:
    static tl::unexpected<Error> not_here() { return fail(ErrorCode::refused, "discovery only reads"); }

    Task<void> answer_after(std::shared_ptr<FakeServer> fake, Deadline deadline, bool on_old_session) {
        if (fake->mood == Mood::refusing) {
            co_return fail(ErrorCode::unreachable, "connection refused");
        }
        const bool hangs =
            fake->mood == Mood::silent || fake->mood == Mood::frozen || (fake->mood == Mood::stuck && on_old_session);
        const Instant answer_at = clock_.now() + fake->latency;
        if (hangs || answer_at > deadline.at) {
            co_await clock_.sleep_until(deadline.at);
            co_return fail(ErrorCode::timed_out, "no answer");
        }
        co_await clock_.sleep_until(answer_at);
        if (fake->mood == Mood::refusing) {
            co_return fail(ErrorCode::unreachable, "connection broke");
        }
        co_return Result<void>{};
    }

    runtime::Clock& clock_;
    std::vector<std::function<void(Endpoint)>> listeners_;
};

}  // namespace orc::discovery::testing
