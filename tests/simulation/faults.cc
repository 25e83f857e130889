#include "faults.h"

namespace orc::simulation {

void Faults::add_crash(int server, Micros at) {
    const bool with_host = one_in(4);
    add(at, with_host ? HappeningKind::vanish : HappeningKind::kill, server);
    if (!one_in(3)) {
        add(soon_after(at), HappeningKind::start, server);
    }
}

void Faults::add_freeze(int server, Micros at) {
    add(at, HappeningKind::freeze, server);
    add(soon_after(at), HappeningKind::thaw, server);
}

void Faults::add_cut(int a, int b, Micros at) {
    add(at, HappeningKind::cut, a, b, any_wire());
    add(soon_after(at), HappeningKind::mend, a, b);
}

void Faults::add_isolation(int server, Micros at, bool from_clients) {
    const Wire wire = any_wire();
    const Micros end = soon_after(at);
    for (int other = 0; other < int(story_.servers.size()); ++other) {
        if (other != server) {
            add(at, HappeningKind::cut, server, other, wire);
            add(end, HappeningKind::mend, server, other);
        }
    }
    add(at, HappeningKind::cut, server, manager_node, wire);
    add(end, HappeningKind::mend, server, manager_node);
    if (from_clients) {
        add(at, HappeningKind::cut, server, clients_node, wire);
        add(end, HappeningKind::mend, server, clients_node);
    }
}

void Faults::add_spike(Micros at) {
    add(at, HappeningKind::slow_network, 0, 0, Wire::up, std::int64_t(5 + below(60)));
    add(soon_after(at), HappeningKind::slow_network, 0, 0, Wire::up, 1);
}

void Faults::add_applier_rest(int server, Micros at) {
    add(at, HappeningKind::stop_applier, server);
    add(soon_after(at), HappeningKind::start_applier, server);
}

void Faults::add_slow_applier(int server, Micros at) {
    add(at, HappeningKind::apply_cost, server, 0, Wire::up, between(Millis(20), Millis(400)).count());
    add(soon_after(at), HappeningKind::apply_cost, server, 0, Wire::up, 300);
}

void Faults::add_noise(Micros at) {
    const int replica = int(1 + below(story_.servers.size() - 1));
    switch (below(6)) {
        case 0:
            add_spike(at);
            break;
        case 1:
            add(at, HappeningKind::cut, 0, manager_node, any_wire());
            add(soon_after(at), HappeningKind::mend, 0, manager_node);
            break;
        case 2:
            add_applier_rest(replica, at);
            break;
        case 3:
            add(at, HappeningKind::kill, replica);
            add(soon_after(at), HappeningKind::start, replica);
            break;
        case 4:
            add_slow_applier(replica, at);
            break;
        default:
            add_freeze(replica, at);
            break;
    }
}

void Faults::add_store_trouble(Micros at) {
    const Micros end = soon_after(at);
    switch (below(4)) {
        case 0:
            add(at, HappeningKind::store_delay, 0, 0, Wire::up, between(Millis(5), Millis(800)).count());
            add(end, HappeningKind::store_delay);
            break;
        case 1:
            add(at, HappeningKind::store_fail, 0, 0, Wire::up, std::int64_t(1 + below(5)));
            break;
        case 2:
            add(at, HappeningKind::store_unknown, 0, 0, Wire::up, std::int64_t(1 + below(5)));
            break;
        default:
            add(at, HappeningKind::store_read_only, 0, 0, Wire::up, 1);
            add(end, HappeningKind::store_read_only);
            break;
    }
}

void Faults::add_primary_loss(Micros at) {
    switch (below(3)) {
        case 0:
            add_crash(primary_now, at);
            break;
        case 1:
            add_freeze(primary_now, at);
            break;
        default:
            add(at, HappeningKind::kill, primary_now);
            break;
    }
}

void Faults::add_switchover(Micros at) {
    const int designated = one_in(3) ? -1 : some_replica;
    add(at, HappeningKind::switchover, designated, 0, Wire::up, std::int64_t(below(100)));
}

}  // namespace orc::simulation
