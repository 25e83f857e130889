#include "mysql/session/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "mysql/session/dialer.h"
#include "mysql/session/fake_server_test.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

namespace orc::mysql {
namespace {

using std::chrono::steady_clock;

/// A loop with everything a session needs.
struct Loop {
    asio::io_context io{1};
    runtime::SystemClock clock;
    std::unique_ptr<Resolver> resolver = make_resolver(clock, io.get_executor(), {});
    std::unique_ptr<Dialer> dialer = make_dialer(clock, io.get_executor(), *resolver);
    runtime::TaskGroup tasks{io.get_executor()};

    std::unique_ptr<Session> make(
        const Endpoint& server, std::uint64_t answer_limit = 1 << 20, Micros connect_limit = Micros(0)
    ) {
        Access access;
        access.connect_limit = connect_limit;
        access.user = "orc";
        access.password = "secret";
        access.tls = TlsMode::off;
        access.answer_limit = answer_limit;
        return dialer->make(server, access);
    }
    template <typename T>
    Result<T> run(Task<T> work) {
        Result<T> out = fail(ErrorCode::conflict, "did not end");
        tasks.spawn(keep(std::move(work), out));
        run_until_idle();
        return out;
    }
    /// Until no task runs; a session's timer may go on.
    void run_until_idle() {
        io.restart();
        while (tasks.running() > 0) {
            io.run_one();
        }
    }
    template <typename T>
    static Co<void> keep(Task<T> work, Result<T>& out) {
        out = co_await std::move(work);
    }
};

Task<Answer> open_and_ask(Session& session, runtime::Clock& clock, std::string sql, Micros limit) {
    CO_TRY(co_await session.open(clock.deadline_in(Seconds(5))));
    co_return co_await session.query(std::move(sql), clock.deadline_in(limit));
}

TEST(Session, logs_in_asks_and_keeps_sets_before_an_error) {
    FakeServer server([](Peer& peer) {
        peer.log_in();
        while (const auto command = peer.read_packet()) {
            if (command->substr(1) == "SELECT 1") {
                peer.send_set({"a"}, {{"1"}}, true);
                peer.send_packet(canned::error(1142, "SELECT command denied"));
            } else {
                peer.send_packet(canned::ok());
            }
        }
    });
    Loop loop;
    const auto session = loop.make(server.endpoint());
    EXPECT_FALSE(session->is_open());
    const auto answer = loop.run(open_and_ask(*session, loop.clock, "SELECT 1", Seconds(5)));
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->sets.size(), 1U);
    ASSERT_TRUE(answer->error);
    EXPECT_EQ(answer->error->number, 1142);
    EXPECT_EQ(answer->error->code, ErrorCode::denied);
    EXPECT_TRUE(session->is_open());
    EXPECT_FALSE(session->uses_tls());
    EXPECT_EQ(session->connection_id(), 4711U);
    EXPECT_TRUE(loop.run(session->ping(loop.clock.deadline_in(Seconds(5)))));
    session->close();
    EXPECT_FALSE(session->is_open());
    const auto late = loop.run(session->query("SELECT 1", loop.clock.deadline_in(Seconds(5))));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::unreachable);
}

TEST(Session, log_in_errors_carry_the_servers_number) {
    struct Case {
        std::string_view name;
        FakeServer::Script script;
        ErrorCode code;
        int number;
        std::string_view text;
    };
    const Case cases[] = {
        {"wrong password",
         [](Peer& peer) {
             peer.send_packet(canned::greeting());
             peer.read_packet();
             peer.send_packet(canned::error(1045, "Access denied for user 'orc'"));
         },
         ErrorCode::denied,
         1045,
         "Access denied"},
        {"too many connections, before the greeting",
         [](Peer& peer) { peer.send_packet(std::string("\xff\x10\x04") + "Too many connections"); },
         ErrorCode::unreachable,
         1040,
         "Too many connections"},
        {"unknown plugin",
         [](Peer& peer) {
             peer.send_packet(canned::greeting("client_ed25519"));
             peer.wait_until_closed();
         },
         ErrorCode::denied,
         0,
         "client_ed25519"},
        {"closed at once", [](Peer&) {}, ErrorCode::unreachable, 0, ""},
        {"no greeting at all",
         [](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); },
         ErrorCode::unreachable,
         0,
         ""},
        {"a flood before the log-in ends",
         [](Peer& peer) {
             const std::string flood(std::size_t{16} << 20U, 'x');
             peer.send(std::string("\xff\xff\xff\x00", 4));
             peer.send(flood);
         },
         ErrorCode::invalid,
         0,
         "too much"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        FakeServer server(c.script);
        Loop loop;
        const auto session = loop.make(server.endpoint());
        const auto opened = loop.run(session->open(loop.clock.deadline_in(Seconds(5))));
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().number, c.number);
        if (c.name != "no greeting at all") {
            EXPECT_EQ(opened.error().code, c.code) << opened.error().message;
        }
        EXPECT_NE(opened.error().message.find(c.text), std::string::npos) << opened.error().message;
        EXPECT_EQ(opened.error().message.find("secret"), std::string::npos);
        EXPECT_FALSE(session->is_open());
    }
}

