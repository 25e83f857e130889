// The command line on real servers: the real binary, first beside a running service, then on the same database by
// itself. Both must print the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "run_command.h"
#include "stage.h"

namespace orc::integration {
namespace {

using sandbox::Flavor;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Commands : public testing::TestWithParam<Flavor> {
protected:
    void SetUp() override {
        StageOptions options;
        options.flavor = GetParam();
        options.servers = 3;
        // Nobody is promoted behind the test's back.
        options.settings["RecoverMasterClusterFilters"] = "[]";
        stage_ = Stage::set_up(std::move(options));
        ASSERT_NE(stage_, nullptr);
        for (int i = 1; i <= 3; ++i) {
            names_.push_back(stage_->servers().endpoint(i).text());
        }
    }

    Ran command(const std::string& arguments) { return run_command(stage_->service().configuration(), arguments); }

    /// Prints `out`, nothing on standard error, and succeeds.
    void expect(const std::string& arguments, const std::string& out) {
        const Ran ran = command(arguments);
        EXPECT_EQ(ran.out, out) << arguments;
        EXPECT_EQ(ran.error, "") << arguments;
        EXPECT_EQ(ran.status, 0) << arguments;
    }
    void expect_failure(const std::string& arguments, const std::string& why) {
        const Ran ran = command(arguments);
        EXPECT_EQ(ran.out, "") << arguments;
        EXPECT_THAT(ran.error, HasSubstr("FATAL ")) << arguments;
        EXPECT_THAT(ran.error, HasSubstr(why)) << arguments;
        EXPECT_EQ(ran.status, 1) << arguments;
    }

    /// What must be the same beside a service and without one. Whatever it changes it changes back.
    void expect_the_same_from_everybody() {
        const auto& [primary, replica, other] = std::tie(names_[0], names_[1], names_[2]);
        expect("-c clusters", primary + "\n");
        expect("-c all-instances", primary + "\n" + replica + "\n" + other + "\n");
        expect("-c which-cluster -i " + other, primary + "\n");
        expect("-c which-cluster-master -i " + replica, primary + "\n");
        expect("-c which-master -i " + replica, primary + "\n");
        expect("-c which-replicas -i " + primary, replica + "\n" + other + "\n");
        expect("-c is-replicating -i " + replica + "," + primary, replica + "\n");
        expect("-c can-replicate-from -i " + replica + " -d " + other, other + "\n");
        expect("-c which-gtid-errant -i " + replica, "\n");
        expect(
            "-c find -pattern ':" + primary.substr(primary.rfind(':') + 1) + "$'",
            primary + "\n" + replica + "\n" + other + "\n"
        );
        expect("-c tag -i " + replica + " -tag role=backup", replica + "\n");
        expect("-c tagged -tag role=backup", replica + "\n");
        EXPECT_THAT(command("-c topology-tags -i " + primary).out, HasSubstr("] [role=backup]\n"));
        expect("-c untag -i " + replica + " -tag role", replica + "\n");
        expect("-c begin-downtime -i " + other + " -reason 'a new disk' -duration 1h -owner bob", other + "\n");
        expect("-c which-downtimed-instances", other + "\n");
        expect("-c end-downtime -i " + other, other + "\n");
        expect("-c submit-pool-instances -pool web -i " + replica + "," + other, "");
        expect("-c which-heuristic-cluster-pool-instances -i " + primary + " -pool web", replica + "\n" + other + "\n");
        expect("-c resolve -i " + primary, primary + "\n");
        expect("-c snapshot-topologies", "");
        EXPECT_THAT(
            command("-c topology -i " + other + " -pattern ^1").out,
            HasSubstr(primary + "\n- " + replica + "\n- " + other + "\n")
        );
        expect("-c redeploy-internal-db", "Redeployed internal db\n");
        EXPECT_THAT(command("-c get-candidate-replica -i " + primary).out, AnyOf(replica + "\n", other + "\n"));
        EXPECT_THAT(
            command("-c restart-replica-statements -i " + replica + " -statement 'do 1'").out,
            ::testing::MatchesRegex("STOP [A-Z]+ IO_THREAD;\nSTOP [A-Z]+ SQL_THREAD;\ndo 1;\n"
                                    "START [A-Z]+ SQL_THREAD;\nSTART [A-Z]+ IO_THREAD;\n")
        );
        expect("-c recover -i " + primary, "");
        EXPECT_THAT(command("-c access-token").out, ::testing::MatchesRegex("[0-9a-f]+\n"));
        const Ran why = command("-c explain -i " + primary);
        EXPECT_THAT(why.out, HasSubstr("Verdict: NoProblem\n"));
        EXPECT_THAT(why.out, HasSubstr("  " + replica + ": alive: "));
        EXPECT_THAT(why.out, HasSubstr("make " + replica + " writable"));
        expect_failure("-c begin-downtime -i ''", "-reason is required");
        expect_failure("-c end-downtime -i ''", "-i is empty");
        expect_failure("-c locate-gtid-errant -i " + replica, "has no errant GTIDs");
        expect_failure("-c which-instance -i nobody.invalid", "nobody.invalid");
        expect_failure("-c stop-slave -i " + replica, "stop-replica is not available");
        EXPECT_THAT(command("-c topology -i " + replica).out, StartsWith(primary + " "));
    }

    std::unique_ptr<Stage> stage_;
    std::vector<std::string> names_;
};

TEST_P(Commands, print_the_same_beside_a_service_and_without_one) {
    expect_the_same_from_everybody();
    const std::string beside = command("-c topology-tabulated -i " + names_[0]).out;
    ASSERT_TRUE(stage_->service().terminate());
    SCOPED_TRACE("without a service");
    expect_the_same_from_everybody();
    EXPECT_EQ(command("-c topology-tabulated -i " + names_[0]).out, beside);
}

TEST_P(Commands, find_the_binary_logs_with_errant_transactions) {
    const std::string& replica = names_[1];
    expect_failure("-c locate-gtid-errant -i " + replica, "has no errant GTIDs");
    // A source that has executed nothing yet proves nothing about its replicas.
    ASSERT_TRUE(stage_->servers().sql(1, "CREATE DATABASE common"));
    for (const std::string statement : {"CREATE DATABASE astray", "FLUSH BINARY LOGS", "FLUSH BINARY LOGS"}) {
        const auto done = stage_->servers().sql(2, statement);
        ASSERT_TRUE(done) << done.error().message;
    }
    const auto files = stage_->servers().sql(2, "SHOW BINARY LOGS");
    ASSERT_TRUE(files && files->cells.size() > 2);
    const std::string written = files->at(files->cells.size() - 3, "Log_name").value_or("");
    const std::string newest = files->at(files->cells.size() - 1, "Log_name").value_or("");
    EXPECT_TRUE(eventually(seconds(10), [&] { return command("-c which-gtid-errant -i " + replica).out.size() > 1; }));
    expect("-c locate-gtid-errant -i " + replica, written + "\n");
    // MariaDB keeps a file until the storage engines have said that they do not need it after a crash.
    EXPECT_TRUE(eventually(seconds(10), [&] {
        static_cast<void>(stage_->servers().sql(2, "PURGE BINARY LOGS TO '" + newest + "'"));
        const auto left = stage_->servers().sql(2, "SHOW BINARY LOGS");
        return left && left->at(0, "Log_name") == newest;
    }));
    expect_failure("-c locate-gtid-errant -i " + replica, "has purged the binary logs of errant GTIDs");
}

INSTANTIATE_TEST_SUITE_P(Flavors, Commands, testing::Values(Flavor::mariadb, Flavor::mysql), [](const auto& instance) {
    return std::string(name(instance.param));
});

}  // namespace
}  // namespace orc::integration
