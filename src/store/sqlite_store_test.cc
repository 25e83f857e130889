// What only the real store can show: threads, files and full disks. Sudden death is ledger/sudden_death_test.cc.
#include "store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "store/engine.h"
#include "store/sqlite.h"
#include "store/testing.h"

namespace orc::store {
namespace {

using namespace model;
using ::testing::HasSubstr;
using testing::run;

using testing::noon;

std::vector<Change> key_value(const std::string& key) {
    std::vector<Change> out;
    out.emplace_back(PutKeyValue{key, std::string(200, 'x'), noon});
    return out;
}

ServerPtr server(const std::string& host) {
    auto out = std::make_shared<Server>();
    out->endpoint = {host, 3306};
    out->facts = std::make_shared<Facts>();
    out->check.seen = Instant(Seconds(1));
    out->check.seen_wall = noon;
    return out;
}

// Runs `body` in a process of its own and returns its exit code, or minus the signal that ended it.
int in_child(const std::function<int()>& body) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(body());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(SqliteStore, a_full_disk_is_an_error_until_there_is_room_again) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("orchestrator.db");
    const int code = in_child([&] {
        Engine engine(open_sqlite(path), path);
        if (!engine.open(noon)) {
            return 1;
        }
        signal(SIGXFSZ, SIG_IGN);
        rlimit limit{};
        getrlimit(RLIMIT_FSIZE, &limit);
        struct stat log{};
        stat((path + "-wal").c_str(), &log);
        const rlimit small{static_cast<rlim_t>(log.st_size) + 40'000, limit.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        int failed_at = -1;
        for (int i = 0; i < 100 && failed_at < 0; ++i) {
            const StoredCommit commit{"c" + std::to_string(i), key_value(std::to_string(i)), noon};
            const auto result = engine.apply({&commit, 1})[0];
            if (!result) {
                failed_at = i;
                if (result.error().code != ErrorCode::unreachable) {
                    return 2;
                }
                if (result.error().message.find(path) == std::string::npos) {
                    return 3;
                }
            }
        }
        if (failed_at < 2) {
            return 4;
        }
        const Observation observation{{"db1", 3306}, server("db1"), Moment{Instant(), noon}};
        if (engine.write_observed({&observation, 1}, [] { return false; })) {
            return 5;
        }
        setrlimit(RLIMIT_FSIZE, &limit);
        const StoredCommit again{"c" + std::to_string(failed_at), key_value(std::to_string(failed_at)), noon};
        if (!engine.apply({&again, 1})[0] || !engine.write_observed({&observation, 1}, [] { return false; })) {
            return 6;
        }
        const auto intent = engine.open(noon);
        return intent && intent->key_values.size() == static_cast<std::size_t>(failed_at) + 1 ? 0 : 7;
    });
    EXPECT_EQ(code, 0);
}

TEST(SqliteStore, a_file_that_may_only_be_read_still_tells_what_it_knows) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("orchestrator.db");
    {
        Engine engine(open_sqlite(path), path);
        ASSERT_TRUE(engine.open(noon));
        const StoredCommit commit{"c", key_value("known"), noon};
        ASSERT_TRUE(engine.apply({&commit, 1})[0]);
    }
    chmod(path.c_str(), 0444);
    chmod(directory.file("").c_str(), 0777);
    const uid_t owner = geteuid();
    const int code = in_child([&] {
        if (owner == 0 && seteuid(65534) != 0) {
            return 1;
        }
        Engine engine(open_sqlite(path), path);
        const auto intent = engine.open(noon);
        if (!intent || !intent->key_values.contains("known")) {
            return 2;
        }
        const StoredCommit commit{"d", key_value("new"), noon};
        const auto refused = engine.apply({&commit, 1})[0];
        if (refused || refused.error().code != ErrorCode::denied) {
            return 3;
        }
        if (refused.error().message.find("readonly") == std::string::npos) {
            return 4;
        }
        // Put right by its owner, it can be written without anybody opening it by hand.
        if (seteuid(owner) != 0 || chmod(path.c_str(), 0666) != 0 || (owner == 0 && seteuid(65534) != 0)) {
            return 5;
        }
        return engine.apply({&commit, 1})[0] ? 0 : 6;
    });
    EXPECT_EQ(code, 0);
}

TEST(SqliteStore, a_fresh_file_that_may_only_be_read_is_refused) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("empty.db");
    fclose(fopen(path.c_str(), "w"));
    chmod(path.c_str(), 0444);
    chmod(directory.file("").c_str(), 0777);
    const int code = in_child([&] {
        if (geteuid() == 0 && setuid(65534) != 0) {
            return 1;
        }
        Engine engine(open_sqlite(path), path);
        const auto intent = engine.open(noon);
        return !intent && intent.error().code == ErrorCode::denied ? 0 : 2;
    });
    EXPECT_EQ(code, 0);
}

