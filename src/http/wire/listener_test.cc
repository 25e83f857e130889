// The HTTP machinery over real sockets on loopback, with a handler of its own instead of the routes.
#include "http/wire/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "http/events.h"
#include "http/testing/listening.h"

namespace orc::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::Client;
using testing_support::ListenerTest;

TEST_F(ListenerTest, answers_and_keeps_the_connection) {
    serve();
    Client it = client();
    for (int i = 0; i < 3; ++i) {
        const auto answer = it.get("/a");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "GET /a");
        EXPECT_EQ(answer.header("connection"), "");
    }
}

TEST_F(ListenerTest, answers_pipelined_requests_in_order) {
    serve();
    Client it = client();
    it.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(it.read_answer().body, "GET /1");
    EXPECT_EQ(it.read_answer().body, "GET /2");
    EXPECT_EQ(it.read_answer().body, "GET /3");
}

TEST_F(ListenerTest, reads_a_request_that_comes_byte_by_byte) {
    serve();
    Client it = client();
    for (const char c : std::string("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")) {
        it.send(std::string(1, c));
    }
    EXPECT_EQ(it.read_answer().body, "GET /slow");
}

TEST_F(ListenerTest, sends_no_body_to_head_but_its_length) {
    serve();
    Client it = client();
    it.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = it.read_answer(false);
    EXPECT_EQ(head.header("content-length"), "7");
    EXPECT_EQ(it.get("/b").body, "GET /b");  // nothing was left over
}

TEST_F(ListenerTest, closes_when_the_client_asks_so) {
    struct Case {
        std::string_view name;
        std::string_view request;
    };
    const Case cases[] = {
        {"connection: close", "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"},
        {"HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n"},
    };
    serve();
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Client it = client();
        it.send(c.request);
        EXPECT_THAT(it.read_to_end(), EndsWith("GET /a"));
    }
}

