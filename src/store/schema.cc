#include "store/schema.h"

#include <set>
#include <vector>

#include "runtime/log.h"

namespace orc::store {
namespace {

struct Column {
    std::string name, declaration;
};

std::string text_of(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string() : *text;
}

constexpr std::string_view columns_sql = R"sql(
    select t.name, c.name, c.type, c."notnull", c.dflt_value
    from sqlite_master t, pragma_table_info(t.name) c
    where t.type = 'table' and t.name not like 'sqlite_%' order by t.name, c.cid)sql";

// A column that an older table lacks can only be added with a default.
std::string declaration_of(const Row& column) {
    std::string out = '"' + text_of(column[1]) + "\" " + text_of(column[2]);
    const bool required = std::get<std::int64_t>(column[3]) != 0;
    const bool has_default = std::holds_alternative<std::string>(column[4]);
    if (required) {
        out += " not null";
    }
    if (has_default) {
        out += " default " + text_of(column[4]);
    } else if (required) {
        out += text_of(column[2]).find("int") == std::string::npos ? " default ''" : " default 0";
    }
    return out;
}

// What the tables should look like, asked of an empty database, so that the schema is written down only once.
Result<void> add_missing_columns(Database& database) {
    std::set<std::pair<std::string, std::string>> present;
    TRY(database.query(columns_sql, {}, [&](const Row& row) { present.emplace(text_of(row[0]), text_of(row[1])); }));
    TRY(auto model, Database::open(":memory:"));
    TRY(model.run_script(classic_schema()));
    TRY(model.run_script(own_schema()));
    std::vector<std::string> additions;
    TRY(model.query(columns_sql, {}, [&](const Row& row) {
        if (!present.contains({text_of(row[0]), text_of(row[1])})) {
            additions.push_back("alter table " + text_of(row[0]) + " add column " + declaration_of(row));
        }
    }));
    for (const auto& statement : additions) {
        TRY(database.run_script(statement));
    }
    return {};
}

Result<bool> has_table(Database& database, std::string name) {
    bool found = false;
    TRY(database.query(
        "select 1 from sqlite_master where type = 'table' and name = ?",
        Row{std::move(name)},
        [&](const Row&) { found = true; }
    ));
    return found;
}

Result<bool> is_current(Database& database) {
    TRY(const bool known, has_table(database, "orchestrator_schema_migration"));
    bool current = false;
    if (known) {
        TRY(database.query(
            "select 1 from orchestrator_schema_migration where version = ?",
            Row{schema_version},
            [&](const Row&) { current = true; }
        ));
    }
    return current;
}

bool is_create_index(std::string_view statement) {
    return statement.find("index if not exists") != std::string_view::npos;
}

// Indexes speed things up or guard against mistakes of others; an old database whose rows do not fit one still opens.
bool skip_index(std::string_view statement, const Error& error) {
    if (!is_create_index(statement) || error.code != ErrorCode::conflict) {
        return false;
    }
    LOG(warning, "store.index_skipped", {{"statement", statement}, {"error", error.message}});
    return true;
}

Result<void> record_deployment(Database& database, WallTime now) {
    const std::string version(deployed_version);
    TRY(database.run(
        "insert or replace into orchestrator_db_deployments (deployed_version, deployed_timestamp) values (?, ?)",
        Row{version, db_timestamp(now)}
    ));
    TRY(database.run(
        "insert or replace into orchestrator_schema_migration (version, applied_at, written_by) values (?, ?, ?)",
        Row{schema_version, db_timestamp(now), version}
    ));
    TRY(database.run(
        "insert or ignore into active_node (anchor, hostname, token, last_seen_active) values (1, '', '', ?)",
        Row{db_timestamp(now)}
    ));
    return {};
}

}  // namespace

std::string_view own_schema() {
    return R"sql(
create table if not exists orchestrator_schema_migration (
    version integer not null primary key, applied_at timestamp not null, written_by varchar(128) not null
);
create table if not exists orchestrator_commit (
    commit_id varchar(128) not null primary key, applied_at timestamp not null
) without rowid;
create index if not exists applied_at_idx_orchestrator_commit on orchestrator_commit (applied_at);
create table if not exists orchestrator_cluster_lease (
    cluster_name varchar(128) not null primary key, term bigint not null, purpose varchar(255) not null,
    holder_token varchar(128) not null, expires_unix_ms bigint not null
);
create table if not exists orchestrator_recovery_progress (
    recovery_uid varchar(128) not null primary key, phase varchar(32) not null, plan text not null,
    at_unix_ms bigint not null
);
create table if not exists orchestrator_primary_term (
    hostname varchar(128) not null, port smallint not null, term bigint not null,
    primary_hostname varchar(128) not null, primary_port smallint not null, executed text not null,
    since_unix_ms bigint not null, primary key (hostname, port)
);
)sql";
}

Result<void> migrate(Database& database, WallTime now) {
    TRY(const bool current, is_current(database));
    if (current) {
        return {};
    }
    TRY(const bool existed, has_table(database, "database_instance"));
    TRY(auto transaction, Transaction::begin(database));
    TRY(database.run_script(own_schema()));
    if (existed) {
        // Columns first: indexes may need them.
        TRY(database.run_script(classic_schema(), [](std::string_view statement, const Error&) {
            return is_create_index(statement);
        }));
        TRY(add_missing_columns(database));
    }
    TRY(database.run_script(classic_schema(), skip_index));
    TRY(record_deployment(database, now));
    return transaction.commit();
}

}  // namespace orc::store
