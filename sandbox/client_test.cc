#include "sandbox/client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

namespace orc::sandbox {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

/// A port on which connections are accepted by the kernel and nobody ever speaks.
class SilentListener {
public:
    SilentListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(fd_, 4), 0);
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        endpoint_ = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
    }
    ~SilentListener() { close(); }
    SilentListener(const SilentListener&) = delete;
    SilentListener& operator=(const SilentListener&) = delete;

    void close() {
        if (fd_ >= 0) {
            ::close(fd_);
            fd_ = -1;
        }
    }
    const Endpoint& endpoint() const { return endpoint_; }

private:
    int fd_;
    Endpoint endpoint_;
};

TEST(Client, tells_silence_from_absence) {
    SilentListener listener;
    const auto silent = Client::connect(listener.endpoint(), "bench", 50ms);
    ASSERT_FALSE(silent.has_value());
    EXPECT_EQ(silent.error().code, ErrorCode::timed_out);
    EXPECT_THAT(silent.error().message, HasSubstr(listener.endpoint().text()));

    listener.close();
    const auto absent = Client::connect(listener.endpoint(), "bench", 5s);
    ASSERT_FALSE(absent.has_value());
    EXPECT_EQ(absent.error().code, ErrorCode::unreachable);

    const auto no_socket = Client::connect(std::filesystem::path("/nonexistent/s"), "root", 5s);
    ASSERT_FALSE(no_socket.has_value());
    EXPECT_EQ(no_socket.error().code, ErrorCode::unreachable);

    const auto long_path = Client::connect(std::filesystem::path(std::string(200, 'x')), "root", 5s);
    ASSERT_FALSE(long_path.has_value());
    EXPECT_EQ(long_path.error().code, ErrorCode::invalid);

    const auto name_of_host = Client::connect(Endpoint{.host = "not-an-address", .port = 1}, "bench", 5s);
    ASSERT_FALSE(name_of_host.has_value());
    EXPECT_EQ(name_of_host.error().code, ErrorCode::invalid);
}

TEST(Client, speaks_with_a_real_server) {
    auto started = Sandbox::start({.flavor = Flavor::mariadb, .servers = 1, .folder = {}});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    Sandbox& lab = **started;
    auto root = Client::connect(lab.socket(1), "root", 30s);
    ASSERT_TRUE(root.has_value()) << root.error().message;
    {
        SCOPED_TRACE("NULL, the empty text and bytes are three things");
        const auto rows = root->query("SELECT NULL AS a, '' AS b, X'00FF' AS c UNION ALL SELECT 1, 2, 3");
        ASSERT_TRUE(rows.has_value()) << rows.error().message;
        EXPECT_THAT(rows->columns, ElementsAre("a", "b", "c"));
        ASSERT_EQ(rows->cells.size(), 2U);
        EXPECT_EQ(rows->at(0, "a"), std::nullopt);
        EXPECT_THAT(rows->at(0, "b"), Optional(std::string()));
        EXPECT_THAT(rows->at(0, "c"), Optional(std::string("\0\xFF", 2)));
        EXPECT_THAT(rows->at(1, "b"), Optional(std::string("2")));
        EXPECT_EQ(rows->at(2, "b"), std::nullopt);
        EXPECT_EQ(rows->at(0, "d"), std::nullopt);
    }
    {
        SCOPED_TRACE("a row longer than one packet");
        const auto rows = root->query("SELECT REPEAT('x', 16777216)");
        ASSERT_TRUE(rows.has_value()) << rows.error().message;
        EXPECT_EQ(rows->scalar().size(), 16'777'216U);
        EXPECT_FALSE(root->query(std::string(16'777'216, ' ')).has_value());
    }
    {
        SCOPED_TRACE("changed rows are counted, errors keep their number, and the session goes on");
        const auto inserted = root->query("INSERT INTO lab.t VALUES (1, 'a', 0), (2, 'b', 0)");
        ASSERT_TRUE(inserted.has_value()) << inserted.error().message;
        EXPECT_EQ(inserted->affected, 2U);
        const auto twice = root->query("INSERT INTO lab.t VALUES (1, 'a', 0)");
        ASSERT_FALSE(twice.has_value());
        EXPECT_EQ(twice.error().number, 1062);
        EXPECT_TRUE(root->is_open());
        const auto none = root->query("SELECT id FROM lab.t WHERE id > 5");
        ASSERT_TRUE(none.has_value());
        EXPECT_TRUE(none->empty());
        EXPECT_EQ(none->scalar(), "");
    }
    {
        SCOPED_TRACE("who may not log in is denied");
        const auto stranger = lab.connect(1, "stranger");
        ASSERT_FALSE(stranger.has_value());
        EXPECT_EQ(stranger.error().code, ErrorCode::denied);
        EXPECT_EQ(stranger.error().number, 1045);
        EXPECT_FALSE(lab.connect(1, std::string(manager_account.user)).has_value())
            << "it has a password, and we sent none";
    }
    {
        SCOPED_TRACE("an answer that takes too long closes the session");
        auto bench = lab.connect(1, "bench", 50ms);
        ASSERT_TRUE(bench.has_value()) << bench.error().message;
        const auto slow = bench->query("SELECT SLEEP(5)");
        ASSERT_FALSE(slow.has_value());
        EXPECT_EQ(slow.error().code, ErrorCode::timed_out);
        EXPECT_FALSE(bench->is_open());
        EXPECT_EQ(bench->query("SELECT 1").error().code, ErrorCode::unreachable);
    }
}

}  // namespace
}  // namespace orc::sandbox
