#include "app/audit_log.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace orc::app {
namespace {

model::AuditEntry entry() {
    model::AuditEntry out;
    out.at = WallTime(std::chrono::seconds(1714564800));
    out.type = "begin-downtime";
    out.endpoint = Endpoint{"db1", 3306};
    out.cluster = "db1:3306";
    out.message = "owner: me,\treason: a\nb";
    return out;
}

TEST(AuditLine, has_the_classic_columns_on_one_line) {
    const std::string line = audit_line(entry());
    EXPECT_EQ(line.substr(19), "\tbegin-downtime\tdb1\t3306\t[db1:3306]\towner: me, reason: a b\t\n");
    EXPECT_EQ(
        audit_text(entry()),
        "auditType:begin-downtime instance:db1:3306 cluster:db1:3306 message:owner: me, reason: a b"
    );
    auto nobody = entry();
    nobody.endpoint.reset();
    nobody.cluster.clear();
    EXPECT_EQ(audit_line(nobody).substr(19, 22), "\tbegin-downtime\t\t0\t[]\t");
}

TEST(AuditFile, gets_a_line_for_each_entry_and_nothing_else) {
    char pattern[] = "/tmp/orc-audit-XXXXXX";
    const std::string folder = mkdtemp(pattern);
    config::Settings settings;
    settings.audit_log_file = folder + "/audit.log";
    std::vector<model::Change> changes;
    changes.push_back(model::SetRecoveriesDisabled{true});
    changes.push_back(model::AppendAudit{entry()});
    tell_audit(changes, settings);
    tell_audit(changes, settings);
    std::ifstream in(settings.audit_log_file);
    std::ostringstream text;
    text << in.rdbuf();
    EXPECT_EQ(text.str(), audit_line(entry()) + audit_line(entry()));
    settings.audit_log_file = folder + "/no/such/folder";
    tell_audit(changes, settings);  // holds nothing up
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace orc::app
