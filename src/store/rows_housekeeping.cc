// Who is alive, and what has outlived its use.
#include <utility>

#include "store/rows.h"
#include "store/rows_fill.h"

namespace orc::store {
namespace {

std::string text_of(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string() : *text;
}

WallTime time_of(const Value& value) { return parse_db_timestamp(text_of(value)).value_or(WallTime{}); }

}  // namespace

std::vector<Write> writes_of(const NodeRecord& self) {
    // The original lists services by this word.
    const std::string kind = self.command.empty() ? "HttpMode" : "CLIMode";
    return {
        {"insert or ignore into node_health_history"
         " (hostname, token, first_seen_active, extra_info, command, app_version) values (?, ?, ?, ?, ?, ?)",
         {self.host, self.token.text(), db_timestamp(self.first_seen), kind, self.command, self.version}},
        {"insert into node_health (hostname, token, last_seen_active, first_seen_active, extra_info, command,"
         " app_version, db_backend, incrementing_indicator) values (?, ?, current_timestamp, ?, ?, ?, ?, ?, 1)"
         " on conflict (hostname, token) do update set last_seen_active = excluded.last_seen_active,"
         " app_version = excluded.app_version, incrementing_indicator = incrementing_indicator + 1",
         {self.host, self.token.text(), db_timestamp(self.first_seen), kind, self.command, self.version, self.backend}}
    };
}

Result<std::vector<NodeRecord>> read_nodes(const Reader& reader, Seconds fresh) {
    std::vector<NodeRecord> out;
    TRY(reader(
        "select hostname, token, app_version, command, db_backend, first_seen_active, last_seen_active,"
        " current_timestamp from node_health order by hostname, token",
        {},
        [&](const Row& row) {
            NodeRecord node;
            node.host = text_of(row[0]);
            node.token = NodeToken(text_of(row[1]));
            node.version = text_of(row[2]);
            node.command = text_of(row[3]);
            node.backend = text_of(row[4]);
            node.first_seen = time_of(row[5]);
            node.last_seen = time_of(row[6]);
            if (time_of(row[7]) - node.last_seen <= fresh) {
                out.push_back(std::move(node));
            }
        }
    ));
    return out;
}

Result<WallTime> read_clock(const Reader& reader) {
    WallTime out;
    TRY(reader("select current_timestamp", {}, [&](const Row& row) { out = time_of(row[0]); }));
    return out;
}

namespace {

struct NoteWriter {
    std::vector<Write>& out;

    void add(std::string_view sql, Row values) const { out.push_back(Write{sql, std::move(values)}); }

