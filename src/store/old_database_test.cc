// A database made by release 3.2.6, with rows in every table, is opened in place: nothing in it is lost, and its
// readers find their columns.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/facts.h"
#include "store/any_store_test.h"
#include "store/schema.h"

namespace orc::store {
namespace {

using namespace model;
using testing::run;

using testing::noon;
constexpr int rows_each = 3;

// Texts are kept for ever, because statements are cached by their address.
std::string_view kept(std::string text) {
    static std::set<std::string> all;
    return *all.insert(std::move(text)).first;
}

bool is_number(const ColumnText& column) {
    return column.declaration.substr(0, column.declaration.find_first_of("( ")).ends_with("int") ||
           column.declaration.starts_with("integer");
}

// A value that fits the column and differs from row to row, so that no unique index stands in the way.
Value made_up(const TableText& table, const ColumnText& column, int row) {
    if (column.declaration.starts_with("timestamp")) {
        return db_timestamp(noon + Seconds(row));
    }
    if (is_number(column)) {
        const bool is_row_id = column.name.ends_with("_id") && column.name != "server_id";
        return std::int64_t{is_row_id ? 100 + row : 1 + row};
    }
    if (column.name == "promotion_rule") {
        return std::string("prefer");
    }
    if (table.name == "database_instance" && column.name == "slave_hosts") {
        return std::string(R"([{"Hostname":"db'2","Port":3306}])");
    }
    if (column.name == "gtid_errant" && row == 1) {
        return std::string();
    }
    return column.name.substr(0, 9) + std::to_string(row) + "'\\";
}

// What the release itself would have made: classic tables, and itself among the deployments.
void make_old_database(Backend& backend) {
    for (const auto& table : tables_of(classic_schema(), backend.dialect())) {
        ASSERT_TRUE(backend.execute(table.create));
        for (const auto& index : table.indexes) {
            ASSERT_TRUE(backend.execute(index));
        }
        for (int row = 0; row < rows_each; ++row) {
            std::string names;
            std::string marks;
            Row values;
            for (const auto& column : table.columns) {
                names += (names.empty() ? "" : ", ") + column.name;
                marks += marks.empty() ? "?" : ", ?";
                values.push_back(made_up(table, column, row));
            }
            const auto sql = kept("insert into " + table.name + " (" + names + ") values (" + marks + ")");
            const auto done = backend.run(sql, values);
            ASSERT_TRUE(done) << table.name << ": " << done.error().message;
        }
    }
}

std::string text_of(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? "NULL" : *text;
}

// All rows of all classic tables, read with the classic columns.
std::map<std::string, std::set<std::string>> everything(Backend& backend) {
    std::map<std::string, std::set<std::string>> out;
    for (const auto& table : tables_of(classic_schema(), backend.dialect())) {
        std::string names;
        for (const auto& column : table.columns) {
            names += (names.empty() ? "" : ", ") + column.name;
        }
        const auto read = backend.query(kept("select " + names + " from " + table.name), {}, [&](const Row& row) {
            std::string line;
            for (const auto& value : row) {
                line += text_of(value) + "|";
            }
            out[table.name].insert(line);
        });
        EXPECT_TRUE(read) << read.error().message;
    }
    return out;
}

void use(Store& store, asio::io_context& io) {
    const Endpoint ours{"ours", 3306};
    RecoveryRecord recovery;
    recovery.id = 500;
    recovery.uid = RecoveryUid("ours");
    recovery.failed = ours;
    recovery.errors = {"na\u00efve \xff error"};
    const std::vector<Change> changes = {
        PutDowntime{{ours, noon, noon + Seconds(60), "ann", "x"}},
        EndDowntime{ours},
        PutMaintenance{{ours, noon, noon + Seconds(60), "ann", "x", "", NodeToken(), 600}},
        EndMaintenance{ours, noon},
        PutTag{{ours, "role", "x", noon}},
        PutPool{{"ours", {ours}, noon}},
        PutRecovery{recovery},
        PutKeyValue{"ours", "1", noon},
        SetRecoveriesDisabled{true},
        AppendAudit{{noon, "ours", ours, "", "m"}},
        PutClusterAlias{ClusterName("ours"), "ours"},
    };
    const auto applied = run(io, store.apply("ours", changes));
    EXPECT_TRUE(applied) << applied.error().message;
    auto server = std::make_shared<Server>();
    server->endpoint = ours;
    server->facts = std::make_shared<Facts>();
    server->cluster = ClusterName("ours:3306");
    store.write_observed(server);
    store.note(AnalysisChange{ours, "DeadMaster", noon});
    const NodeRecord self{"here", NodeToken("t"), "4", "", "x", noon, noon};
    EXPECT_TRUE(run(io, store.register_node(self, Seconds(2))));
    EXPECT_TRUE(run(io, store.recoveries({})));
    run(io, store.close());
}

TEST_P(AnyDatabase, an_old_database_keeps_every_row_of_every_table) {
    const auto medium = GetParam()();
    auto raw = medium->backend();
    ASSERT_NE(raw, nullptr);
    ASSERT_NO_FATAL_FAILURE(make_old_database(*raw));
    const auto before = everything(*raw);
    EXPECT_EQ(before.size(), 47U);
    const auto store = medium->store();
    const auto intent = run(io_, store->open());
    ASSERT_TRUE(intent) << intent.error().message;
    EXPECT_EQ(intent->key_values.size(), std::size_t{rows_each});
    EXPECT_EQ(intent->alias_overrides.size(), std::size_t{rows_each});
    EXPECT_EQ(intent->tags.size(), std::size_t{rows_each});
    EXPECT_EQ(intent->pools.size(), std::size_t{rows_each});
    EXPECT_EQ(intent->access_tokens.size(), std::size_t{rows_each});
    EXPECT_EQ(intent->unresolves.size(), std::size_t{rows_each});
    EXPECT_EQ(intent->candidates.size(), std::size_t{rows_each});
    EXPECT_EQ(intent->attributes.size(), std::size_t{rows_each});
    EXPECT_EQ(run(io_, store->known_servers())->size(), std::size_t{rows_each});
    use(*store, io_);
    auto after = everything(*raw);
    for (const auto& [table, rows] : before) {
        for (const auto& row : rows) {
            EXPECT_EQ(after[table].count(row), 1U) << table << " has lost " << row;
        }
    }
    const auto count = [&](const char* table) { return after[table].size(); };
    EXPECT_EQ(count("database_instance"), rows_each + 1U);
    EXPECT_EQ(count("topology_recovery"), rows_each + 1U);
    EXPECT_EQ(count("orchestrator_db_deployments"), rows_each + 1U);
    EXPECT_EQ(count("audit"), rows_each + 1U);
}

TEST_P(AnyDatabase, an_old_database_gets_columns_that_an_older_release_lacked) {
    const auto medium = GetParam()();
    auto raw = medium->backend();
    ASSERT_NE(raw, nullptr);
    ASSERT_TRUE(
        raw->execute("create table database_instance (hostname varchar(128) not null, port int not null,"
                     " last_checked timestamp null, last_seen timestamp null, server_id int not null,"
                     " master_host varchar(128) not null, master_port int not null,"
                     " cluster_name varchar(128) not null, primary key (hostname, port))")
    );
    ASSERT_TRUE(raw->execute("insert into database_instance values ('old', 1, null, null, 7, '', 0, 'old:1')"));
    const auto store = medium->store();
    const auto opened = run(io_, store->open());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(run(io_, store->known_servers())->size(), 1U);
    use(*store, io_);
    EXPECT_EQ(everything(*raw)["database_instance"].size(), 2U);
    std::set<std::string> columns;
    ASSERT_TRUE(raw->query(raw->columns_query(), {}, [&](const Row& row) {
        if (text_of(row[0]) == "database_instance") {
            columns.insert(text_of(row[1]));
        }
    }));
    for (const auto& table : tables_of(classic_schema(), raw->dialect())) {
        for (const auto& column : table.columns) {
            EXPECT_TRUE(table.name != "database_instance" || columns.contains(column.name)) << column.name;
        }
    }
}

TEST_P(AnyDatabase, an_old_recovery_without_an_end_is_history_once_it_blocks_nobody) {
    const auto medium = GetParam()();
    auto raw = medium->backend();
    ASSERT_NE(raw, nullptr);
    ASSERT_NO_FATAL_FAILURE(make_old_database(*raw));
    ASSERT_TRUE(raw->run("update topology_recovery set end_recovery = null, in_active_period = 0"));
    ASSERT_TRUE(raw->run("update topology_recovery set in_active_period = 1 where recovery_id = 101"));
    const auto store = medium->store();
    const auto intent = run(io_, store->open());
    ASSERT_TRUE(intent) << intent.error().message;
    std::vector<std::int64_t> unresolved;
    for (const auto& [uid, record] : intent->recoveries) {
        unresolved.push_back(record.id);
    }
    EXPECT_THAT(unresolved, ::testing::ElementsAre(101));
    run(io_, store->close());
}

}  // namespace
}  // namespace orc::store
