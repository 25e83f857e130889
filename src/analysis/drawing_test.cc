#include "analysis/drawing_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"

namespace orc::analysis {
namespace {

using model::ThreadState;

constexpr Instant drawn_at{std::chrono::seconds(1'000'000)};
constexpr std::uint16_t drawn_port = 3306;

Endpoint endpoint(std::string_view host) { return {std::string(host), drawn_port}; }

double number(std::string_view text) {
    double out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

Micros duration(std::string_view text) { return Micros(std::int64_t(number(text) * 1e6)); }
Instant ago(std::string_view text) { return drawn_at - duration(text); }
unsigned count(std::string_view text) { return unsigned(number(text)); }

std::string connect_text(int error_number) {
    switch (error_number) {
        case 1040:
            return "error connecting to source: Too many connections";
        case 1045:
            return "error connecting to source: Access denied";
        case 1236:
            return "Got fatal error 1236 from source when reading data from binary log";
        default:
            return "error connecting to source: Can't connect to server";
    }
}

// One server while its words are read.
struct Pen {
    model::Server server;
    model::Facts facts;
    bool is_unread = false;
    std::optional<Instant> moved;

    explicit Pen(std::string_view host) {
        server.endpoint = endpoint(host);
        facts.version = model::Version::parse("8.0.36", "MySQL Community Server - GPL");
        facts.log_bin = true;
        facts.log_replica_updates = true;
        facts.binlog_format = "ROW";
        facts.gtid_mode = "ON";
        model::Check& check = server.check;
        check.attempted = ago("0.11");
        check.completed = check.seen = ago("0.1");
    }

    void follow(std::string_view source) {
        model::Channel channel;
        channel.name = facts.channels.empty() ? "" : fmt::format("channel{}", facts.channels.size() + 1);
        channel.source = endpoint(source);
        channel.receiver = channel.applier = ThreadState::running;
        channel.gtid_use = model::GtidUse::auto_position;
        channel.lag = Seconds{0};
        facts.channels.push_back(channel);
        facts.read_only = true;
    }

    void fail_check(std::string_view how) {
        model::Check& check = server.check;
        check.failures = 3;
        check.seen = ago("2");
        check.failing_since = ago("0.3");
        check.attempted = ago("0.06");
        check.completed = ago("0.05");
        if (how == "timeout") {
            check.error = Error{ErrorCode::timed_out, "no answer within 1s", 0};
        } else if (how == "denied") {
            check.error = Error{ErrorCode::denied, "Access denied for user", 1045};
        } else if (how == "saturated") {
            check.error = Error{ErrorCode::denied, "Too many connections", 1040};
        } else {
            check.error = Error{ErrorCode::unreachable, "connection refused", 2003};
        }
    }

    void receive(std::string_view state) {
        model::Channel& channel = facts.channels.back();
        const auto parts = split(state, ':');
        channel.receiver = parts[0] == "yes"          ? ThreadState::running
                           : parts[0] == "connecting" ? ThreadState::other
                                                      : ThreadState::stopped;
        if (parts.size() > 1) {
            channel.receiver_errno = int(number(parts[1]));
            channel.receiver_error = connect_text(channel.receiver_errno);
        }
    }

    void apply_events(std::string_view state) {
        model::Channel& channel = facts.channels.back();
        channel.applier = state == "yes" ? ThreadState::running : ThreadState::stopped;
        if (state != "yes") {
            channel.lag.reset();
        }
    }

    void use_gtid(std::string_view how) {
        model::Channel& channel = facts.channels.back();
        channel.gtid_use = how == "auto"      ? model::GtidUse::auto_position
                           : how == "mariadb" ? model::GtidUse::replica_position
                                              : model::GtidUse::none;
    }

    void join_group(std::string_view text) {
        const auto parts = split(text, ':');
        facts.group = model::GroupMembership{};
        facts.group->group_name = parts[0];
        facts.group->role = parts.size() > 1 ? parts[1] : "PRIMARY";
        facts.group->state = parts.size() > 2 ? parts[2] : "ONLINE";
    }

    void log_as(std::string_view format) {
        facts.log_bin = facts.log_replica_updates = format != "none";
        facts.binlog_format = format == "statement" ? "STATEMENT" : format == "mixed" ? "MIXED" : "ROW";
    }
};

using Word = void (*)(Pen& pen, std::string_view value);

const std::map<std::string_view, Word>& words() {
    static const std::map<std::string_view, Word> known = {
        {"primary", [](Pen&, std::string_view) {}},
        {"rw", [](Pen& p, std::string_view) { p.facts.read_only = false; }},
        {"ro", [](Pen& p, std::string_view) { p.facts.read_only = true; }},
        {"co", [](Pen& p, std::string_view) { p.server.is_co_primary = true; }},
        {"dead", [](Pen& p, std::string_view v) { p.fail_check(v); }},
        {"failures", [](Pen& p, std::string_view v) { p.server.check.failures = count(v); }},
        {"failing", [](Pen& p, std::string_view v) { p.server.check.failing_since = ago(v); }},
        {"partial", [](Pen& p, std::string_view) { p.server.check.partial = true; }},
        {"seen", [](Pen& p, std::string_view v) { p.server.check.seen = ago(v); }},
        {"answered", [](Pen& p, std::string_view v) { p.server.check.answered = ago(v); }},
        {"completed", [](Pen& p, std::string_view v) { p.server.check.completed = ago(v); }},
        {"asked", [](Pen& p, std::string_view v) { p.server.check.attempted = ago(v); }},
        {"unread",
         [](Pen& p, std::string_view) {
             p.is_unread = true;
             p.server.check.seen.reset();
         }},
        {"remembered",
         [](Pen& p, std::string_view) {
             p.is_unread = true;
             p.server.check.seen.reset();
             p.server.check.is_remembered = true;
         }},
        {"untried", [](Pen& p, std::string_view) { p.server.check = {}; }},
        {"io", [](Pen& p, std::string_view v) { p.receive(v); }},
        {"sql", [](Pen& p, std::string_view v) { p.apply_events(v); }},
        {"lag", [](Pen& p, std::string_view v) { p.facts.channels.back().lag = Seconds(count(v)); }},
        {"lag-query", [](Pen& p, std::string_view v) { p.facts.queried_lag = Seconds(count(v)); }},
        {"delay", [](Pen& p, std::string_view v) { p.facts.channels.back().delay = Seconds(count(v)); }},
        {"heartbeat", [](Pen& p, std::string_view v) { p.facts.channels.back().heartbeat_period = duration(v); }},
        {"moved", [](Pen& p, std::string_view v) { p.moved = ago(v); }},
        {"gtid", [](Pen& p, std::string_view v) { p.use_gtid(v); }},
        {"gtid-mode", [](Pen& p, std::string_view v) { p.facts.gtid_mode = v == "none" ? "" : std::string(v); }},
        {"errant", [](Pen& p, std::string_view v) { p.server.errant = gtid::GtidSet::parse(v).value(); }},
        {"log", [](Pen& p, std::string_view v) { p.log_as(v); }},
        {"version", [](Pen& p, std::string_view v) { p.facts.version = model::Version::parse(std::string(v), ""); }},
        {"ss-source",
         [](Pen& p, std::string_view v) {
             p.facts.semi_sync.source_enabled = true;
             p.facts.semi_sync.source_active = v != "inactive";
         }},
        {"ss-replica", [](Pen& p, std::string_view) { p.facts.semi_sync.replica_enabled = true; }},
        {"acks",
         [](Pen& p, std::string_view) { p.facts.semi_sync.replica_enabled = p.facts.semi_sync.replica_active = true; }},
        {"wants", [](Pen& p, std::string_view v) { p.facts.semi_sync.acks_wanted = count(v); }},
        {"has", [](Pen& p, std::string_view v) { p.facts.semi_sync.clients = count(v); }},
        {"waiting", [](Pen& p, std::string_view v) { p.server.waiting_for_acks_since = ago(v); }},
        {"group", [](Pen& p, std::string_view v) { p.join_group(v); }},
        {"downtime",
         [](Pen& p, std::string_view) {
             p.server.downtime = model::Downtime{p.server.endpoint, {}, {}, "somebody", "planned"};
         }},
        {"maintenance", [](Pen& p, std::string_view) { p.server.in_maintenance = true; }},
    };
    return known;
}

using Setting = void (*)(Drawing& drawing, std::string_view value);

const std::map<std::string_view, Setting>& setting_words() {
    static const std::map<std::string_view, Setting> known = {
        {"all-servers", [](Drawing& d, std::string_view) { d.settings.reduce_replication_analysis_count = false; }},
        {"no-problem", [](Drawing& d, std::string_view) { d.with_no_problem = true; }},
        {"recover", [](Drawing& d, std::string_view v) { d.settings.recover_master_cluster_filters = {std::string(v)}; }
        },
        {"recover-intermediate",
         [](Drawing& d, std::string_view v) {
             d.settings.recover_intermediate_master_cluster_filters = {std::string(v)};
         }},
        {"ignore",
         [](Drawing& d, std::string_view v) { d.settings.recovery_ignore_hostname_filters = {std::string(v)}; }},
        {"recover-read-only", [](Drawing& d, std::string_view) { d.settings.recover_non_writeable_master = true; }},
        {"exact-semi-sync", [](Drawing& d, std::string_view) { d.settings.enforce_exact_semi_sync_replicas = true; }},
        {"lock-after",
         [](Drawing& d, std::string_view v) {
             d.settings.reasonable_locked_semi_sync_master_seconds = std::int64_t(number(v));
         }},
        {"alias", [](Drawing& d, std::string_view v) { d.cluster.alias = v; }},
        {"cluster", [](Drawing& d, std::string_view v) { d.cluster.name = ClusterName(std::string(v)); }},
    };
    return known;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> out;
    for (const auto word : split(line, ' ')) {
        if (!word.empty()) {
            out.push_back(word);
        }
    }
    return out;
}

std::pair<std::string_view, std::string_view> key_and_value(std::string_view word) {
    const auto at = word.find('=');
    return at == std::string_view::npos ? std::pair(word, std::string_view())
                                        : std::pair(word.substr(0, at), word.substr(at + 1));
}

Result<model::Server> read_server(std::string_view text) {
    const auto pieces = words_of(text);
    Pen pen(pieces.front());
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        if (pieces[i] == "<-" && i + 1 < pieces.size()) {
            pen.follow(pieces[++i]);
            continue;
        }
        const auto [key, value] = key_and_value(pieces[i]);
        const auto known = words().find(key);
        if (known == words().end()) {
            return fail(ErrorCode::invalid, fmt::format("'{}' in '{}' means nothing", pieces[i], text));
        }
        known->second(pen, value);
    }
    pen.server.stream.looked = pen.server.check.seen;
    pen.server.stream.moved = pen.moved ? pen.moved : pen.server.check.seen;
    if (!pen.is_unread) {
        pen.server.facts = std::make_shared<const model::Facts>(std::move(pen.facts));
    }
    return std::move(pen.server);
}

void set_depths(std::vector<model::Server>& servers) {
    for (auto& server : servers) {
        const model::Server* at = &server;
        unsigned depth = 0;
        while (at != nullptr && at->source() && depth < servers.size()) {
            ++depth;
            const Endpoint source = *at->source();
            const auto up = std::find_if(servers.begin(), servers.end(), [&](const model::Server& s) {
                return s.endpoint == source;
            });
            at = up == servers.end() ? nullptr : &*up;
        }
        server.depth = server.is_co_primary ? 0 : depth;
    }
}

std::string list(const std::vector<Endpoint>& endpoints) {
    std::vector<std::string> out;
    for (const auto& e : endpoints) {
        out.push_back(e.text());
    }
    return join(out, " ");
}

std::string_view text(Handling handling) {
    static constexpr std::string_view texts[] = {
        "no handling",
        "detect",
        "recover_dead_primary",
        "recover_dead_co_primary",
        "recover_dead_intermediate",
        "recover_group_member",
        "recover_semi_sync",
        "recover_not_writable",
    };
    return texts[std::size_t(handling)];
}

std::string_view text(Testimony testimony) {
    static constexpr std::string_view texts[] = {"alive", "dead", "unknown"};
    return texts[std::size_t(testimony)];
}

std::string counts_text(const Counts& n) {
    const std::pair<unsigned, std::string_view> all[] = {
        {n.replicas, "replicas"},
        {n.valid, "valid"},
        {n.valid_receiving, "receiving"},
        {n.valid_replicating, "replicating"},
        {n.failing_to_connect, "failing to connect"},
        {n.lagging, "lagging"},
        {n.delayed, "delayed"},
        {n.downtimed, "downtimed"},
        {n.semi_sync_enabled, "semi-sync"},
        {n.logging, "logging"},
        {n.statement_logging, "statement"},
        {n.mixed_logging, "mixed"},
        {n.row_logging, "row"},
        {n.major_versions_logging, "versions"},
        {n.valid_auto_position, "auto-position"},
        {n.valid_mariadb_gtid, "mariadb-gtid"},
        {n.valid_binlog_servers, "binlog servers"},
    };
    std::vector<std::string> out;
    for (const auto& [value, word] : all) {
        if (value > 0) {
            out.push_back(fmt::format("{} {}", value, word));
        }
    }
    return join(out, ", ");
}

std::string flags_text(const Finding& f) {
    const std::pair<bool, std::string_view> all[] = {
        {f.is_primary, "primary"},
        {f.is_co_primary, "co-primary"},
        {f.is_group_member, "group member"},
        {f.last_check_valid, "valid"},
        {f.last_check_partial, "partial"},
        {f.is_failing_to_connect, "failing to connect"},
        {f.is_downtimed, "downtimed"},
        {f.are_replicas_downtimed, "replicas downtimed"},
        {f.is_skippable_by_downtime, "skippable"},
        {f.automated_primary_recovery, "automated"},
        {f.automated_intermediate_recovery, "automated intermediate"},
    };
    std::vector<std::string> out;
    for (const auto& [holds, word] : all) {
        if (holds) {
            out.emplace_back(word);
        }
    }
    return join(out, ", ");
}

std::string render(const Finding& f) {
    std::string out = fmt::format(
        "{} {}: {}{}{}\n",
        f.subject.text(),
        name(f.code),
        text(f.handling),
        f.is_actionable ? ", actionable" : "",
        f.is_settled ? "" : ", not settled"
    );
    const auto line = [&](std::string_view label, const std::string& value) {
        if (!value.empty()) {
            out += fmt::format("  {}: {}\n", label, value);
        }
    };
    std::vector<std::string> structure;
    for (const auto code : f.structure) {
        structure.emplace_back(name(code));
    }
    line("says", f.description);
    line("but", f.hesitation);
    line("structure", join(structure, ", "));
    line("errant", f.max_replica_errant);
    line("is", flags_text(f));
    line("counts", counts_text(f.counts));
    for (const auto& witness : f.witnesses) {
        line(witness.who, fmt::format("{}, {}", text(witness.says), witness.why));
    }
    return out;
}

}  // namespace

Result<Drawing> parse_drawing(std::string_view text) {
    Drawing out;
    out.now = drawn_at;
    out.cluster.taken = drawn_at;
    std::vector<model::Server> servers;
    for (const auto line : split(text, '\n')) {
        if (trim(line).empty() || trim(line).starts_with('#')) {
            continue;
        }
        const auto pieces = words_of(line);
        if (pieces.front() == "with") {
            for (std::size_t i = 1; i < pieces.size(); ++i) {
                const auto [key, value] = key_and_value(pieces[i]);
                const auto known = setting_words().find(key);
                if (known == setting_words().end()) {
                    return fail(ErrorCode::invalid, fmt::format("'{}' in '{}' means nothing", pieces[i], line));
                }
                known->second(out, value);
            }
            continue;
        }
        for (const auto drawn : split(line, '|')) {
            TRY(auto server, read_server(trim(drawn)));
            servers.push_back(std::move(server));
        }
    }
    if (servers.empty()) {
        return fail(ErrorCode::invalid, "the drawing has no server");
    }
    if (out.cluster.name.empty()) {
        out.cluster.name = ClusterName(servers.front().endpoint.text());
    }
    set_depths(servers);
    std::sort(servers.begin(), servers.end(), [](const model::Server& a, const model::Server& b) {
        return a.endpoint < b.endpoint;
    });
    for (auto& server : servers) {
        server.cluster = out.cluster.name;
        out.cluster.servers.push_back(std::make_shared<const model::Server>(std::move(server)));
    }
    return out;
}

std::string render(const Drawing& drawing) {
    const Policy policy(drawing.settings);
    std::string out;
    for (const auto& finding : analyse(drawing.cluster, policy, drawing.now, drawing.with_no_problem)) {
        out += render(finding);
    }
    if (out.empty()) {
        out = "nothing found\n";
    }
    const Doubt doubt = judge(drawing.cluster, policy, drawing.now).doubt;
    if (doubt.again_in > Micros{0}) {
        out += fmt::format(
            "doubt: {}\n  read: {}\n  again in: {}ms\n",
            doubt.why,
            list(doubt.read_again),
            doubt.again_in.count() / 1000
        );
    }
    for (const auto& test : streams_to_test(drawing.cluster)) {
        out += fmt::format("test: does {} reach {} anew?\n", test.replica.text(), test.subject.text());
    }
    return out;
}

}  // namespace orc::analysis
