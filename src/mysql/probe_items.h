// What one probe asks and what the answers mean, as steps without I/O: due_items() says what to ask now, on_answer()
// and on_error() take each answer, finish() ends it. probe.cc does the asking. Internal to the gateway.
#pragma once

#include <string>
#include <vector>

#include "mysql/server_link.h"

namespace orc::mysql {

/// Parts of a probe, each one statement with one result.
enum class Item {
    variables,
    replica_status,
    own_position,
    registered_replicas,
    dump_threads,
    ndb_peers,
    semi_sync,
    counters,
    heartbeats,
    group,
    stored_credentials,
    grants,
};

struct Ask {
    Item item;
    std::string sql;
    bool is_required;
};

/// Answers of one probe, before they become facts.
struct Gathered {
    std::vector<Variable> selected;
    std::optional<std::vector<Endpoint>> registered;
    std::optional<std::vector<Endpoint>> dumping;
    std::vector<Endpoint> ndb_peers;
    std::optional<Seconds> uptime;
    bool has_heartbeats = false;
};

class Probe {
public:
    Probe(ServerLink& link, Gathered& gathered)
        : link_(link), memory_(link.memory()), options_(link.context().options), gathered_(gathered) {}

    std::vector<Ask> due_items();
    void on_answer(Item item, const ResultSet& set);
    /// A failed optional item, or one to be asked differently: true if `ask` was changed and should be asked again.
    bool on_error(Ask& ask, const Error& error);
    void finish(Micros latency);

private:
    void add(std::vector<Ask>& to, Item item, std::optional<std::string> sql, bool is_required = false) const {
        if (sql && !memory_.unavailable.contains(static_cast<int>(item))) {
            to.push_back(Ask{item, std::move(*sql), is_required});
        }
    }

    ServerLink& link_;
    ProbeMemory& memory_;
    const GatewayOptions& options_;
    Gathered& gathered_;
    std::vector<model::Channel> before_;
};

/// The first cell's text; "" where there is none.
std::string first_cell(const ResultSet& set);

}  // namespace orc::mysql