// MySQLConnectTimeoutSeconds.
TEST(Session, gives_up_connecting_before_the_deadline_of_the_whole) {
    const BlackHole hole;
    Loop loop;
    const auto session = loop.make(hole.endpoint(), 1 << 20, Millis(50));
    const auto begun = steady_clock::now();
    const auto opened = loop.run(session->open(loop.clock.deadline_in(Seconds(20))));
    const auto took = std::chrono::duration_cast<Micros>(steady_clock::now() - begun);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::timed_out) << opened.error().message;
    EXPECT_GE(took, Millis(50));
    EXPECT_LT(took, Seconds(10)) << "normally within a few milliseconds; the machine may be busy";
}

TEST(Session, every_operation_ends_at_its_deadline) {
    const BlackHole hole;
    FakeServer silent([](Peer& peer) { peer.wait_until_closed(); });
    FakeServer silent_after_log_in([](Peer& peer) {
        peer.log_in();
        peer.wait_until_closed();
    });
    FakeServer stops_in_the_middle([](Peer& peer) {
        peer.log_in();
        peer.read_packet();
        peer.send_packet("\x01");
        peer.send_packet(canned::column("a"));
        peer.send(std::string("\x50\x00\x00\x03half", 8));
        peer.wait_until_closed();
    });
    struct Case {
        std::string_view name;
        Endpoint server;
    };
    const Case cases[] = {
        {"nobody answers the connection", hole.endpoint()},
        {"silent before the greeting", silent.endpoint()},
        {"silent after the question", silent_after_log_in.endpoint()},
        {"silent in the middle of an answer", stops_in_the_middle.endpoint()},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Loop loop;
        const auto session = loop.make(c.server);
        const auto once = [](Session& s, Deadline deadline) -> Task<Answer> {
            CO_TRY(co_await s.open(deadline));
            co_return co_await s.query("SELECT 1", deadline);
        };
        const auto begun = steady_clock::now();
        const auto answer = loop.run(once(*session, loop.clock.deadline_in(Millis(150))));
        const auto took = std::chrono::duration_cast<Micros>(steady_clock::now() - begun);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, ErrorCode::timed_out) << answer.error().message;
        EXPECT_GE(took, Millis(150));
        EXPECT_LT(took, Millis(650)) << "normally within a few milliseconds; the machine may be busy";
        EXPECT_FALSE(session->is_open()) << "a session whose deadline fired is dead";
        RecordProperty(std::string(c.name), std::to_string((took - Millis(150)).count()) + " us late");
    }
}

