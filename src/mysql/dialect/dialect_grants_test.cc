// What the account needs, by flavour and version, and what is found missing in each server's own words.
#include "mysql/dialect/dialect_grants.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "mysql/fake_sql_test.h"

namespace orc::mysql {
namespace {

ResultSet shown(const std::vector<std::string>& lines) {
    ResultSet out;
    out.columns = {"Grants"};
    for (const auto& line : lines) {
        out.rows.push_back({line});
    }
    return out;
}

model::Version version(std::string text) { return model::Version::parse(std::move(text), ""); }

/// The names of what is missing, joined by commas.
std::string missing(const std::string& server, const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& one : missing_grants(version(server), shown(lines))) {
        out += (out.empty() ? "" : ", ") + one.grant;
    }
    return out;
}

TEST(Grants, are_found_in_each_servers_own_words) {
    struct Case {
        std::string_view name;
        std::string server;
        std::vector<std::string> lines;
        std::string missing;
    };
    const Case cases[] = {
        {"MySQL, all",
         "9.1.0",
         {"GRANT RELOAD, PROCESS, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `o`@`%`",
          "GRANT CONNECTION_ADMIN,REPLICATION_SLAVE_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO `o`@`%`",
          "GRANT SELECT ON `performance_schema`.* TO `o`@`%`",
          "GRANT SELECT ON `mysql`.`slave_master_info` TO `o`@`%`"},
         ""},
        {"a schema stands for its tables, columns do not",
         "8.0.40",
         {"GRANT RELOAD, PROCESS, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `o`@`%`",
          "GRANT CONNECTION_ADMIN,REPLICATION_SLAVE_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO `o`@`%`",
          "GRANT SELECT (`a`, `b`) ON `performance_schema`.* TO `o`@`%`",
          "GRANT SELECT ON `mysql`.* TO `o`@`%`"},
         "SELECT ON performance_schema.*"},
        {"SUPER stands for the dynamic ones",
         "8.0.40",
         {"GRANT SELECT, RELOAD, PROCESS, SUPER, REPLICATION SLAVE ON *.* TO 'o'@'%' WITH GRANT OPTION"},
         ""},
        {"roles and proxies alone say nothing",
         "8.4.3",
         {"GRANT `r`@`%` TO `o`@`%`", "GRANT PROXY ON ``@`` TO `o`@`%`"},
         "REPLICATION CLIENT ON *.*, REPLICATION SLAVE ON *.*, PROCESS ON *.*, SELECT ON performance_schema.*, "
         "SELECT ON mysql.slave_master_info, RELOAD ON *.*, REPLICATION_SLAVE_ADMIN ON *.*, "
         "SYSTEM_VARIABLES_ADMIN ON *.*, CONNECTION_ADMIN ON *.*"},
        {"MySQL 5.7, classic",
         "5.7.44-log",
         {"GRANT RELOAD, PROCESS, SUPER, REPLICATION SLAVE ON *.* TO 'o'@'%'",
          "GRANT SELECT ON `mysql`.`slave_master_info` TO 'o'@'%'"},
         "SELECT ON performance_schema.*"},
        {"MySQL 5.7, everything", "5.7.44-log", {"GRANT ALL PRIVILEGES ON *.* TO 'o'@'%' WITH GRANT OPTION"}, ""},
        {"MariaDB, all",
         "10.11.6-MariaDB",
         {"GRANT RELOAD, PROCESS, BINLOG MONITOR, REPLICATION MASTER ADMIN, REPLICATION SLAVE ADMIN, CONNECTION ADMIN, "
          "READ_ONLY ADMIN, SLAVE MONITOR ON *.* TO `o`@`%` IDENTIFIED BY PASSWORD '*AB'"},
         ""},
        {"MariaDB, a usage",
         "10.11.6-MariaDB",
         {"GRANT SUPER, REPLICATION CLIENT ON *.* TO `o`@`%` IDENTIFIED BY PASSWORD '*AB'"},
         "PROCESS ON *.*, RELOAD ON *.*"},
        {"MariaDB 11, where SUPER contains nothing else",
         "11.8.2-MariaDB",
         {"GRANT SUPER, RELOAD, PROCESS, BINLOG MONITOR ON *.* TO `o`@`%`"},
         "SLAVE MONITOR ON *.*, REPLICATION MASTER ADMIN ON *.*, REPLICATION SLAVE ADMIN ON *.*, "
         "READ_ONLY ADMIN ON *.*, CONNECTION ADMIN ON *.*"},
        {"no answer", "9.1.0", {}, ""},
        {"MariaDB before its rights were split", "10.4.30-MariaDB", {"GRANT USAGE ON *.* TO `o`@`%`"}, ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(missing(c.server, c.lines), c.missing);
    }
}

TEST(Grants, each_missing_one_comes_with_its_statement_and_a_remedy_for_this_very_account) {
    const auto found = missing_grants(
        version("10.11.6-MariaDB"), shown({"GRANT USAGE ON *.* TO `orc hestrator`@`10.%` IDENTIFIED BY PASSWORD '*A'"})
    );
    ASSERT_EQ(found.size(), needed_grants(version("10.11.6-MariaDB")).size());
    EXPECT_EQ(found[0].grant, "SLAVE MONITOR ON *.*");
    EXPECT_EQ(found[0].statement, "SHOW ALL SLAVES STATUS");
    EXPECT_EQ(found[0].remedy, "GRANT SLAVE MONITOR ON *.* TO `orc hestrator`@`10.%`");
}

TEST(Grants, a_probe_that_fails_for_want_of_one_says_which) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::refusal(1227, "Access denied; you need something"));
    scene.sql.on(
        "SHOW GRANTS",
        FakeSql::table(
            {{"GRANT RELOAD, PROCESS, REPLICATION SLAVE ON *.* TO `orc`@`%`"},
             {"GRANT CONNECTION_ADMIN,REPLICATION_SLAVE_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO `orc`@`%`"},
             {"GRANT SELECT ON *.* TO `orc`@`%`"}}
        )
    );
    const auto facts = scene.probe();
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().number, 1227);
    const std::string wanted =
        "lacks REPLICATION CLIENT ON *.* (SHOW REPLICA STATUS, SHOW BINARY LOG STATUS, SHOW BINARY LOGS): "
        "GRANT REPLICATION CLIENT ON *.* TO `orc`@`%`";
    EXPECT_NE(facts.error().message.find(wanted), std::string::npos) << facts.error().message;
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::table({}));
    const auto better = scene.probe();
    ASSERT_TRUE(better) << better.error().message;
    EXPECT_EQ(model::text(better->missing_grants), wanted);
}

