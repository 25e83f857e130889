#include "mysql/real_gateway.h"

#include <unordered_map>

#include "mysql/probe.h"
#include "mysql/server_link.h"
#include "mysql/site_questions.h"
#include "mysql/writes.h"

namespace orc::mysql {
namespace {

using Link = std::shared_ptr<ServerLink>;

Task<model::Facts> probe_in_turn(Link link, Deadline deadline) {
    model::Facts facts;
    {
        CO_TRY(const auto turn, co_await link->turn().take(deadline));
        CO_TRY(facts, co_await probe_server(link, deadline));
    }
    co_return co_await ask_site(link, std::move(facts), deadline);
}

Task<Pulse> pulse_in_turn(Link link, Deadline deadline) {
    auto& clock = link->context().clock;
    const auto begun = clock.now();
    if (!link->has_kept()) {
        co_return fail(ErrorCode::not_found, link->server().text() + ": no open session");
    }
    CO_TRY(const auto turn, co_await link->turn().take(deadline));
    const auto session = link->kept();
    if (!session) {
        co_return fail(ErrorCode::unreachable, link->server().text() + ": the session has ended");
    }
    auto answered = co_await session->ping(deadline);
    if (!answered) {
        if (link->kept() == session && !session->is_open()) {
            link->drop_kept();
        }
        co_return tl::unexpected<Error>(std::move(answered).error());
    }
    Pulse pulse;
    pulse.latency = clock.now() - begun;
    pulse.session_was_open = true;
    co_return pulse;
}

Task<void> knock_once(Link link, Deadline deadline) {
    if (link->context().is_stopping) {
        co_return fail(ErrorCode::cancelled, "stopping");
    }
    const auto session = link->context().dialer.make(link->server(), link->context().options.access);
    CO_TRY(co_await session->open(deadline));
    session->close();
    co_return Result<void>{};
}

class SessionGateway final : public RealGateway {
public:
    SessionGateway(GatewayOptions options, Dialer& dialer, runtime::Clock& clock, Executor executor)
        : context_(std::make_shared<LinkContext>(std::move(options), dialer, clock, executor)) {}

    Task<model::Facts> probe(Endpoint server, Deadline d) override { return probe_in_turn(link(server), d); }
    Task<Pulse> pulse(Endpoint server, Deadline d) override { return pulse_in_turn(link(server), d); }
    Task<void> knock(Endpoint server, Deadline d) override { return knock_once(link(server), d); }
    Task<Positions> positions(Endpoint server, Deadline d) override { return read_positions(link(server), d); }
    Task<std::vector<BinaryLog>> binary_logs(Endpoint server, Deadline d) override {
        return read_binary_logs(link(server), d);
    }
    Task<Credentials> replication_credentials(Endpoint server, Deadline d) override {
        return read_credentials(link(server), d);
    }

    Task<void> set_read_only(Endpoint server, ReadOnlyChange change, Deadline d) override {
        return write_read_only(link(server), change, limited(d));
    }
    Task<void> stop_receiver(Endpoint server, std::string channel, Deadline d) override {
        return stop_threads(link(server), Threads::receiver, std::move(channel), limited(d));
    }
    Task<void> start_receiver(Endpoint server, std::string channel, Deadline d) override {
        return start_threads(link(server), Threads::receiver, std::move(channel), limited(d));
    }
    Task<void> restart_receiver(Endpoint server, std::string channel, Deadline d) override {
        return mysql::restart_receiver(link(server), std::move(channel), limited(d));
    }
    Task<void> start_applier(Endpoint server, std::string channel, Deadline d) override {
        return start_threads(link(server), Threads::applier, std::move(channel), limited(d));
    }
    Task<void> stop_replication(Endpoint server, std::string channel, Deadline d) override {
        return stop_threads(link(server), Threads::both, std::move(channel), limited(d));
    }
    Task<void> start_replication(Endpoint server, std::string channel, Deadline d) override {
        return start_threads(link(server), Threads::both, std::move(channel), limited(d));
    }
    Task<void> change_source(Endpoint server, SourceChange change, Deadline d) override {
        return write_source(link(server), std::move(change), limited(d));
    }
    Task<void> reset_replication(Endpoint server, std::string channel, bool discard, Deadline d) override {
        return write_reset(link(server), std::move(channel), discard, limited(d));
    }
    Task<void> wait_until_applied(Endpoint server, gtid::Progress target, Deadline d) override {
        return wait_applied(link(server), std::move(target), limited(d));
    }
    Task<void> set_semi_sync_source(Endpoint server, bool enabled, Deadline d) override {
        return write_semi_sync(link(server), SemiSyncRole::source, enabled, limited(d));
    }
    Task<void> set_semi_sync_replica(Endpoint server, bool enabled, Deadline d) override {
        return write_semi_sync(link(server), SemiSyncRole::replica, enabled, limited(d));
    }

    void adopt(GatewayOptions options) override {
        context_->generation += options.access == context_->options.access ? 0 : 1;
        context_->options = std::move(options);
    }

    void on_session_broken(std::function<void(Endpoint)> listener) override {
        context_->on_broken = std::move(listener);
    }
    void want_all(const Endpoint& server) override {
        auto& memory = link(server)->memory();
        memory.wants_all = true;
        memory.unavailable.clear();
    }
    void expect_tls(const Endpoint& server) override { context_->dialer.expect_tls(server); }
    void forget(Endpoint server) override {
        if (const auto known = links_.find(server); known != links_.end()) {
            known->second->close();
            links_.erase(known);
        }
    }
    Co<void> stop() override {
        context_->is_stopping = true;
        for (auto& [server, known] : links_) {
            known->close();
        }
        return context_->tasks.stop();
    }

private:
    Deadline limited(Deadline deadline) const {
        const Micros limit = context_->options.write_limit;
        return limit > Micros{0} ? earlier(deadline, context_->clock.deadline_in(limit)) : deadline;
    }
    Link link(const Endpoint& server) {
        auto& known = links_[server];
        if (!known) {
            known = std::make_shared<ServerLink>(context_, server);
        }
        return known;
    }

    std::unordered_map<Endpoint, Link> links_;
    std::shared_ptr<LinkContext> context_;
};

}  // namespace

std::unique_ptr<RealGateway> make_gateway(
    GatewayOptions options, Dialer& dialer, runtime::Clock& clock, Executor executor
) {
    return std::make_unique<SessionGateway>(std::move(options), dialer, clock, executor);
}

}  // namespace orc::mysql