TEST(SqliteStore, a_file_held_by_another_process_is_a_conflict_and_works_when_released) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("orchestrator.db");
    Engine engine(open_sqlite(path, Millis(5)), path);
    ASSERT_TRUE(engine.open(noon));
    auto other = Database::open(path);
    ASSERT_TRUE(other);
    const StoredCommit commit{"c", key_value("k"), noon};
    {
        auto held = Transaction::begin(*other);
        ASSERT_TRUE(held);
        const auto refused = engine.apply({&commit, 1})[0];
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::conflict);
        EXPECT_THAT(refused.error().message, HasSubstr("locked"));
    }
    EXPECT_TRUE(engine.apply({&commit, 1})[0]);
}

TEST(SqliteStore, reading_it_anew_closes_nothing_even_where_that_fails) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("orchestrator.db");
    bool is_refused = false;
    const OpenBackend open_file = open_sqlite(path);
    Engine engine(
        [&]() -> Result<std::unique_ptr<Backend>> {
            if (is_refused) {
                return fail(ErrorCode::unreachable, "connection refused");
            }
            return open_file();
        },
        path
    );
    ASSERT_TRUE(engine.open(noon));
    is_refused = true;
    const auto again = engine.open(noon);
    EXPECT_TRUE(again) << again.error().message;
    auto other = Database::open(path);
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->run_script("alter table kv_store rename to away"));
    EXPECT_FALSE(engine.open(noon));
    ASSERT_TRUE(other->run_script("alter table away rename to kv_store"));
    const StoredCommit commit{"c", key_value("k"), noon};
    const auto applied = engine.apply({&commit, 1})[0];
    EXPECT_TRUE(applied) << applied.error().message;
}

TEST(SqliteStore, one_bad_commit_does_not_harm_those_beside_it) {
    Engine engine(open_sqlite(":memory:"), ":memory:");
    ASSERT_TRUE(engine.open(noon));
    auto reader = engine.reader();
    ASSERT_TRUE(reader);
    // A guard of somebody else's making that one of three commits runs into.
    ASSERT_TRUE(engine.write_relaxed(
        {{"create trigger guard before insert on kv_store when new.store_key = 'bad'"
          " begin select raise(abort, 'not this one'); end",
          {}}}
    ));
    std::vector<StoredCommit> commits(3);
    const char* keys[] = {"one", "bad", "three"};
    for (std::size_t i = 0; i < 3; ++i) {
        commits[i] = {std::string("c-") + keys[i], key_value(keys[i]), noon};
        commits[i].changes.emplace_back(PutKeyValue{"last", keys[i], noon});
    }
    const auto results = engine.apply(commits);
    EXPECT_TRUE(results[0]);
    ASSERT_FALSE(results[1]);
    EXPECT_THAT(results[1].error().message, HasSubstr("not this one"));
    EXPECT_TRUE(results[2]);
    const auto intent = read_intent(*reader);
    ASSERT_TRUE(intent);
    EXPECT_EQ(intent->key_values.size(), 3U);
    EXPECT_EQ(intent->key_values.at("last"), "three");
    EXPECT_FALSE(engine.apply({&commits[1], 1})[0]) << "its id must not count as done";
}

TEST(SqliteStore, of_many_observations_of_a_server_only_the_newest_is_written) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("orchestrator.db");
    asio::io_context io;
    const runtime::SystemClock clock;
    const auto store = make_sqlite_store(path, clock);
    ASSERT_TRUE(run(io, store->open()));
    {
        auto other = Database::open(path);
        ASSERT_TRUE(other);
        ASSERT_TRUE(
            other->run_script("create table writes (host text, uptime int);"
                              "create trigger count_insert after insert on database_instance"
                              " begin insert into writes values (new.hostname, new.uptime); end;"
                              "create trigger count_update after update on database_instance"
                              " begin insert into writes values (new.hostname, new.uptime); end;")
        );
    }
    constexpr int last = 2000;
    for (int i = 1; i <= last; ++i) {
        for (const auto* host : {"db1", "db2", "db3"}) {
            auto facts = std::make_shared<Facts>();
            facts->uptime = Seconds(i);
            auto seen = std::make_shared<Server>(*server(host));
            seen->facts = facts;
            store->write_observed(seen);
        }
    }
    run(io, store->close());
    std::vector<std::int64_t> uptimes;
    auto other = Database::open(path);
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->query("select uptime from writes", {}, [&](const Row& row) {
        uptimes.push_back(std::get<std::int64_t>(row[0]));
    }));
    EXPECT_GE(uptimes.size(), 3U);
    EXPECT_LE(uptimes.size(), 30U) << "not coalesced";
    EXPECT_EQ(std::count(uptimes.begin(), uptimes.end(), last), 3);
}

