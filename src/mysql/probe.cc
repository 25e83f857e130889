#include "mysql/probe.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "mysql/errors.h"
#include "runtime/log.h"

namespace orc::mysql {
namespace {

/// Parts of a probe, each one statement with one result.
enum class Item {
    variables,
    replica_status,
    own_position,
    registered_replicas,
    dump_threads,
    semi_sync,
    counters,
    heartbeats,
    group,
    stored_credentials,
    lag,
};

struct Ask {
    Item item;
    std::string sql;
    bool is_required;
};

// An item that a server refused is tried again now and then: privileges are granted, plugins installed.
constexpr unsigned retry_unavailable_every = 200;

std::string first_cell(const ResultSet& set) {
    return set.rows.empty() || set.rows.front().empty() ? std::string() : set.rows.front().front().value_or("");
}

/// Answers of one probe, before they become facts.
struct Gathered {
    std::vector<Variable> selected;
    std::optional<std::vector<Endpoint>> registered;
    std::optional<std::vector<Endpoint>> dumping;
    std::optional<Seconds> uptime;
    bool has_semi_sync = false;
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

std::vector<Ask> Probe::due_items() {
    const auto& dialect = memory_.dialect;
    const bool is_first = memory_.probes == 0;
    if (memory_.probes % retry_unavailable_every == 0) {
        memory_.unavailable.clear();
    }
    const bool rest = memory_.wants_all || memory_.probes % options_.rest_every == 0;
    const bool replicas = memory_.wants_all || memory_.probes % options_.replicas_every == 0;
    memory_.wants_all = false;
    ++memory_.probes;

    std::vector<Ask> out;
    out.reserve(8);
    gathered_.selected = memory_.changing;
    if (is_first) {
        gathered_.selected.insert(gathered_.selected.end(), memory_.identity.begin(), memory_.identity.end());
    }
    if (!gathered_.selected.empty()) {
        add(out, Item::variables, dialect.select(gathered_.selected), true);
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
    }
    if (memory_.is_maxscale) {
        return out;
    }
    if (rest) {
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
    if (!options_.questions.lag.empty()) {  // last: a site's text may answer with more than one set
        add(out, Item::lag, without_semicolon(options_.questions.lag));
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
            gathered_.registered = read_registered(set);
            break;
        case Item::dump_threads:
            gathered_.dumping = read_dump_threads(set, link_.server().port);
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
        case Item::lag: {
            const auto text = first_cell(set);
            std::int64_t lag = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lag);
            facts.queried_lag.reset();
            if (error == std::errc() && end == text.data() + text.size()) {
                facts.queried_lag = Seconds(std::max<std::int64_t>(0, lag));
            }
            break;
        }
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
        if (ask.item == Item::lag) {
            memory_.facts.queried_lag.reset();
            memory_.unavailable.erase(static_cast<int>(ask.item));  // it may fail for one moment's reason
        }
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
    }
    memory_.wants_all = (memory_.wants_all || before_.size() != facts.channels.size()) && memory_.probes > 1;
    if (!options_.questions.replication_credentials.empty() && !memory_.dialect.is_mariadb()) {
        facts.replication_credentials_available = true;
    }
    facts.latency = latency;
}

tl::unexpected<Error> refused(const ServerLink& link, Error error) {
    return tl::unexpected<Error>(with_context("probe " + link.server().text(), std::move(error)));
}

void introduce_maxscale(ProbeMemory& memory, const std::string& version, const Endpoint& server) {
    memory.is_maxscale = true;
    auto& facts = memory.facts;
    facts.version = model::Version::parse((version.empty() ? "0.0.0" : version) + "-maxscale", "");
    facts.hostname = server.host;
    facts.binlog_format = "INHERIT";
    facts.read_only = facts.log_bin = facts.log_replica_updates = true;
}

/// What is asked once per session: who are you?
Task<void> introduce(std::shared_ptr<ServerLink> link, Deadline deadline) {
    auto& memory = link->memory();
    if (link->context().options.check_for_maxscale) {
        std::string check(Dialect::maxscale_check());
        CO_TRY(const auto answer, co_await ServerLink::ask(link, std::move(check), deadline));
        if (!answer.sets.empty()) {
            for (const auto& row : answer.sets.front().rows) {
                if (row.size() > 1 && to_lower(row[0].value_or("")) == "maxscale_version") {
                    introduce_maxscale(memory, row[1].value_or(""), link->server());
                }
            }
        }
    }
    if (!memory.is_maxscale) {
        std::string hello(Dialect::hello());
        CO_TRY(auto answer, co_await ServerLink::ask(link, std::move(hello), deadline));
        if (answer.error) {
            co_return refused(*link, std::move(*answer.error));
        }
        if (answer.sets.empty() || answer.sets.front().rows.empty() || answer.sets.front().rows.front().size() < 2) {
            co_return fail(ErrorCode::invalid, link->server().text() + ": it does not say who it is");
        }
        auto& row = answer.sets.front().rows.front();
        memory.facts.version = model::Version::parse(row[0].value_or(""), row[1].value_or(""));
    }
    memory.dialect = Dialect(memory.facts.version);
    if (!memory.is_maxscale) {
        memory.identity = memory.dialect.identity_variables();
        memory.changing = memory.dialect.changing_variables();
    }
    memory.is_introduced = true;
    co_return Result<void>{};
}

/// Asks all items in one text; a statement that fails ends a text, so the rest follows in another.
Task<void> ask_all(std::shared_ptr<ServerLink> link, Probe& probe, std::vector<Ask> items, Deadline deadline) {
    std::size_t at = 0;
    while (at < items.size()) {
        std::string sql;
        for (std::size_t i = at; i < items.size(); ++i) {
            sql += i == at ? "" : ";";
            sql += items[i].sql;
        }
        CO_TRY(auto answer, co_await ServerLink::ask(link, std::move(sql), deadline));
        for (const auto& set : answer.sets) {
            if (at == items.size()) {
                break;
            }
            probe.on_answer(items[at].item, set);
            ++at;
        }
        if (!answer.error) {
            if (at < items.size()) {
                co_return fail(ErrorCode::invalid, link->server().text() + ": it answers only part of the question");
            }
            break;
        }
        if (at == items.size()) {
            break;
        }
        const bool again = probe.on_error(items[at], *answer.error);
        if (!again && items[at].is_required) {
            co_return refused(*link, std::move(*answer.error));
        }
        at += again ? 0 : 1;
    }
    co_return Result<void>{};
}

/// The site's own questions, one text each: nobody knows how many answers one gives.
Task<void> ask_site_questions(std::shared_ptr<ServerLink> link, Deadline deadline) {
    auto& facts = link->memory().facts;
    const auto& questions = link->context().options.questions;
    std::string priority;
    const std::pair<const std::string*, std::string*> all[] = {
        {&questions.cluster_alias, &facts.cluster_alias},
        {&questions.cluster_domain, &facts.cluster_domain},
        {&questions.instance_alias, &facts.instance_alias},
        {&questions.data_center, &facts.data_center},
        {&questions.region, &facts.region},
        {&questions.environment, &facts.environment},
        {&questions.promotion_rule, &facts.promotion_rule},
        {&questions.semi_sync_priority, &priority},
    };
    for (const auto& [question, into] : all) {
        if (question->empty()) {
            continue;
        }
        std::string sql = without_semicolon(*question);
        CO_TRY(const auto answer, co_await ServerLink::ask(link, std::move(sql), deadline));
        if (answer.error) {
            LOG(debug, "probe.question_refused", {{"server", link->server()}, {"why", answer.error->message}});
        }
        *into = answer.sets.empty() || answer.error ? std::string() : first_cell(answer.sets.front());
    }
    facts.semi_sync_priority = 0;
    std::from_chars(priority.data(), priority.data() + priority.size(), facts.semi_sync_priority);
    co_return Result<void>{};
}

bool has_site_questions(const Questions& q) {
    return !(
        q.cluster_alias.empty() && q.cluster_domain.empty() && q.instance_alias.empty() && q.data_center.empty() &&
        q.region.empty() && q.environment.empty() && q.promotion_rule.empty() && q.semi_sync_priority.empty()
    );
}

Task<model::Facts> probe_once(std::shared_ptr<ServerLink> link, Deadline deadline) {
    auto& clock = link->context().clock;
    const auto begun = clock.now();
    if (!link->has_kept()) {
        CO_TRY(co_await ServerLink::open_kept(link, deadline));
    }
    auto& memory = link->memory();
    if (!memory.is_introduced) {
        CO_TRY(co_await introduce(link, deadline));
    }
    const bool asks_site = !memory.is_maxscale && has_site_questions(link->context().options.questions) &&
                           (memory.wants_all || memory.probes % link->context().options.rest_every == 0);
    Gathered gathered;
    Probe probe(*link, gathered);
    auto items = probe.due_items();
    CO_TRY(co_await ask_all(link, probe, std::move(items), deadline));
    if (asks_site) {
        CO_TRY(co_await ask_site_questions(link, deadline));
    }
    probe.finish(clock.now() - begun);
    co_return memory.facts;
}

}  // namespace

Task<model::Facts> probe_server(std::shared_ptr<ServerLink> link, Deadline deadline) {
    const auto session = link->has_kept() ? link->kept() : nullptr;
    auto facts = co_await probe_once(link, deadline);
    // A session that died while idle says nothing about the server now.
    const bool had_died = !facts && session && facts.error().code == ErrorCode::unreachable;
    if (had_died) {
        link->report_broken();
        facts = co_await probe_once(link, deadline);
    }
    co_return facts;
}

}  // namespace orc::mysql
