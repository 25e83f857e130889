#include "sandbox/writer.h"

#include <gmock/gmock.h>

#include "sandbox/sandbox.h"

namespace orc::sandbox {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

const Endpoint a{.host = "a", .port = 1};
const Endpoint b{.host = "b", .port = 1};

Ack ack(const Endpoint& server, int sent, int acked) {
    const Writer::Time zero{};
    return {
        .id = 0,
        .server = server,
        .sent = zero + std::chrono::milliseconds{sent},
        .acked = zero + std::chrono::milliseconds{acked}
    };
}

TEST(DoublePrimary, is_found_only_when_the_times_prove_it) {
    struct Case {
        std::string_view name;
        std::vector<Ack> acked;
        bool found;
    };
    const Case cases[] = {
        {"nothing", {}, false},
        {"one server", {ack(a, 0, 1), ack(a, 2, 3)}, false},
        {"a clean change", {ack(a, 0, 1), ack(a, 2, 3), ack(b, 4, 5), ack(b, 6, 7)}, false},
        {"there and back much later", {ack(a, 0, 1), ack(b, 300, 301), ack(a, 600, 601)}, false},
        {"the last answer of the old one read late", {ack(a, 0, 1), ack(b, 10, 11), ack(a, 3, 60)}, false},
        {"writes in turn", {ack(a, 0, 1), ack(b, 2, 3), ack(a, 4, 5), ack(b, 6, 7)}, true},
        {"one stray row in the middle", {ack(a, 0, 1), ack(a, 10, 11), ack(b, 4, 5)}, true},
        {"one stray row after the change", {ack(a, 0, 1), ack(b, 10, 11), ack(b, 30, 31), ack(a, 20, 21)}, true},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(find_double_primary(c.acked).has_value(), c.found);
    }
}

TEST(WriterOnServers, follows_the_writable_server_and_counts_what_was_lost) {
    auto started = Sandbox::start({.flavor = Flavor::mariadb, .servers = 2, .folder = {}});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    Sandbox& lab = **started;
    Writer writer;
    writer.start(lab.endpoints());
    ASSERT_TRUE(writer.wait_for_acks(20, 20s)) << writer.refusal_of(lab.endpoint(1));
    EXPECT_THAT(writer.refusal_of(lab.endpoint(1)), IsEmpty());
    EXPECT_FALSE(writer.last_ack_on(lab.endpoint(2)).has_value());

    ASSERT_TRUE(lab.wait_until_caught_up(1, 20s).has_value());
    ASSERT_TRUE(lab.sql(2, "STOP SLAVE").has_value());  // what server 1 acknowledges from now on is lost with it
    ASSERT_TRUE(writer.wait_for_acks(5, 20s));
    const auto killed = std::chrono::steady_clock::now();
    ASSERT_TRUE(lab.kill(1).has_value());
    ASSERT_TRUE(lab.sql(2, "SET GLOBAL read_only=0").has_value());
    const auto first = writer.wait_for_ack_not_on(lab.endpoint(1), killed, 20s);
    ASSERT_TRUE(first.has_value()) << writer.refusal_of(lab.endpoint(2));
    EXPECT_EQ(first->server, lab.endpoint(2));
    ASSERT_TRUE(writer.wait_for_acks(5, 20s));
    writer.stop();
    EXPECT_GT(first->acked, writer.last_ack_on(lab.endpoint(1))->acked);
    EXPECT_FALSE(writer.double_primary().has_value());

    auto survivor = lab.connect(2);
    ASSERT_TRUE(survivor.has_value()) << survivor.error().message;
    const auto lost = writer.lost_rows(*survivor);
    ASSERT_TRUE(lost.has_value()) << lost.error().message;
    EXPECT_GE(lost->size(), 5U);
    EXPECT_LT(lost->size(), writer.count());
}

TEST(WriterOnServers, notices_two_servers_that_take_writes) {
    auto started = Sandbox::start({.flavor = Flavor::mariadb, .servers = 2, .folder = {}});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    Sandbox& lab = **started;
    Writer writer;
    writer.start(lab.endpoints());
    ASSERT_TRUE(writer.wait_for_acks(5, 20s));
    ASSERT_TRUE(lab.sql(2, "SET GLOBAL read_only=0").has_value());
    ASSERT_TRUE(writer.wait_for_ack_not_on(lab.endpoint(1), {}, 20s).has_value());
    ASSERT_TRUE(writer.wait_for_acks(20, 20s));
    writer.stop();
    const auto found = writer.double_primary();
    ASSERT_TRUE(found.has_value());
    EXPECT_NE(found->one, found->other);
}

}  // namespace
}  // namespace orc::sandbox