/// docs/grants.md: what to grant, made of the table that finds what is missing.
std::string document() {
    std::ostringstream out;
    out << "# The account on the monitored servers\n\n"
           "Generated by `mysql_test` from the table by which missing rights are found; `UPDATE_EXPECTED=1 "
           "build/check/bin/mysql_test\n--gtest_filter='Grants.*'` renews it.\n\n"
           "`MySQLTopologyUser` needs what is granted here, and nothing else. What an account lacks is logged when it "
           "is "
           "found\n(`discovery.grant_missing`, with the statement that it is needed for and the `GRANT` that mends "
           "it), "
           "shown as the server's error\non the page, listed by `/api/missing-grants`, and part of a probe's error "
           "when the "
           "probe fails for want of it. It is\nlooked for when a session begins and every few probes; what is granted "
           "is noticed within\nhalf a minute. The site's own questions (`Detect...Query`, `ReplicationLagQuery`) need "
           "`SELECT` on the tables that they read.\n";
    const std::pair<std::string_view, std::string> servers[] = {
        {"MySQL and Percona Server 8.0 to 9.x", "8.4.0"},
        {"MySQL and Percona Server 5.7", "5.7.44"},
        {"MariaDB 10.5 and newer", "10.11.6-MariaDB"},
    };
    for (const auto& [title, text] : servers) {
        out << "\n## " << title << "\n\n```sql\nCREATE USER 'orchestrator'@'%' IDENTIFIED BY '...';\n";
        const auto grants = needed_grants(version(text));
        for (const auto& grant : grants) {
            out << grant_statement(grant, "'orchestrator'@'%'") << ";\n";
        }
        out << "```\n\n| right | for |\n|---|---|\n";
        for (const auto& grant : grants) {
            out << "| `" << grant.privilege << "` on `" << grant.object << "` | " << grant.used_for << " |\n";
        }
    }
    out << "\n`SUPER` stands for the rights that it contains: on MySQL the last three and `REPLICATION CLIENT`, on "
           "MariaDB "
           "before 11.0\nthose that end in `ADMIN` and `SLAVE MONITOR`.\n";
    return out.str();
}

TEST(Grants, documented_ones_are_those_that_are_looked_for) {
    const std::string path = std::string(ORC_SOURCE_DIR) + "/docs/grants.md";
    if (std::getenv("UPDATE_EXPECTED") != nullptr) {
        std::ofstream(path, std::ios::binary) << document();
    }
    std::ifstream in(path, std::ios::binary);
    std::ostringstream committed;
    committed << in.rdbuf();
    EXPECT_EQ(committed.str(), document()) << "run this test with UPDATE_EXPECTED=1 and commit the difference";
}

}  // namespace
}  // namespace orc::mysql