TEST(SqliteStore, so_many_observations_as_told_do_not_wait_for_more) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("orchestrator.db");
    asio::io_context io;
    const runtime::SystemClock clock;
    const auto pace = std::make_shared<WritePace>();
    pace->longest_wait_us = Micros(std::chrono::hours(1)).count();
    pace->most = 2;
    DatabaseStoreOptions options;
    options.pace = pace;
    const auto store = make_sqlite_store(path, clock, options);
    ASSERT_TRUE(run(io, store->open()));
    // The first of a server goes out at once; only later ones are gathered.
    for (const int uptime : {1, 2}) {
        for (const auto* host : {"db1", "db2"}) {
            auto facts = std::make_shared<Facts>();
            facts->uptime = Seconds(uptime);
            auto seen = std::make_shared<Server>(*server(host));
            seen->facts = facts;
            store->write_observed(seen);
        }
        ASSERT_TRUE(run(io, store->known_servers()));
    }
    auto other = Database::open(path);
    ASSERT_TRUE(other);
    const Deadline deadline = clock.deadline_in(Seconds(10));
    std::int64_t written = 0;
    while (written < 2 && !deadline.has_passed(clock.now())) {
        ASSERT_TRUE(other->query("select count(*) from database_instance where uptime = 2", {}, [&](const Row& row) {
            written = std::get<std::int64_t>(row[0]);
        }));
    }
    EXPECT_EQ(written, 2);
}

TEST(SqliteStore, observations_are_written_without_being_asked) {
    const testing::TemporaryDirectory directory;
    asio::io_context io;
    const runtime::SystemClock clock;
    const auto store = make_sqlite_store(directory.file("orchestrator.db"), clock);
    ASSERT_TRUE(run(io, store->open()));
    // A full batch goes at once; asking again and again until it is there, at most for 10 s.
    for (int i = 0; i < 1200; ++i) {
        store->write_observed(server("db" + std::to_string(i)));
    }
    const Deadline deadline = clock.deadline_in(Seconds(10));
    std::size_t known = 0;
    while (known < 1200 && !deadline.has_passed(clock.now())) {
        known = run(io, store->known_servers()).value().size();
    }
    EXPECT_EQ(known, 1200U);
}

TEST(SqliteStore, calls_before_open_and_after_close_are_errors) {
    const testing::TemporaryDirectory directory;
    asio::io_context io;
    const runtime::SystemClock clock;
    const auto store = make_sqlite_store(directory.file("orchestrator.db"), clock);
    EXPECT_EQ(run(io, store->apply("1", {})).error().code, ErrorCode::unreachable);
    ASSERT_TRUE(run(io, store->open()));
    run(io, store->close());
    EXPECT_EQ(run(io, store->apply("1", {})).error().code, ErrorCode::unreachable);
    EXPECT_EQ(run(io, store->known_servers()).error().code, ErrorCode::unreachable);
    store->write_observed(server("db1"));
    run(io, store->close());
    EXPECT_TRUE(run(io, store->open()));
}

TEST(SqliteStore, commits_asked_for_at_once_are_all_answered_in_order) {
    asio::io_context io;
    const runtime::SystemClock clock;
    const auto store = make_sqlite_store(":memory:", clock);
    ASSERT_TRUE(run(io, store->open()));
    std::vector<int> order;
    const auto commit = [](Store& to, int number, std::vector<int>& out) -> Co<void> {
        std::string id = std::to_string(number);
        std::vector<Change> changes = key_value(id);
        const auto done = co_await to.apply(std::move(id), std::move(changes));
        out.push_back(done ? number : -1);
    };
    std::vector<int> expected;
    for (int i = 0; i < 100; ++i) {
        asio::co_spawn(io, commit(*store, i, order), [](std::exception_ptr) {});
        expected.push_back(i);
    }
    io.restart();
    io.run();
    EXPECT_EQ(order, expected);
}

}  // namespace
}  // namespace orc::store