TEST(Session, an_answer_beyond_the_limit_ends_the_session) {
    FakeServer server([](Peer& peer) {
        peer.log_in();
        peer.read_packet();
        peer.send_packet("\x01");
        peer.send_packet(canned::column("a"));
        for (int i = 0; i < 10'000; ++i) {
            peer.send_packet(canned::row({std::string(100, 'x')}));
        }
    });
    Loop loop;
    const auto session = loop.make(server.endpoint(), 100'000);
    const auto answer = loop.run(open_and_ask(*session, loop.clock, "SELECT 1", Seconds(5)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::invalid);
    EXPECT_NE(answer.error().message.find("larger"), std::string::npos);
    EXPECT_FALSE(session->is_open());
}

TEST(Session, a_peer_that_closes_in_the_middle_is_unreachable) {
    FakeServer server([](Peer& peer) {
        peer.log_in();
        peer.read_packet();
        peer.send_packet("\x01");
    });
    Loop loop;
    const auto session = loop.make(server.endpoint());
    const auto answer = loop.run(open_and_ask(*session, loop.clock, "SELECT 1", Seconds(5)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unreachable);
    EXPECT_FALSE(session->is_open());
}

Co<void> watch(Session& session, bool& ended) {
    co_await session.wait_for_end();
    ended = true;
}

Co<void> ask_while_watched(Session& session, runtime::Clock& clock, bool& ended, std::vector<bool>& notes) {
    runtime::TaskGroup watchers(co_await asio::this_coro::executor);
    const auto opened = co_await session.open(clock.deadline_in(Seconds(5)));
    notes.push_back(opened.has_value());
    watchers.spawn(watch(session, ended));
    for (int i = 0; i < 3; ++i) {
        const auto answer = co_await session.query("SELECT 1", clock.deadline_in(Seconds(5)));
        notes.push_back(answer.has_value() && !ended);
    }
    co_await watchers.stop();  // cancelled: the session stays usable
    notes.push_back(ended && session.is_open());
    ended = false;
    runtime::TaskGroup later(co_await asio::this_coro::executor);
    const auto again = co_await session.query("SELECT 1", clock.deadline_in(Seconds(5)));
    notes.push_back(again.has_value());
    later.spawn(watch(session, ended));
    const auto last = co_await session.query("QUIT", clock.deadline_in(Seconds(5)));
    notes.push_back(last.has_value());
    co_await later.drain();
    notes.push_back(ended && !session.is_open());
}

TEST(Session, the_watch_sees_the_peers_end_and_nothing_else) {
    FakeServer server([](Peer& peer) {
        peer.log_in();
        while (const auto command = peer.read_packet()) {
            peer.send_packet(canned::ok());
            if (command->substr(1) == "QUIT") {
                return;
            }
        }
    });
    Loop loop;
    const auto session = loop.make(server.endpoint());
    bool ended = false;
    std::vector<bool> notes;
    loop.tasks.spawn(ask_while_watched(*session, loop.clock, ended, notes));
    loop.run_until_idle();
    EXPECT_EQ(notes, std::vector<bool>(8, true));
}

TEST(Session, closing_ends_what_runs_with_cancelled) {
    FakeServer server([](Peer& peer) {
        peer.log_in();
        peer.wait_until_closed();
    });
    Loop loop;
    const auto session = loop.make(server.endpoint());
    const auto close_soon = [](Session& s, runtime::Clock& clock) -> Co<void> {
        co_await clock.sleep_for(Millis(30));
        s.close();
    };
    loop.tasks.spawn(close_soon(*session, loop.clock));
    const auto answer = loop.run(open_and_ask(*session, loop.clock, "SELECT 1", Seconds(5)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::cancelled);
}

TEST(Session, a_cancelled_task_leaves_a_closed_session_behind) {
    FakeServer server([](Peer& peer) {
        peer.log_in();
        peer.wait_until_closed();
    });
    Loop loop;
    const auto session = loop.make(server.endpoint());
    Result<Answer> out = fail(ErrorCode::conflict, "");
    runtime::TaskGroup victims(loop.io.get_executor());
    victims.spawn(Loop::keep(open_and_ask(*session, loop.clock, "SELECT 1", Seconds(5)), out));
    const auto stop_soon = [](runtime::TaskGroup& group, runtime::Clock& clock) -> Co<void> {
        co_await clock.sleep_for(Millis(30));
        co_await group.stop();
    };
    loop.tasks.spawn(stop_soon(victims, loop.clock));
    loop.run_until_idle();
    EXPECT_FALSE(session->is_open());
    EXPECT_EQ(victims.running(), 0U);
}

TEST(Resolver, asks_once_at_a_time_remembers_and_gives_up_in_time) {
    asio::io_context io(1);
    runtime::SystemClock clock;
    std::atomic<int> asked = 0;
    std::atomic<bool> release = false;
    ResolverOptions options;
    options.threads = 2;
    options.look_up = [&](const std::string& host) -> Result<Addresses> {
        ++asked;
        if (host == "slow") {
            while (!release) {
                std::this_thread::sleep_for(Millis(1));
            }
        }
        if (host == "none") {
            return fail(ErrorCode::unreachable, "look up none: unknown");
        }
        return Addresses{"127.0.0.9"};
    };
    const auto resolver = make_resolver(clock, io.get_executor(), options);
    runtime::TaskGroup tasks(io.get_executor());
    std::vector<Result<Addresses>> out(6, Result<Addresses>(fail(ErrorCode::conflict, "")));
    tasks.spawn(Loop::keep(resolver->resolve("127.0.0.1", clock.deadline_in(Seconds(5))), out[0]));
    tasks.spawn(Loop::keep(resolver->resolve("a", clock.deadline_in(Seconds(5))), out[1]));
    tasks.spawn(Loop::keep(resolver->resolve("a", clock.deadline_in(Seconds(5))), out[2]));
    tasks.spawn(Loop::keep(resolver->resolve("none", clock.deadline_in(Seconds(5))), out[3]));
    tasks.spawn(Loop::keep(resolver->resolve("slow", clock.deadline_in(Millis(40))), out[4]));
    const auto finish = [](runtime::Clock& c, std::atomic<bool>& r) -> Co<void> {
        co_await c.sleep_for(Millis(120));
        r = true;
    };
    tasks.spawn(finish(clock, release));
    io.run();
    EXPECT_EQ(out[0], Addresses{"127.0.0.1"});
    EXPECT_EQ(out[1], Addresses{"127.0.0.9"});
    EXPECT_EQ(out[2], Addresses{"127.0.0.9"});
    ASSERT_FALSE(out[3]);
    EXPECT_EQ(out[3].error().code, ErrorCode::unreachable);
    ASSERT_FALSE(out[4]);
    EXPECT_EQ(out[4].error().code, ErrorCode::timed_out);
    EXPECT_EQ(asked, 3);
    tasks.spawn(Loop::keep(resolver->resolve("slow", clock.deadline_in(Seconds(5))), out[5]));
    io.restart();
    io.run();
    EXPECT_TRUE(out[5]) << "the late answer was kept";
    EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace orc::mysql
