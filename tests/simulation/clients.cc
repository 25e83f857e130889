#include "clients.h"

#include <algorithm>

namespace orc::simulation {

void Clients::start() {
    for (int i = 0; i < fleet_.size(); ++i) {
        SimServer& server = fleet_.at(i);
        fleet_.agenda().in(Micros(static_cast<std::int64_t>(rng_.below(20'000))), [this, &server] {
            try_write(server);
        });
    }
}

void Clients::try_write(SimServer& server) {
    if (is_stopped_) {
        return;
    }
    const auto pause = static_cast<std::uint64_t>(every_.count());
    fleet_.agenda().in(Micros(static_cast<std::int64_t>(pause / 2 + rng_.below(pause))), [this, &server] {
        try_write(server);
    });
    if (!server.is_writable() || server.channel || !fleet_.network().is_up(clients_node, server.number())) {
        return;
    }
    const std::uint64_t name = next_name_++;
    const std::size_t place = server.log.size();
    const bool is_semi_sync = server.semi_sync_source && server.semi_sync_active;
    fleet_.write(server, name, [this, &server, place, is_semi_sync](WriteAnswer answer) {
        if (answer == WriteAnswer::acknowledged && fleet_.network().is_up(clients_node, server.number())) {
            // A source that gave up waiting has said so by then.
            const bool was_received = is_semi_sync && server.semi_sync_active;
            acknowledged_.push_back({server.log[place], fleet_.agenda().now(), was_received});
        }
    });
}

std::uint64_t Clients::acknowledged_by(int server) const {
    return std::uint64_t(std::count_if(acknowledged_.begin(), acknowledged_.end(), [&](const Acknowledged& write) {
        return write.transaction.origin == server;
    }));
}

}  // namespace orc::simulation