TEST_F(ListenerTest, compresses_long_answers_for_those_who_accept_it) {
    serve();
    Client it = client();
    const auto plain_answer = it.get("/long");
    EXPECT_EQ(plain_answer.body.size(), 200'000U);
    const auto packed = it.get("/long", "Accept-Encoding: deflate, gzip;q=0.8\r\n");
    EXPECT_EQ(packed.header("content-encoding"), "gzip");
    EXPECT_EQ(packed.header("vary"), "Accept-Encoding");
    EXPECT_LT(packed.body.size(), 2000U);
    EXPECT_EQ(testing_support::unzip(packed.body), plain_answer.body);
    EXPECT_EQ(it.get("/long", "Accept-Encoding: gzip;q=0\r\n").header("content-encoding"), "");
    EXPECT_EQ(it.get("/short", "Accept-Encoding: gzip\r\n").header("content-encoding"), "");
}

TEST_F(ListenerTest, survives_hostile_requests) {
    struct Case {
        std::string_view name;
        std::string request;
        std::string_view status;
    };
    const Case cases[] = {
        {"no HTTP", "\x16\x03\x01\x02\r\n\r\n", "HTTP/1.1 400"},
        {"a NUL in the target", std::string("GET /a\0b HTTP/1.1\r\n\r\n", 22), "HTTP/1.1 400"},
        {"no version", "GET /\r\n\r\n", "HTTP/1.1 400"},
        {"a bad version", "GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400"},
        {"a header without colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", "HTTP/1.1 400"},
        {"two lengths", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 400"},
        {"a negative length", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
        {"a huge head", "GET /" + std::string(60'000, 'a') + " HTTP/1.1\r\n\r\n", "HTTP/1.1 431"},
        {"a huge body", "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 413"},
        {"a huge chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", "HTTP/1.1 4"},
    };
    serve();
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Client it = client();
        it.send(c.request);
        EXPECT_THAT(it.read_to_end(), StartsWith(std::string(c.status)));
    }
    EXPECT_EQ(client().get("/still").body, "GET /still");
}

TEST_F(ListenerTest, answers_500_when_a_handler_crashes_and_goes_on) {
    serve();
    Client it = client();
    const auto answer = it.get("/throw");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, "500 Internal Server Error");
    EXPECT_EQ(it.get("/a").status, 200);
}

TEST_F(ListenerTest, lets_no_value_split_the_head) {
    serve();
    const auto answer = client().get("/split");
    EXPECT_EQ(answer.header("x-injected"), "");
    EXPECT_EQ(answer.header("x-text"), "aX-Injected: yes");
}

TEST_F(ListenerTest, gives_up_on_a_client_that_says_nothing) {
    Limits limits;
    limits.idle = Millis(30);
    limits.head = Millis(30);
    serve(limits);
    EXPECT_EQ(client().read_to_end(), "");
    Client half = client();
    half.send("GET / HT");
    EXPECT_EQ(half.read_to_end(), "");
}

/// Answers only after `release` was called.
struct Held {
    explicit Held(Executor executor) : signal(executor) {}
    runtime::Signal signal;
    std::atomic<bool> entered{false};
    bool released = false;
};

Co<Response> hold(std::shared_ptr<Held> held) {
    held->entered = true;
    while (!held->released) {
        co_await held->signal.wait();
    }
    co_return plain(200, "at last");
}

Co<void> release(std::shared_ptr<Held> held) {
    held->released = true;
    held->signal.notify_all();
    co_return;
}

TEST_F(ListenerTest, closes_the_connection_that_was_idle_for_longest_when_more_come_than_it_wants) {
    Limits limits;
    limits.connections = 3;
    serve(limits);
    Client one = client();
    Client two = client();
    Client half = client();
    EXPECT_EQ(one.get("/1").status, 200);
    EXPECT_EQ(two.get("/2").status, 200);
    EXPECT_EQ(one.get("/1").status, 200);
    half.send("GET /half HTTP/1.1\r\n");
    EXPECT_EQ(client().get("/3").status, 200);
    EXPECT_EQ(two.read_to_end(), "");
    EXPECT_EQ(one.get("/1").status, 200);
    half.send("Host: x\r\n\r\n");
    EXPECT_EQ(half.read_answer().body, "GET /half");
}

TEST_F(ListenerTest, turns_away_more_connections_than_it_wants_when_none_is_idle) {
    auto held = std::make_shared<Held>(loop_.executor());
    Limits limits;
    limits.connections = 1;
    serve(limits, [held](Request) { return hold(held); });
    Client one = client();
    one.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!held->entered) {
        std::this_thread::yield();
    }
    EXPECT_EQ(client().read_to_end(), "");
    loop_.run(release(held));
    EXPECT_EQ(one.read_answer().body, "at last");
}

TEST_F(ListenerTest, stops_by_closing_idle_connections_and_finishing_the_others) {
    auto held = std::make_shared<Held>(loop_.executor());
    serve({}, [held](Request) { return hold(held); });
    Client idle = client();
    Client busy = client();
    busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!held->entered) {
        std::this_thread::yield();
    }
    auto stopping = loop_.launch(listener_->stop(Millis(20'000)));
    stopped_ = true;
    EXPECT_EQ(idle.read_to_end(), "");
    loop_.run(release(held));
    const auto answer = busy.read_answer();
    EXPECT_EQ(answer.body, "at last");
    EXPECT_EQ(busy.read_to_end(), "");
    stopping.wait();
    EXPECT_EQ(listener_->traffic().connections, 0U);
}

TEST_F(ListenerTest, stops_without_waiting_for_the_rest_of_a_request) {
    serve();
    Client half = client();
    half.send("GET /half HTTP/1.1\r\n");
    EXPECT_EQ(client().get("/a").status, 200);  // by now the beginning has been read
    const auto began = std::chrono::steady_clock::now();
    stop(Millis(10'000));
    EXPECT_LT(std::chrono::steady_clock::now() - began, Millis(5'000));
    EXPECT_EQ(half.read_to_end(), "");
}

TEST_F(ListenerTest, breaks_off_what_does_not_end) {
    auto held = std::make_shared<Held>(loop_.executor());
    serve({}, [held](Request) { return hold(held); });
    Client busy = client();
    busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!held->entered) {
        std::this_thread::yield();
    }
    stop(Millis(0));
    EXPECT_EQ(busy.read_to_end(), "");
}

Response feed_answer(std::shared_ptr<Feed> feed) {
    Response out;
    out.content_type = "text/event-stream";
    out.feed = std::move(feed);
    return out;
}

Co<Response> subscribe(EventHub* hub) { co_return feed_answer(hub->subscribe()); }

Co<void> publish(EventHub* hub, std::string kind, std::string data) {
    hub->publish(kind, data);
    co_return;
}

Co<void> publish_many(EventHub* hub, int count) {
    const std::string data(1000, 'x');
    for (int i = 0; i < count; ++i) {
        hub->publish("cluster", data);
    }
    co_return;
}

Co<std::size_t> count_clients(EventHub* hub) { co_return hub->clients(); }

TEST_F(ListenerTest, streams_events_to_those_who_listen) {
    EventHub hub(loop_.executor(), nullptr, EventHub::Limits{});
    serve({}, [&hub](Request) { return subscribe(&hub); });
    Client it = client();
    it.send("GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string greeting = it.read_until("event: hello\ndata: {}\n\n");
    EXPECT_THAT(greeting, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(greeting, Not(HasSubstr("Content-Length")));
    loop_.run(publish(&hub, "recovery", R"({"text":"a \n b"})"));
    EXPECT_EQ(it.read_until("\n\n"), "event: recovery\ndata: {\"text\":\"a \\n b\"}\n\n");
    stop(Millis(20'000));
    EXPECT_EQ(it.read_to_end(), "");
}

TEST_F(ListenerTest, sends_a_heartbeat_when_nothing_happens) {
    EventHub::Limits limits;
    limits.heartbeat = Millis(20);
    EventHub hub(loop_.executor(), nullptr, limits);
    serve({}, [&hub](Request) { return subscribe(&hub); });
    Client it = client();
    it.send("GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(it.read_until(": alive\n\n"), HasSubstr("event: hello"));
}

TEST_F(ListenerTest, drops_a_listener_that_falls_behind) {
    EventHub hub(loop_.executor(), nullptr, EventHub::Limits{});
    serve({}, [&hub](Request) { return subscribe(&hub); });
    Client it = client();
    it.send("GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n");
    it.read_until("event: hello\ndata: {}\n\n");
    EXPECT_EQ(loop_.run(count_clients(&hub)), 1U);
    loop_.run(publish_many(&hub, 300));  // all before the connection's turn
    EXPECT_EQ(loop_.run(count_clients(&hub)), 0U);
    it.read_to_end();
}

TEST_F(ListenerTest, forgets_a_listener_that_hangs_up) {
    EventHub hub(loop_.executor(), nullptr, EventHub::Limits{});
    serve({}, [&hub](Request) { return subscribe(&hub); });
    {
        Client it = client();
        it.send("GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n");
        it.read_until("event: hello\ndata: {}\n\n");
    }
    std::size_t left = 1;
    for (int i = 0; i < 1000 && left > 0; ++i) {  // the broken connection shows at a write
        loop_.run(publish(&hub, "cluster", "{}"));
        left = loop_.run(count_clients(&hub));
    }
    EXPECT_EQ(left, 0U);
}

TEST(Listening, refuses_addresses_that_make_no_sense) {
    asio::io_context io;
    for (const std::string address : {"", "nonsense", ":", ":99999", ":12x", "host:", "127.0.0.1:-1"}) {
        SCOPED_TRACE(address);
        const auto result = listen_tcp(io.get_executor(), address, nullptr);
        ASSERT_FALSE(result.has_value());
        EXPECT_THAT(result.error().message, HasSubstr("'" + address + "'"));
    }
}

TEST(Listening, says_which_address_is_taken) {
    asio::io_context io;
    const auto first = listen_tcp(io.get_executor(), "127.0.0.1:0", nullptr);
    ASSERT_TRUE(first.has_value());
    const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
    const auto second = listen_tcp(io.get_executor(), address, nullptr);
    ASSERT_FALSE(second.has_value());
    EXPECT_THAT(second.error().message, HasSubstr(address));
}

TEST(Listening, leaves_a_file_alone_that_is_no_socket) {
    const auto path = std::filesystem::temp_directory_path() / ("orc-no-socket-" + std::to_string(::getpid()));
    std::ofstream(path) << "precious";
    asio::io_context io;
    const auto result = listen_unix(io.get_executor(), path.string());
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("'" + path.string() + "': it is there, and no socket"));
    EXPECT_TRUE(std::filesystem::remove(path));
}

TEST(Listening, names_the_certificate_that_is_missing) {
    const auto result = load_tls({"/nowhere/cert.pem", "/nowhere/key.pem", "", false});
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("/nowhere/cert.pem"));
}

}  // namespace
}  // namespace orc::http
