#include "store/schema.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

#include "runtime/log.h"

namespace orc::store {
namespace {

std::string text_of(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string() : *text;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

using Columns = std::set<std::pair<std::string, std::string>>;

Result<Columns> present_columns(Backend& backend) {
    Columns out;
    TRY(backend.query(backend.columns_query(), {}, [&](const Row& row) {
        out.emplace(lower(text_of(row[0])), lower(text_of(row[1])));
    }));
    return out;
}

bool has_table(const Columns& columns, const std::string& name) {
    const auto found = columns.lower_bound({name, ""});
    return found != columns.end() && found->first == name;
}

Result<bool> is_current(Backend& backend, const Columns& columns) {
    bool current = false;
    if (has_table(columns, "orchestrator_schema_migration")) {
        TRY(backend.query(
            "select 1 from orchestrator_schema_migration where version = ?",
            Row{schema_version},
            [&](const Row&) { current = true; }
        ));
    }
    return current;
}

// Indexes speed things up or guard against mistakes of others; an old database whose rows do not fit one still opens.
Result<void> create_index(Backend& backend, const std::string& statement) {
    auto done = backend.execute(statement);
    if (!done && done.error().code == ErrorCode::conflict) {
        LOG(warning, "store.index_skipped", {{"statement", statement}, {"error", done.error().message}});
        return {};
    }
    return done;
}

Result<void> bring_up_to_date(Backend& backend, const Columns& present, std::string_view schema) {
    for (const auto& table : tables_of(schema, backend.dialect())) {
        if (!has_table(present, table.name)) {
            TRY(backend.execute(table.create));
        } else {
            // Columns first: indexes may need them.
            for (const auto& column : table.columns) {
                if (!present.contains({table.name, column.name})) {
                    TRY(backend.execute(
                        "alter table " + table.name + " add column " + column.name + " " + column.addition
                    ));
                }
            }
        }
        for (const auto& index : table.indexes) {
            TRY(create_index(backend, index));
        }
    }
    return {};
}

Result<void> record_deployment(Backend& backend, WallTime now) {
    const std::string version(deployed_version);
    TRY(backend.run(
        "insert or replace into orchestrator_db_deployments (deployed_version, deployed_timestamp) values (?, ?)",
        Row{version, db_timestamp(now)}
    ));
    TRY(backend.run(
        "insert or replace into orchestrator_schema_migration (version, applied_at, written_by) values (?, ?, ?)",
        Row{schema_version, db_timestamp(now), version}
    ));
    TRY(backend.run(
        "insert or ignore into active_node (anchor, hostname, token, last_seen_active) values (1, '', '', ?)",
        Row{db_timestamp(now)}
    ));
    return {};
}

Result<void> migrate_locked(Backend& backend, WallTime now, Migration when) {
    TRY(auto transaction, Transaction::begin(backend));
    // Another process may have been faster.
    TRY(const auto present, present_columns(backend));
    TRY(const bool current, is_current(backend, present));
    if (current && when == Migration::if_needed) {
        return {};
    }
    TRY(bring_up_to_date(backend, present, own_schema()));
    TRY(bring_up_to_date(backend, present, classic_schema()));
    TRY(record_deployment(backend, now));
    return transaction.commit();
}

}  // namespace

std::string_view own_schema() {
    return R"schema(
table orchestrator_schema_migration
    version bigint(20); applied_at timestamp = '1971-01-01 00:00:00'; written_by varchar(128);
    primary (version);

table orchestrator_commit rowless
    commit_id varchar(128); applied_at timestamp = '1971-01-01 00:00:00';
    primary (commit_id); index applied_at_idx_orchestrator_commit (applied_at);

table orchestrator_cluster_lease
    cluster_name varchar(128); term bigint(20); purpose varchar(255) utf8; holder_token varchar(128);
    expires_unix_ms bigint(20);
    primary (cluster_name);

table orchestrator_recovery_progress
    recovery_uid varchar(128); phase varchar(32); plan mediumtext utf8 ~ text; at_unix_ms bigint(20);
    primary (recovery_uid);

table orchestrator_primary_term
    hostname varchar(128); port smallint(5) unsigned; term bigint(20); primary_hostname varchar(128);
    primary_port smallint(5) unsigned; executed mediumtext ~ text; since_unix_ms bigint(20);
    primary (hostname, port);

table orchestrator_errand
    errand_id varchar(128); asked_at timestamp = now; method varchar(16); target mediumblob ~ text;
    asked_by varchar(255) utf8; taken_by varchar(128) = ''; status int(10) unsigned = '0';
    headers mediumblob ~ text; answer mediumblob ~ text;
    primary (errand_id); index asked_at_idx_orchestrator_errand (asked_at);

table database_instance_channels
    hostname varchar(128); port smallint(5) unsigned; channel_name varchar(128); master_host varchar(128);
    master_port smallint(5) unsigned; master_uuid varchar(64) = ''; replication_io_running tinyint(3) unsigned = 0;
    replication_sql_running tinyint(3) unsigned = 0; seconds_behind_master bigint(20) null; last_io_error text ~ text;
    last_sql_error text ~ text; last_seen timestamp = now / '';
    primary (hostname, port, channel_name);
)schema";
}

Result<void> migrate(Backend& backend, WallTime now, Migration when) {
    TRY(const auto present, present_columns(backend));
    TRY(const bool current, is_current(backend, present));
    if (current && when == Migration::if_needed) {
        return {};
    }
    TRY(backend.hold_migration_lock(true));
    auto done = migrate_locked(backend, now, when);
    auto released = backend.hold_migration_lock(false);
    return done ? std::move(released) : std::move(done);
}

namespace {

Result<bool> is_deployed(Backend& backend, const Columns& columns) {
    bool found = false;
    if (has_table(columns, "orchestrator_db_deployments")) {
        TRY(backend.query(
            "select 1 from orchestrator_db_deployments where deployed_version = ?",
            Row{std::string(deployed_version)},
            [&](const Row&) { found = true; }
        ));
    }
    return found;
}

}  // namespace

Result<void> prepare(Backend& backend, WallTime now, const OpenRules& rules) {
    if (rules.redeploy && rules.leave_tables) {
        return fail(
            ErrorCode::refused,
            "SkipOrchestratorDatabaseUpdate is set: tables are redeployed without it, or with -enable-database-update"
        );
    }
    if (rules.redeploy) {
        return migrate(backend, now, Migration::always);
    }
    if (!rules.leave_tables && !rules.same_version_only) {
        return migrate(backend, now);
    }
    TRY(const auto present, present_columns(backend));
    if (rules.leave_tables) {
        TRY(const bool current, is_current(backend, present));
        if (!current) {
            return fail(
                ErrorCode::refused,
                "SkipOrchestratorDatabaseUpdate is set, but the database lacks tables of this version: start once "
                "without it, or with -enable-database-update"
            );
        }
        return {};
    }
    TRY(const bool deployed, is_deployed(backend, present));
    if (!deployed) {
        return fail(
            ErrorCode::refused,
            "PanicIfDifferentDatabaseDeploy is set, and version " + std::string(deployed_version) +
                " is not among those whose tables were deployed in the database"
        );
    }
    return migrate(backend, now);
}

}  // namespace orc::store
