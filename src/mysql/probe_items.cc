#include "mysql/probe_items.h"

#include <algorithm>

#include "base/text.h"
#include "mysql/dialect/dialect_grants.h"
#include "mysql/session/errors.h"
#include "runtime/log.h"

namespace orc::mysql {
namespace {

// An item that a server refused is tried again now and then: privileges are granted, plugins installed.
constexpr unsigned retry_unavailable_every = 200;

}  // namespace

std::string first_cell(const ResultSet& set) {
    return set.rows.empty() || set.rows.front().empty() ? std::string() : set.rows.front().front().value_or("");
}

std::vector<Ask> Probe::due_items() {
    const auto& dialect = memory_.dialect;
    const bool is_first = memory_.probes == 0;
    if (memory_.probes % retry_unavailable_every == 0) {
        memory_.unavailable.clear();
    }
    const bool rest = memory_.wants_all || memory_.probes % options_.rest_every == 0;
    const bool replicas = memory_.wants_all || memory_.probes % options_.replicas_every == 0;
    memory_.wants_all = false;
    memory_.has_asked_rest = rest;
    ++memory_.probes;

    std::vector<Ask> out;
    out.reserve(8);
    gathered_.selected = memory_.changing;
    if (is_first) {
        gathered_.selected.insert(gathered_.selected.end(), memory_.identity.begin(), memory_.identity.end());
    }
    if (!gathered_.selected.empty()) {
        add(out, Item::variables, dialect.select(gathered_.selected), !memory_.is_maxscale);
    }
    add(out, Item::replica_status, dialect.replica_status(), true);
    const bool keeps_log = is_first || memory_.facts.log_bin;
    if (keeps_log) {
        add(out, Item::own_position, dialect.own_position());
    }
    if (keeps_log && replicas) {
        if (options_.replicas_by_registration || memory_.is_maxscale) {
            add(out, Item::registered_replicas, dialect.registered_replicas());
        }
        const bool is_answered = options_.replicas_by_registration && memory_.has_registered;
        if (!memory_.is_maxscale && !is_answered) {
            add(out, Item::dump_threads, dialect.dump_threads());
        }
        add(out, Item::ndb_peers, dialect.ndb_peers());
    }
    if (memory_.is_maxscale) {
        return out;
    }
    if (rest) {
        add(out, Item::grants, std::string(show_grants));
        add(out, Item::semi_sync, std::string(Dialect::semi_sync_variables()));
        if (options_.questions.replication_credentials.empty()) {
            add(out, Item::stored_credentials, dialect.has_stored_credentials());
        }
    }
    if (rest || memory_.facts.semi_sync.source_enabled) {
        add(out, Item::counters, dialect.status_counters());
    }
    if (rest || (replicas && !memory_.facts.channels.empty())) {
        add(out, Item::heartbeats, dialect.heartbeats());
    }
    if (rest || memory_.facts.group) {
        add(out, Item::group, dialect.group_members());
    }
    return out;
}

void Probe::on_answer(Item item, const ResultSet& set) {
    auto& facts = memory_.facts;
    switch (item) {
        case Item::variables:
            if (!set.rows.empty()) {
                const auto& row = set.rows.front();
                for (std::size_t i = 0; i < gathered_.selected.size() && i < row.size(); ++i) {
                    memory_.variables.read(gathered_.selected[i], row[i] ? &*row[i] : nullptr, facts);
                }
            }
            break;
        case Item::replica_status:
            if (!memory_.layout.fits(set)) {
                memory_.layout = StatusLayout(set);
            }
            before_ = std::move(facts.channels);
            facts.channels = read_channels(set, memory_.layout);
            break;
        case Item::own_position:
            facts.self = read_own_position(set);
            break;
        case Item::registered_replicas:
            gathered_.registered = read_registered(set, options_.is_ignored_user);
            break;
        case Item::dump_threads:
            gathered_.dumping = read_dump_threads(set, link_.server().port, options_.is_ignored_user);
            break;
        case Item::ndb_peers:
            gathered_.ndb_peers = read_ndb_peers(set, link_.server());
            break;
        case Item::semi_sync:
            read_semi_sync_variables(set, facts.semi_sync);
            break;
        case Item::counters:
            gathered_.uptime = read_status_counters(set, facts.semi_sync);
            break;
        case Item::heartbeats:
            read_heartbeats(set, facts.channels);
            gathered_.has_heartbeats = true;
            break;
        case Item::group:
            facts.group = read_group(set, facts.server_uuid);
            break;
        case Item::stored_credentials:
            facts.replication_credentials_available = first_cell(set) != "0" && !first_cell(set).empty();
            break;
        case Item::grants:
            facts.missing_grants = missing_grants(facts.version, set);
            break;
    }
}

bool Probe::on_error(Ask& ask, const Error& error) {
    if (ask.item == Item::variables && error.number == number::unknown_system_variable) {
        if (const auto missing = variable_named_in(error.message, gathered_.selected)) {
            std::erase(gathered_.selected, *missing);
            std::erase(memory_.changing, *missing);
            std::erase(memory_.identity, *missing);
            ask.sql = memory_.dialect.select(gathered_.selected);
            return !gathered_.selected.empty();
        }
    }
    if (!ask.is_required) {
        memory_.unavailable.insert(static_cast<int>(ask.item));
        LOG(debug, "probe.part_refused", {{"server", link_.server()}, {"why", error.message}});
    }
    return false;
}

void Probe::finish(Micros latency) {
    auto& facts = memory_.facts;
    if (gathered_.registered) {
        // Dump threads are the answer of servers whose replicas do not register; the list of sessions can be long.
        memory_.wants_all = memory_.wants_all || (memory_.has_registered && gathered_.registered->empty());
        memory_.has_registered = !gathered_.registered->empty();
    }
    if (gathered_.registered && !gathered_.registered->empty()) {
        facts.registered_replicas = std::move(*gathered_.registered);
    } else if (gathered_.dumping || gathered_.registered) {
        facts.registered_replicas = gathered_.dumping.value_or(std::vector<Endpoint>{});
    }
    for (const auto& peer : gathered_.ndb_peers) {
        auto& known = facts.registered_replicas;
        if (std::find(known.begin(), known.end(), peer) == known.end()) {
            known.push_back(peer);
        }
    }
    const auto now = link_.context().clock.now();
    if (gathered_.uptime) {
        memory_.started = now - *gathered_.uptime;
    }
    if (memory_.started) {
        facts.uptime = std::chrono::duration_cast<Seconds>(now - *memory_.started);
    }
    for (auto& channel : facts.channels) {
        const auto old =
            std::find_if(before_.begin(), before_.end(), [&](const auto& c) { return c.name == channel.name; });
        if (old == before_.end() || old->source != channel.source || old->receiver != channel.receiver ||
            old->applier != channel.applier) {
            memory_.wants_all = true;
        }
        if (old != before_.end() && !gathered_.has_heartbeats && !channel.heartbeats_received) {
            channel.heartbeats_received = old->heartbeats_received;
            channel.heartbeat_period = old->heartbeat_period;
        }
        if (old != before_.end() && !gathered_.has_heartbeats) {
            channel.tls.tls_ciphersuites = old->tls.tls_ciphersuites;
        }
    }
    memory_.wants_all = (memory_.wants_all || before_.size() != facts.channels.size()) && memory_.probes > 1;
    if (!options_.questions.replication_credentials.empty() && !memory_.dialect.is_mariadb()) {
        facts.replication_credentials_available = true;
    }
    facts.latency = latency;
}

}  // namespace orc::mysql
