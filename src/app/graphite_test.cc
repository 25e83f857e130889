#include "app/graphite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>

namespace orc::app {
namespace {

using ::testing::StartsWith;
namespace tcp_ip = boost::asio::ip;

const Figures figures = {{"discoveries.attempt", 150, true}, {"elect.is_elected", 1, false}};

Graphite::Collect giving(Figures given) {
    return [given = std::move(given)] {
        std::promise<Figures> out;
        out.set_value(given);
        return out.get_future();
    };
}

TEST(Graphite, counters_take_two_lines_and_gauges_one) {
    EXPECT_EQ(
        graphite_text(figures, "orc.db1", WallTime{Seconds(1'700'000'000)}),
        "orc.db1.discoveries.attempt.count 150 1700000000\n"
        "orc.db1.discoveries.attempt.count_ps 2.50 1700000000\n"
        "orc.db1.elect.is_elected.value 1 1700000000\n"
    );
}

TEST(Graphite, the_path_takes_the_name_of_the_host) {
    config::Settings settings;
    settings.graphite_path = "site.{hostname}.orc";
    EXPECT_EQ(graphite_path(settings, "a.b.c"), "site.a_b_c.orc");
    settings.graphite_convert_hostname_dots_to_underscores = false;
    EXPECT_EQ(graphite_path(settings, "a.b.c"), "site.a.b.c.orc");
}

TEST(Graphite, is_there_only_when_it_is_wanted_and_can_be) {
    const runtime::SystemClock clock;
    config::Settings settings;
    EXPECT_EQ(*Graphite::make(settings, "h", giving({}), clock), nullptr);
    settings.graphite_addr = "127.0.0.1:1";
    const auto without_path = Graphite::make(settings, "h", giving({}), clock);
    ASSERT_FALSE(without_path);
    EXPECT_THAT(without_path.error().message, StartsWith("GraphiteAddr is set, but GraphitePath"));
    settings.graphite_path = "x";
    settings.graphite_poll_seconds = 0;
    EXPECT_EQ(*Graphite::make(settings, "h", giving({}), clock), nullptr);
    settings.graphite_poll_seconds = 60;
    settings.graphite_addr = "a:b";
    EXPECT_FALSE(Graphite::make(settings, "h", giving({}), clock));
}

TEST(Graphite, sends_again_and_again_over_connections_of_their_own) {
    boost::asio::io_context io;
    tcp_ip::tcp::acceptor acceptor(io, {tcp_ip::address_v4::loopback(), 0});
    const runtime::SystemClock clock;
    const Endpoint server{"127.0.0.1", acceptor.local_endpoint().port()};
    const Graphite graphite(server, "orc", giving(figures), clock, Millis(1));
    for (int round = 0; round < 2; ++round) {
        auto connection = acceptor.accept();
        std::string text;
        boost::system::error_code end;
        boost::asio::read(connection, boost::asio::dynamic_buffer(text), end);
        EXPECT_THAT(text, StartsWith("orc.discoveries.attempt.count 150 "));
    }
}

TEST(Graphite, ends_while_nobody_answers) {
    const runtime::SystemClock clock;
    std::vector<std::promise<Figures>> unanswered(1);
    const Graphite graphite(
        Endpoint{"127.0.0.1", 1}, "orc", [&] { return unanswered.front().get_future(); }, clock, Seconds(60)
    );
}

}  // namespace
}  // namespace orc::app
