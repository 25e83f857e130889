// Reading again while a verdict is not settled: fast while it is fresh, slower as it ages, and not at all once it
// stands.
#include <algorithm>

#include "analysis/case.h"

namespace orc::analysis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Micros at_once = milliseconds(20);

/// How often to read while a failure is that old; zero: it stands, ordinary polling will do.
Micros cadence(Micros age) {
    if (age < milliseconds(500)) {
        return at_once;
    }
    if (age < seconds(5)) {
        return milliseconds(100);
    }
    return age <= seconds(30) ? Micros(seconds(1)) : Micros{0};
}

bool is_any_replication_stopped(Code code) {
    return code == Code::all_primary_replicas_not_replicating ||
           code == Code::all_primary_replicas_not_replicating_or_dead;
}

}  // namespace

void Doubts::want(const model::Server& server, Micros every) {
    const model::Check& check = server.check;
    Micros again = every;
    if (!is_in_flight(check)) {
        const auto last = check.completed ? check.completed : check.attempted;
        if (!last || now_ - *last >= every) {
            name(server);
        } else {
            again = *last + every - now_;
        }
    }
    look_again_in(again);
}

void Doubts::want_after(const model::Server& server, Instant evidence) {
    const bool is_asked = is_in_flight(server.check) && *server.check.attempted > evidence;
    if (!is_asked) {
        name(server);
    }
    look_again_in(at_once);
}

void Doubts::because(std::string why) {
    if (doubt_.why.empty()) {
        doubt_.why = std::move(why);
    }
}

void Doubts::name(const model::Server& server) {
    auto& named = doubt_.read_again;
    if (std::find(named.begin(), named.end(), server.endpoint) == named.end()) {
        named.push_back(server.endpoint);
    }
}

void Doubts::look_again_in(Micros after) {
    doubt_.again_in = doubt_.again_in == Micros{0} ? after : std::min(doubt_.again_in, after);
}

void Doubts::consider_failing(const Case& c, Code code) {
    const Micros every = cadence(c.now - *c.check().failing_since);
    if (every == Micros{0}) {
        return;
    }
    const std::string hesitation = hesitation_of(c, code);
    const Handling handling = handling_of(code);
    if (handling != Handling::none && handling != Handling::detect && hesitation.empty()) {
        return;
    }
    want(*c.server, every);
    for (const Edge& edge : c.edges) {
        want(*edge.replica, every);
    }
    for (const model::Server* member : c.unread) {
        want(*member, every);
    }
    because(hesitation.empty() ? c.server->endpoint.text() + " fails" : hesitation);
}

void Doubts::consider_looking_well(const Case& c, Code code) {
    const Instant life = *last_life(c.check());
    // Who receives has nothing to complain of.
    const bool may_complain = c.counts.valid_receiving < c.counts.replicas || is_any_replication_stopped(code);
    for (const Edge& edge : may_complain ? c.edges : std::span<const Edge>{}) {
        const auto seen = edge.replica->check.seen;
        const bool complains = observe(c, edge).says == Testimony::dead || is_any_replication_stopped(code);
        if (complains && seen && *seen > life) {
            want_after(*c.server, *seen);
            because(edge.replica->endpoint.text() + " does not receive from " + c.server->endpoint.text());
            return;
        }
    }
    if (code == Code::locked_semi_sync_primary_hypothesis) {
        want(*c.server, seconds(1));
        because(c.server->endpoint.text() + " seems to wait for semi-sync acknowledgements");
    }
}

void Doubts::consider(const Case& c, Code code) {
    if (c.edges.empty() || c.server->downtime) {
        return;
    }
    if (c.is_failing() && c.check().failing_since) {
        consider_failing(c, code);
    } else if (c.is_valid) {
        consider_looking_well(c, code);
    }
}

}  // namespace orc::analysis