    void operator()(const AnalysisChange& note) const {
        add("insert or replace into database_instance_last_analysis (hostname, port, analysis_timestamp, analysis)"
            " values (?, ?, ?, ?)",
            {note.endpoint.host, port_of(note.endpoint), db_timestamp(note.at), note.code});
        add("insert into database_instance_analysis_changelog (hostname, port, analysis_timestamp, analysis)"
            " values (?, ?, ?, ?)",
            {note.endpoint.host, port_of(note.endpoint), db_timestamp(note.at), note.code});
    }
    void operator()(const ResolvedName& note) const {
        add("insert or replace into hostname_resolve (hostname, resolved_hostname, resolved_timestamp)"
            " values (?, ?, ?)",
            {note.host, note.resolved, db_timestamp(note.at)});
        if (note.host != note.resolved) {
            add("insert or replace into hostname_resolve_history (resolved_hostname, hostname, resolved_timestamp)"
                " values (?, ?, ?)",
                {note.resolved, note.host, db_timestamp(note.at)});
        }
    }
    void operator()(const HostAddresses& note) const {
        add("insert or replace into hostname_ips (hostname, ipv4, ipv6, last_updated) values (?, ?, ?, ?)",
            {note.host, note.ipv4, note.ipv6, db_timestamp(note.at)});
    }
    void operator()(const TlsRequirement& note) const {
        add("insert or replace into database_instance_tls (hostname, port, required) values (?, ?, ?)",
            {note.endpoint.host, port_of(note.endpoint), flag(note.is_required)});
    }
    void operator()(const ClusterDomain& note) const {
        add("insert or replace into cluster_domain_name (cluster_name, domain_name, last_registered)"
            " values (?, ?, ?)",
            {note.cluster.text(), note.domain, db_timestamp(note.at)});
    }
};

}  // namespace

std::vector<Write> writes_of(const Note& note) {
    std::vector<Write> out;
    std::visit(NoteWriter{out}, note);
    return out;
}

Write fence_of(const Fence& fence) {
    // Always a change, so that the count of changed rows tells; and the row is locked until the commit.
    return Write{
        "update orchestrator_cluster_lease set expires_unix_ms = expires_unix_ms + 1"
        " where cluster_name = ? and term = ? and holder_token = ?",
        {fence.lease.text(), static_cast<std::int64_t>(fence.term), fence.holder.text()}
    };
}

Result<std::optional<ActiveNode>> read_active_node(const Reader& reader) {
    std::optional<ActiveNode> out;
    TRY(reader(
        "select hostname, token, first_seen_active, last_seen_active, current_timestamp from active_node"
        " where anchor = 1",
        {},
        [&](const Row& row) {
            ActiveNode node;
            node.host = text_of(row[0]);
            node.token = NodeToken(text_of(row[1]));
            node.first_seen = time_of(row[2]);
            node.last_seen = time_of(row[3]);
            node.age = std::chrono::duration_cast<Seconds>(time_of(row[4]) - node.last_seen);
            if (!node.token.empty()) {
                out = std::move(node);
            }
        }
    ));
    return out;
}

Write claim_of(const NodeRecord& self) {
    return Write{
        "insert into active_node (anchor, hostname, token, last_seen_active, first_seen_active)"
        " values (1, ?, ?, current_timestamp, current_timestamp) on conflict (anchor) do update set hostname = "
        "excluded.hostname,"
        " token = excluded.token, last_seen_active = excluded.last_seen_active,"
        " first_seen_active = excluded.first_seen_active",
        {self.host, self.token.text()}
    };
}

Write refresh_of_claim() {
    return Write{"update active_node set last_seen_active = current_timestamp where anchor = 1", {}};
}

Result<std::string> read_commit_mark(const Reader& reader) {
    std::string out;
    TRY(reader("select count(*), max(applied_at), max(commit_id) from orchestrator_commit", {}, [&](const Row& row) {
        const auto* number = std::get_if<std::int64_t>(&row[0]);
        const std::string count = number != nullptr ? std::to_string(*number) : text_of(row[0]);
        out = count + " until " + text_of(row[1]) + ", " + text_of(row[2]);
    }));
    return out;
}

namespace {

// Deletes all rows that have outlived their use. `key` tells them apart.
struct Outlived {
    std::string_view sql;
    Row values;
    std::string_view key = "rowid";
};

// delete from t where condition -> delete from t where key in (select key from t where condition limit ?)
Expiry expiry_of(Outlived rows) {
    constexpr std::string_view where = " where ";
    const auto table = rows.sql.find("from ");
    const auto condition = rows.sql.find(where) + where.size();
    const std::string key(rows.key);
    rows.values.emplace_back(expired_at_once);
    return Expiry{
        std::string(rows.sql.substr(0, condition)) + key + " in (select " + key + " " +
            std::string(rows.sql.substr(table)) + " limit ?)",
        std::move(rows.values)
    };
}

}  // namespace

std::vector<Expiry> expiries(WallTime now, WallTime there, const Retention& retention) {
    using std::chrono::days;
    using std::chrono::hours;
    using std::chrono::minutes;
    const std::string before_history = db_timestamp(now - retention.history);
    const std::string before_unseen = db_timestamp(now - retention.unseen);
    const std::string before_resolves = db_timestamp(now - retention.resolves);
    // Rows that still block, or that somebody still has to finish, stay whatever their age.
    const Outlived all[] = {
        {"delete from audit where audit_timestamp < ?", {before_history}},
        {"delete from topology_recovery_steps where audit_at < ?", {before_history}},
        {"delete from topology_recovery where start_active_period < ? and in_active_period = 0"
         " and end_recovery is not null",
         {before_history}},
        {"delete from topology_failure_detection where start_active_period < ? and in_active_period = 0",
         {before_history}},
        {"delete from database_instance where last_seen < ?", {before_unseen}},
        {"delete from node_health_history where first_seen_active < ?", {before_unseen}},
        {"delete from database_instance_analysis_changelog where analysis_timestamp < ?", {before_unseen}},
        {"delete from database_instance_last_analysis where analysis_timestamp < ? and not exists (select 1 from"
         " database_instance d where d.hostname = database_instance_last_analysis.hostname"
         " and d.port = database_instance_last_analysis.port)",
         {before_unseen}},
        {"delete from master_position_equivalence where last_suggested < ?", {before_unseen}},
        {"delete from cluster_alias where last_registered < ? and not exists (select 1 from database_instance d"
         " where d.cluster_name = cluster_alias.cluster_name)",
         {before_unseen}},
        {"delete from hostname_resolve where resolved_timestamp < ?", {db_timestamp(now - 2 * retention.resolves)}},
        {"delete from cluster_domain_name where last_registered < ?", {before_resolves}},
        {"delete from cluster_injected_pseudo_gtid where time_injected < ?", {db_timestamp(now - minutes(60))}},
        {"delete from database_instance_coordinates_history where recorded_timestamp < ?",
         {db_timestamp(now - minutes(4))}},
        {"delete from database_instance_stale_binlog_coordinates where first_seen < ?", {db_timestamp(now - minutes(1))}
        },
        {"delete from database_instance_maintenance where maintenance_active is null and end_timestamp < ?",
         {db_timestamp(now - days(7))}},
        {"delete from node_health where last_seen_active < ?", {db_timestamp(there - Seconds(5))}},
        {"delete from orchestrator_errand where asked_at < ?", {db_timestamp(there - hours(1))}},
        // A channel that a later reading of its server did not find any more.
        {"delete from database_instance_channels where not exists (select 1 from database_instance i"
         " where i.hostname = database_instance_channels.hostname and i.port = database_instance_channels.port"
         " and i.last_seen <= database_instance_channels.last_seen)",
         {}},
        {"delete from orchestrator_commit where applied_at < ?", {db_timestamp(now - hours(1))}, "commit_id"},
    };
    std::vector<Expiry> out;
    for (const auto& rows : all) {
        out.push_back(expiry_of(rows));
    }
    return out;
}

}  // namespace orc::store
