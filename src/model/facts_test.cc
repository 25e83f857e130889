#include "model/facts.h"

#include <gtest/gtest.h>

namespace orc::model {
namespace {

TEST(Version, is_read_from_what_servers_print) {
    const struct {
        std::string text;
        std::string comment;
        Flavor flavor;
        int major, minor, patch;
        std::string major_text;
    } cases[] = {
        {"5.7.44-log", "MySQL Community Server (GPL)", Flavor::mysql, 5, 7, 44, "5.7"},
        {"8.0.36", "MySQL Community Server - GPL", Flavor::mysql, 8, 0, 36, "8.0"},
        {"9.1.0-commercial", "MySQL Enterprise Server - Commercial", Flavor::mysql, 9, 1, 0, "9.1"},
        {"8.0.35-27", "Percona Server (GPL), Release 27, Revision 2f8eeab2", Flavor::percona, 8, 0, 35, "8.0"},
        {"10.11.6-MariaDB-0+deb12u1-log", "Debian 12", Flavor::mariadb, 10, 11, 6, "10.11"},
        {"5.5.5-10.6.12-MariaDB", "mariadb.org binary distribution", Flavor::mariadb, 5, 5, 5, "5.5"},
        {"11.8.2-MariaDB", "Percona is not in charge here", Flavor::mariadb, 11, 8, 2, "11.8"},
        {"6.4.1-maxscale", "", Flavor::maxscale, 6, 4, 1, "6.4"},
        {"2.5.0-MaxScale", "", Flavor::maxscale, 2, 5, 0, "2.5"},
        {"8", "MySQL", Flavor::mysql, 8, 0, 0, "0.0"},
        {"8.4", "MySQL", Flavor::mysql, 8, 4, 0, "8.4"},
        {"8.x.3", "MySQL", Flavor::mysql, 8, 0, 0, "8.x"},
        {"", "", Flavor::mysql, 0, 0, 0, "0.0"},
        {"99999999999.1", "", Flavor::mysql, 0, 0, 0, "99999999999.1"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.text + " / " + c.comment);
        const Version version = Version::parse(c.text, c.comment);
        EXPECT_EQ(name(version.flavor), name(c.flavor));
        EXPECT_EQ(version.major, c.major);
        EXPECT_EQ(version.minor, c.minor);
        EXPECT_EQ(version.patch, c.patch);
        EXPECT_EQ(version.major_text(), c.major_text);
        EXPECT_EQ(version.text, c.text);
        EXPECT_EQ(version.comment, c.comment);
        EXPECT_EQ(version.is_mariadb(), c.flavor == Flavor::mariadb);
    }
}

TEST(Version, is_compared_by_number) {
    const Version version = Version::parse("8.0.26", "");
    const struct {
        int major, minor, patch;
        bool is_at_least;
    } cases[] = {
        {8, 0, 26, true},
        {8, 0, 25, true},
        {8, 0, 27, false},
        {8, 0, 0, true},
        {8, 1, 0, false},
        {5, 99, 99, true},
        {9, 0, 0, false},
        {10, 0, 0, false},  // as text, "10" would come before "8"
    };
    for (const auto& c : cases) {
        EXPECT_EQ(version.at_least(c.major, c.minor, c.patch), c.is_at_least)
            << c.major << "." << c.minor << "." << c.patch;
    }
}

TEST(Flavors, have_their_classic_spelling) {
    EXPECT_EQ(name(Flavor::unknown), "unknown");
    EXPECT_EQ(name(Flavor::mysql), "MySQL");
    EXPECT_EQ(name(Flavor::percona), "Percona");
    EXPECT_EQ(name(Flavor::mariadb), "MariaDB");
    EXPECT_EQ(name(Flavor::maxscale), "MaxScale");
}

// MySQL 8.0.33 changed the wording of these messages; numbers stay. The text counts only for numbers we do not know.
TEST(Channel, fails_to_connect_by_error_number_not_by_words) {
    using enum ThreadState;
    const struct {
        std::string_view what;
        ThreadState receiver;
        int number;
        std::string text;
        bool is_failing;
    } cases[] = {
        {"refused, in words of 8.0.33", other, 2003, "Error connecting to source 'repl@db1:3306'. Can't connect", true},
        {"refused, in words nobody knows", other, 2003, "Verbindung abgelehnt", true},
        {"refused, without words", stopped, 2003, "", true},
        {"lost while reading", other, 2013, "Lost connection to server during query", true},
        {"login refused", stopped, 1045, "Access denied", true},
        {"too many connections", other, 1040, "", true},
        {"host blocked", other, 1129, "", true},
        {"TLS", stopped, 2026, "SSL connection error", true},
        {"password that cannot be answered", stopped, 2061, "", true},
        {"unknown number, known words", stopped, 13117, "Fatal error: error connecting to source 'x'", true},
        {"known words without a number", stopped, 0, "error connecting to source", false},
        {"purged", stopped, 1236, "Got fatal error 1236 from source when reading data", false},
        {"equal server ids", stopped, 13117, "Fatal error: The replica I/O thread stops", false},
        {"stopped by hand", stopped, 0, "", false},
        {"runs, with an old error", running, 2003, "error connecting to source", false},
        {"no receiver", none, 2003, "error connecting to source", false},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.what);
        Channel channel;
        channel.receiver = c.receiver;
        channel.receiver_errno = c.number;
        channel.receiver_error = c.text;
        EXPECT_EQ(channel.is_failing_to_connect(), c.is_failing);
    }
}

Channel channel(std::string name, GtidUse use = GtidUse::none) {
    Channel out;
    out.name = std::move(name);
    out.gtid_use = use;
    return out;
}

TEST(Facts, place_a_server_by_its_default_channel_or_else_the_first_by_name) {
    Facts facts;
    EXPECT_EQ(facts.main_channel(), nullptr);
    EXPECT_FALSE(facts.uses_gtid());

    const struct {
        std::string_view what;
        std::vector<std::string> listed;
        std::string main;
    } cases[] = {
        {"one, named", {"x"}, "x"},
        {"the default one, listed last", {"b", "a", ""}, ""},
        {"named ones, in order", {"a", "b"}, "a"},
        {"named ones, listed the other way round", {"b", "a"}, "a"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.what);
        facts.channels.clear();
        for (const auto& name : c.listed) {
            facts.channels.push_back(channel(name, name == c.main ? GtidUse::auto_position : GtidUse::none));
        }
        ASSERT_NE(facts.main_channel(), nullptr);
        EXPECT_EQ(facts.main_channel()->name, c.main);
        EXPECT_TRUE(facts.uses_gtid()) << "only the main channel counts";
        EXPECT_EQ(facts.channel_named(c.listed.back()), &facts.channels.back());
    }
    EXPECT_EQ(facts.channel_named("nowhere"), nullptr);
}

}  // namespace
}  // namespace orc::model
