// A server that answers statements by their beginnings, and a gateway to it. For tests of this room only.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/text.h"
#include "mysql/real_gateway.h"
#include "mysql/session/dialer.h"
#include "mysql/session/fake_server_test.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

namespace orc::mysql {

/// Answers statements by their beginnings; the longest that fits wins.
class FakeSql {
public:
    struct Reply {
        std::vector<std::string> columns;
        std::vector<std::vector<std::optional<std::string>>> rows;
        int error = 0;
        std::string text;
        bool hangs = false;
        bool closes = false;
    };

    explicit FakeSql(std::string version) {
        on("SELECT @@global.version", table({{version, "fake"}}));
        on("SELECT @@global.version, @@global.version_comment, CONNECTION_ID()", table({{version, "fake", "815"}}));
        on("SELECT CONNECTION_ID()", table({{"815"}}));
        on("SHOW VARIABLES LIKE 'maxscale%'", table({}));
        on("SET ", Reply{});
        on("SHOW ", table({}));
        on("KILL", Reply{});
    }
    static Reply table(
        std::vector<std::vector<std::optional<std::string>>> rows, std::vector<std::string> columns = {}
    ) {
        const std::size_t width = rows.empty() ? std::max<std::size_t>(1, columns.size()) : rows.front().size();
        columns.resize(width, "c");
        return Reply{std::move(columns), std::move(rows), 0, "", false, false};
    }
    static Reply refusal(int number, std::string text) { return Reply{{}, {}, number, std::move(text), false, false}; }
    static Reply hang() { return Reply{{}, {}, 0, "", true, false}; }
    static Reply hang_up() { return Reply{{}, {}, 0, "", false, true}; }

    void on(const std::string& beginning, Reply reply) {
        const std::lock_guard lock(mutex_);
        replies_[beginning] = std::move(reply);
    }
    std::vector<std::string> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    std::size_t count(std::string_view beginning) {
        const auto all = asked();
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& text) {
            return text.starts_with(beginning);
        }));
    }
    void forget_asked() {
        const std::lock_guard lock(mutex_);
        asked_.clear();
    }

    void operator()(Peer& peer) {
        peer.log_in();
        while (const auto command = peer.read_packet()) {
            if (command->front() == 0x0e) {
                peer.send_packet(canned::ok());
                continue;
            }
            if (command->front() != 0x03) {
                return;
            }
            const auto statements = split(std::string_view(*command).substr(1), ';');
            for (std::size_t i = 0; i < statements.size(); ++i) {
                const auto reply = reply_to(trim(statements[i]));
                const bool more = i + 1 < statements.size();
                if (reply.hangs) {
                    peer.wait_until_closed();
                    return;
                }
                if (reply.closes) {
                    return;
                }
                if (reply.error != 0) {
                    peer.send_packet(canned::error(reply.error, reply.text));
                    break;
                }
                if (reply.columns.empty()) {
                    peer.send_packet(canned::ok(more));
                } else {
                    peer.send_set(reply.columns, reply.rows, more);
                }
            }
        }
    }

private:
    Reply reply_to(std::string_view statement) {
        const std::lock_guard lock(mutex_);
        asked_.emplace_back(statement);
        const Reply* best = nullptr;
        std::size_t length = 0;
        for (const auto& [beginning, reply] : replies_) {
            if (statement.starts_with(beginning) && beginning.size() >= length) {
                best = &reply;
                length = beginning.size();
            }
        }
        return best != nullptr ? *best : refusal(1064, "what? " + std::string(statement));
    }

    std::mutex mutex_;
    std::map<std::string, Reply> replies_;
    std::vector<std::string> asked_;
};

/// One server and a gateway to it.
struct Scene {
    explicit Scene(std::string version, GatewayOptions options = {}) : sql(std::move(version)) {
        options.access.user = "orc";
        options.access.password = "secret";
        options.access.tls = TlsMode::off;
        options.replicas_by_registration = true;
        gateway = make_gateway(std::move(options), *dialer, clock, io.get_executor());
        gateway->on_session_broken([this](Endpoint) { ++broken; });
    }
    ~Scene() {
        tasks.spawn(gateway->stop());
        run_until_idle();
    }
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    Endpoint at() const { return server.endpoint(); }
    Deadline in(Micros span) { return clock.deadline_in(span); }
    Result<model::Facts> probe(Micros limit = Seconds(5)) { return run(gateway->probe(at(), in(limit))); }

    template <typename T>
    Result<T> run(Task<T> work) {
        Result<T> out = fail(ErrorCode::conflict, "did not end");
        tasks.spawn(keep(std::move(work), out));
        run_until_idle();
        return out;
    }
    template <typename T>
    static Co<void> keep(Task<T> work, Result<T>& out) {
        out = co_await std::move(work);
    }
    void run_until_idle() {
        io.restart();
        while (tasks.running() > 0) {
            io.run_one();
        }
    }
    void run_for(std::chrono::milliseconds span) {
        io.restart();
        io.run_for(span);
    }

    FakeSql sql;
    FakeServer server{[this](Peer& peer) { sql(peer); }};
    asio::io_context io{1};
    runtime::SystemClock clock;
    std::unique_ptr<Resolver> resolver = make_resolver(clock, io.get_executor(), {});
    std::unique_ptr<Dialer> dialer = make_dialer(clock, io.get_executor(), *resolver);
    std::unique_ptr<RealGateway> gateway;
    int broken = 0;
    runtime::TaskGroup tasks{io.get_executor()};
};

/// The answers of a MySQL of today.
inline void make_mysql(FakeSql& sql) {
    // server_id, read_only, format, image, super, gtid_mode, executed, purged
    sql.on(
        "SELECT @@global.server_id,",
        FakeSql::table(
            {{"7",
              "0",
              "ROW",
              "FULL",
              "0",
              "ON",
              "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
              "",
              "db1",
              "",
              "1",
              "1",
              "3e11fa47-71ca-11e1-9e33-c80aa9429562",
              "1"}}
        )
    );
    sql.on("SHOW BINARY LOG STATUS", FakeSql::table({{"b.000001", "154", "", "", ""}}));
    sql.on("SHOW REPLICAS", FakeSql::table({{"2", "db2", "3306"}}, {"Server_Id", "Host", "Port"}));
    sql.on("SHOW GLOBAL STATUS", FakeSql::table({{"Uptime", "100"}}));
    sql.on("SELECT s.CHANNEL_NAME", FakeSql::table({}));
    sql.on("SELECT HOST FROM", FakeSql::table({}));
    sql.on("SELECT COUNT(*) FROM mysql.", FakeSql::table({{"1"}}));
    sql.on("SELECT MEMBER_ID", FakeSql::refusal(1193, "Unknown system variable 'group_replication_group_name'"));
}

}  // namespace orc::mysql
