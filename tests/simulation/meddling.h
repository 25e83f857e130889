// A gateway that passes everything on: mutation tests change one thing about it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "mysql/gateway.h"

namespace orc::simulation {

class MeddlingGateway : public mysql::Gateway {
public:
    explicit MeddlingGateway(mysql::Gateway& inner) : inner_(inner) {}

    Task<model::Facts> probe(Endpoint server, Deadline deadline) override { return inner_.probe(server, deadline); }
    Task<mysql::Pulse> pulse(Endpoint server, Deadline deadline) override { return inner_.pulse(server, deadline); }
    Task<void> knock(Endpoint server, Deadline deadline) override { return inner_.knock(server, deadline); }
    Task<mysql::Positions> positions(Endpoint server, Deadline deadline) override {
        return inner_.positions(server, deadline);
    }
    Task<mysql::Credentials> replication_credentials(Endpoint server, Deadline deadline) override {
        return inner_.replication_credentials(server, deadline);
    }
    Task<void> set_read_only(Endpoint server, mysql::ReadOnlyChange change, Deadline deadline) override {
        return inner_.set_read_only(server, change, deadline);
    }
    Task<void> stop_receiver(Endpoint server, std::string channel, Deadline deadline) override {
        return inner_.stop_receiver(server, std::move(channel), deadline);
    }
    Task<void> restart_receiver(Endpoint server, std::string channel, Deadline deadline) override {
        return inner_.restart_receiver(server, std::move(channel), deadline);
    }
    Task<void> start_receiver(Endpoint server, std::string channel, Deadline deadline) override {
        return inner_.start_receiver(server, std::move(channel), deadline);
    }
    Task<void> start_applier(Endpoint server, std::string channel, Deadline deadline) override {
        return inner_.start_applier(server, std::move(channel), deadline);
    }
    Task<void> stop_replication(Endpoint server, std::string channel, Deadline deadline) override {
        return inner_.stop_replication(server, std::move(channel), deadline);
    }
    Task<void> start_replication(Endpoint server, std::string channel, Deadline deadline) override {
        return inner_.start_replication(server, std::move(channel), deadline);
    }
    Task<void> change_source(Endpoint server, mysql::SourceChange change, Deadline deadline) override {
        return inner_.change_source(server, std::move(change), deadline);
    }
    Task<void> reset_replication(Endpoint server, std::string channel, bool discard, Deadline deadline) override {
        return inner_.reset_replication(server, std::move(channel), discard, deadline);
    }
    Task<void> wait_until_applied(Endpoint server, gtid::Progress target, Deadline deadline) override {
        return inner_.wait_until_applied(server, std::move(target), deadline);
    }
    Task<void> set_semi_sync_source(Endpoint server, bool enabled, Deadline deadline) override {
        return inner_.set_semi_sync_source(server, enabled, deadline);
    }
    Task<void> set_semi_sync_replica(Endpoint server, bool enabled, Deadline deadline) override {
        return inner_.set_semi_sync_replica(server, enabled, deadline);
    }
    void on_session_broken(std::function<void(Endpoint)> listener) override {
        inner_.on_session_broken(std::move(listener));
    }
    void forget(Endpoint server) override { inner_.forget(server); }
    Co<void> stop() override { return inner_.stop(); }

protected:
    mysql::Gateway& inner_;
};

}  // namespace orc::simulation
