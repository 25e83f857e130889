#include "sim_gateway.h"

#include <algorithm>
#include <utility>

namespace orc::simulation {
namespace {

constexpr Micros retransmission = Millis(50);

}  // namespace

std::string_view name(StatementKind kind) {
    switch (kind) {
        case StatementKind::set_read_only:
            return "set read_only";
        case StatementKind::stop_receiver:
            return "stop receiver";
        case StatementKind::start_receiver:
            return "start receiver";
        case StatementKind::restart_receiver:
            return "restart receiver";
        case StatementKind::start_applier:
            return "start applier";
        case StatementKind::stop_replication:
            return "stop replication";
        case StatementKind::start_replication:
            return "start replication";
        case StatementKind::change_source:
            return "change source";
        case StatementKind::reset_replication:
            return "reset replication";
        case StatementKind::semi_sync_source:
            return "semi-sync source";
        case StatementKind::semi_sync_replica:
            return "semi-sync replica";
    }
    return "?";
}

std::string Statement::text() const {
    std::string out(name(kind));
    switch (kind) {
        case StatementKind::set_read_only:
            return out + (read_only.read_only ? " on" : " off");
        case StatementKind::change_source:
            return out + " to " + source.source.text();
        case StatementKind::reset_replication:
            return out + (flag ? " discarding what is not applied" : "");
        case StatementKind::semi_sync_source:
        case StatementKind::semi_sync_replica:
            return out + (flag ? " on" : " off");
        default:
            return out;
    }
}

SimGateway::SimGateway(Fleet& fleet, SimLoop& loop, runtime::Rng& rng, StatementWatch& watch)
    : fleet_(fleet), loop_(loop), rng_(rng), watch_(watch), is_alive_(std::make_shared<bool>(true)) {}
SimGateway::~SimGateway() { *is_alive_ = false; }

// ---- the life of one call ----

std::shared_ptr<SimGateway::Call> SimGateway::make(SimServer& server, Lane lane, Deadline deadline, Effect effect) {
    auto call = std::make_shared<Call>();
    call->server = &server;
    call->lane = lane;
    call->deadline = deadline;
    call->effect = std::move(effect);
    call->wait = loop_.new_wait();
    call->begun = fleet_.agenda().now();
    call->survives_manager = rng_.one_in(2);
    return call;
}

Task<void> SimGateway::run(std::shared_ptr<Call> call) {
    if (is_stopped_) {
        co_return fail(ErrorCode::cancelled, "stopping");
    }
    open_calls_[call->server->number()].push_back(call);
    fleet_.agenda().at(call->deadline.at, [this, alive = is_alive_, call] {
        if (*alive) {
            ends(call, fail(ErrorCode::timed_out, call->server->endpoint().text() + ": no answer in time"));
        }
    });
    const Session& there = session(*call);
    if (there.is_open && call->lane != Lane::fresh) {
        call->incarnation = there.incarnation;
        send(call);
    } else {
        connect(call);
    }
    co_await loop_.wait(call->wait);
    ends(call, fail(ErrorCode::cancelled, "cancelled"));
    co_return call->result;
}

SimGateway::Session& SimGateway::session(const Call& call) {
    return (call.lane == Lane::kept ? kept_ : work_)[call.server->number()];
}

Micros SimGateway::latency(const Call& call) { return fleet_.network().latency(manager_node, call.server->number()); }

void SimGateway::later(
    const std::shared_ptr<Call>& call, Micros span, void (SimGateway::*what)(const std::shared_ptr<Call>&)
) {
    fleet_.agenda().in(span, [this, alive = is_alive_, call, what] {
        if (*alive) {
            (this->*what)(call);
        }
    });
}

void SimGateway::connect(const std::shared_ptr<Call>& call) { later(call, latency(*call), &SimGateway::knock_arrives); }

void SimGateway::knock_arrives(const std::shared_ptr<Call>& call) {
    if (call->has_ended || is_dead_) {
        return;
    }
    SimServer& server = *call->server;
    const Wire wire = fleet_.network().wire(manager_node, server.number());
    if (wire == Wire::silent || server.process == Process::vanished) {
        later(call, 4 * retransmission, &SimGateway::knock_arrives);
    } else if (wire == Wire::refusing || server.process == Process::dead) {
        answers(call, fail(ErrorCode::unreachable, server.endpoint().text() + ": connection refused"));
    } else if (server.process == Process::frozen) {
        at_frozen_[server.number()].push_back(call);
    } else {
        call->incarnation = server.incarnation;
        // The rest of the handshake, and the first round trip of a session.
        later(call, 4 * latency(*call), &SimGateway::send);
    }
}

void SimGateway::send(const std::shared_ptr<Call>& call) {
    if (call->has_ended || is_dead_) {
        return;
    }
    if (call->lane != Lane::fresh) {
        session(*call) = {true, call->incarnation};
    }
    call->is_sent = true;
    later(call, latency(*call), &SimGateway::arrives);
}

void SimGateway::arrives(const std::shared_ptr<Call>& call) {
    const bool is_lost = is_dead_ ? !call->survives_manager || !call->is_write : call->has_ended;
    if (is_lost) {
        return;
    }
    SimServer& server = *call->server;
    const Wire wire = fleet_.network().wire(manager_node, server.number());
    if (wire == Wire::silent || server.process == Process::vanished) {
        later(call, retransmission, &SimGateway::arrives);
        return;
    }
    if (wire == Wire::refusing || server.incarnation != call->incarnation) {
        answers(call, fail(ErrorCode::unreachable, server.endpoint().text() + ": the connection was reset"));
        return;
    }
    if (server.process == Process::frozen) {
        at_frozen_[server.number()].push_back(call);
        return;
    }
    executes(call);
}

void SimGateway::executes(const std::shared_ptr<Call>& call) {
    auto result = call->effect(*call);
    if (result) {
        answers(call, std::move(*result));
        return;
    }
    fleet_.when_applied(*call->server, [this, alive = is_alive_, call] {
        if (!*alive || call->has_ended || is_dead_) {
            return false;
        }
        auto later_result = call->effect(*call);
        if (later_result) {
            answers(call, std::move(*later_result));
        }
        return !later_result.has_value();
    });
}

void SimGateway::answers(const std::shared_ptr<Call>& call, Result<void> result) {
    fleet_.agenda().in(latency(*call), [this, alive = is_alive_, call, result = std::move(result)] {
        if (*alive) {
            returns(call, result);
        }
    });
}

void SimGateway::returns(const std::shared_ptr<Call>& call, const Result<void>& result) {
    if (call->has_ended || is_dead_) {
        return;
    }
    if (fleet_.network().wire(manager_node, call->server->number()) == Wire::silent) {
        fleet_.agenda().in(retransmission, [this, alive = is_alive_, call, result] {
            if (*alive) {
                returns(call, result);
            }
        });
        return;
    }
    ends(call, result);
}

void SimGateway::ends(const std::shared_ptr<Call>& call, Result<void> result) {
    if (call->has_ended) {
        return;
    }
    call->has_ended = true;
    std::erase(open_calls_[call->server->number()], call);
    // As on a real server, whose sockets keep what was sent before the sender lost patience.
    const bool waits_in_socket = call->is_write && call->is_sent && call->server->process == Process::frozen;
    if (!waits_in_socket) {
        std::erase(at_frozen_[call->server->number()], call);
    }
    const bool is_broken =
        !result && (result.error().code == ErrorCode::unreachable || result.error().code == ErrorCode::timed_out ||
                    result.error().code == ErrorCode::cancelled);
    if (is_broken && call->lane != Lane::fresh) {
        session(*call).is_open = false;
    }
    call->result = std::move(result);
    loop_.end_wait(call->wait);
}

// ---- the world's side ----

void SimGateway::connections_reset(SimServer& server) {
    const int number = server.number();
    fleet_.agenda().in(fleet_.network().latency(manager_node, number), [this, alive = is_alive_, &server, number] {
        if (!*alive || is_dead_) {
            return;
        }
        const auto calls = open_calls_[number];
        bool was_asked = false;
        for (const auto& call : calls) {
            if (call->is_sent) {
                was_asked = was_asked || call->lane == Lane::kept;
                ends(call, fail(ErrorCode::unreachable, server.endpoint().text() + ": the connection was reset"));
            }
        }
        work_[number].is_open = false;
        const bool had_kept = std::exchange(kept_[number].is_open, false);
        if (had_kept && !was_asked && on_broken_ && !is_stopped_) {
            fleet_.trace().add([&] { return "manager: session to " + server.endpoint().text() + " broke"; });
            loop_.post([this, endpoint = server.endpoint()] { on_broken_(endpoint); });
        }
    });
}

void SimGateway::thawed(SimServer& server) {
    const auto calls = std::exchange(at_frozen_[server.number()], {});
    for (const auto& call : calls) {
        if (call->is_sent && call->incarnation == server.incarnation) {
            if (!call->has_ended || call->is_write) {
                executes(call);
            }
        } else {
            knock_arrives(call);
        }
    }
}

void SimGateway::manager_died() { is_dead_ = true; }

void SimGateway::on_session_broken(std::function<void(Endpoint)> listener) { on_broken_ = std::move(listener); }

void SimGateway::forget(Endpoint server) {
    if (const SimServer* known = fleet_.find(server)) {
        kept_[known->number()].is_open = false;
        work_[known->number()].is_open = false;
    }
}

Co<void> SimGateway::stop() {
    is_stopped_ = true;
    const auto all_calls = open_calls_;
    for (const auto& [number, calls] : all_calls) {
        for (const auto& call : calls) {
            ends(call, fail(ErrorCode::cancelled, "stopping"));
        }
    }
    co_return;
}

}  // namespace orc::simulation
