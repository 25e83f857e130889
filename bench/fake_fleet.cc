#include "fake_fleet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <optional>
#include <unordered_map>

#include "base/text.h"

namespace orc::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::uint32_t number_of(int fleet_host) { return std::uint32_t(fleet_host) + 1; }

// ---- packets ----

void put_number(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
        out += char((value >> (8 * i)) & 255);
    }
}

void put_length(std::string& out, std::size_t value) {
    if (value < 251) {
        out += char(value);
    } else if (value < 65536) {
        out += char(0xfc);
        put_number(out, value, 2);
    } else {
        out += char(0xfd);
        put_number(out, value, 3);
    }
}

void put_text(std::string& out, std::string_view text) {
    put_length(out, text.size());
    out += text;
}

void put_packet(std::string& out, std::uint8_t& sequence, std::string_view payload) {
    put_number(out, payload.size(), 3);
    out += char(sequence++);
    out += payload;
}

constexpr std::uint64_t capabilities =
    0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x10000 | 0x20000 | 0x40000 | 0x80000 | 0x200000 | 0x1000000;

std::string greeting(std::uint32_t connection) {
    std::string p;
    p += char(10);
    p += "8.0.36";
    p += '\0';
    put_number(p, connection, 4);
    p += "12345678";
    p += '\0';
    put_number(p, capabilities & 0xffff, 2);
    p += char(45);
    put_number(p, 2, 2);
    put_number(p, capabilities >> 16, 2);
    p += char(21);
    p.append(10, '\0');
    p += "123456789012";
    p += '\0';
    p += "mysql_native_password";
    p += '\0';
    return p;
}

std::string ok_packet(char head, bool more) {
    std::string p;
    p += head;
    p += '\0';
    p += '\0';
    put_number(p, more ? 2 | 8 : 2, 2);
    put_number(p, 0, 2);
    return p;
}

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
};

void put_table(std::string& out, std::uint8_t& sequence, const Table& table, bool more) {
    std::string p;
    put_length(p, table.columns.size());
    put_packet(out, sequence, p);
    for (const auto& column : table.columns) {
        p.clear();
        for (const std::string_view part : {"def", "", "", ""}) {
            put_text(p, part);
        }
        put_text(p, column);
        put_text(p, column);
        p += char(12);
        put_number(p, 45, 2);
        put_number(p, 1024, 4);
        p += char(0xfd);
        put_number(p, 0, 2);
        p += char(0);
        put_number(p, 0, 2);
        put_packet(out, sequence, p);
    }
    for (const auto& row : table.rows) {
        p.clear();
        for (const auto& cell : row) {
            if (cell) {
                put_text(p, *cell);
            } else {
                p += char(0xfb);
            }
        }
        put_packet(out, sequence, p);
    }
    put_packet(out, sequence, ok_packet(char(0xfe), more));
}

}  // namespace

struct Connection {
    int fd = -1;
    int host = 0;
    bool logged_in = false;
    std::string in;
};

struct FakeFleet::State {
    FleetOptions options;
    int epoll = -1;
    std::vector<int> listeners;
    std::unordered_map<int, int> host_of_listener;
    std::unordered_map<int, Connection> connections;
    std::uint32_t next_connection = 1;
    Clock::time_point began = Clock::now();
    std::vector<Clock::time_point> last_probe;
    FleetStats stats;

    struct Pending {
        Clock::time_point due;
        int fd;
        std::uint32_t generation;
        std::string bytes;
    };
    std::deque<Pending> pending;
    std::unordered_map<int, std::uint32_t> generations;

    int hosts() const { return options.clusters * (options.replicas + 1); }
    bool is_primary(int host) const { return host % (options.replicas + 1) == 0; }
    int primary_of(int host) const { return host - host % (options.replicas + 1); }
    std::string address(int host) const {
        return "127." + std::to_string(options.second_octet) + "." + std::to_string(host / 250) + "." +
               std::to_string(host % 250 + 1);
    }
    std::string uuid(int host) const {
        char text[40];
        std::snprintf(text, sizeof text, "%08x-0000-11ee-8000-000000000000", number_of(host));
        return text;
    }
    std::string executed(int host) const {
        const auto transactions =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count() / 100 + 1;
        return uuid(primary_of(host)) + ":1-" + std::to_string(transactions);
    }

    std::string variable(int host, std::string name) const {
        name = to_lower(name);
        static const std::map<std::string, std::string> fixed = {
            {"version", "8.0.36"},
            {"version_comment", "MySQL Community Server - GPL"},
            {"binlog_format", "ROW"},
            {"binlog_row_image", "FULL"},
            {"log_bin", "1"},
            {"log_replica_updates", "1"},
            {"log_slave_updates", "1"},
            {"gtid_mode", "ON"},
            {"gtid_purged", ""},
            {"super_read_only", "0"}
        };
        if (const auto found = fixed.find(name); found != fixed.end()) {
            return found->second;
        }
        if (name == "hostname" || name == "report_host") {
            return address(host);
        }
        if (name == "server_id") {
            return std::to_string(number_of(host));
        }
        if (name == "server_uuid") {
            return uuid(host);
        }
        if (name == "read_only") {
            return is_primary(host) ? "0" : "1";
        }
        return name == "gtid_executed" ? executed(host) : "0";
    }

    Table answer(int host, std::string_view statement) const {
        Table table;
        const std::string upper = to_lower(statement);
        if (upper.starts_with("select @@") || upper.starts_with("select connection_id")) {
            std::vector<std::optional<std::string>> row;
            for (const auto item : split(statement.substr(7), ',')) {
                std::string name(trim(item));
                table.columns.push_back(name);
                row.emplace_back(
                    name.starts_with("@@global.") ? variable(host, name.substr(9)) : std::to_string(next_connection)
                );
            }
            table.rows.push_back(std::move(row));
        } else if (upper.starts_with("show replica status") || upper.starts_with("show slave status")) {
            replica_status(host, table);
        } else if (upper.starts_with("show master status")) {
            table.columns = {"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"};
            table.rows.push_back({"binlog.000007", "4711", "", "", executed(host)});
        } else if (upper.starts_with("show replicas") || upper.starts_with("show slave hosts")) {
            table.columns = {"Server_Id", "Host", "Port", "Source_Id", "Replica_UUID"};
            for (int i = 1; is_primary(host) && i <= options.replicas; ++i) {
                table.rows.push_back(
                    {std::to_string(number_of(host + i)),
                     address(host + i),
                     std::to_string(options.port),
                     std::to_string(number_of(host)),
                     uuid(host + i)}
                );
            }
        } else if (upper.starts_with("show global status")) {
            table.columns = {"Variable_name", "Value"};
            table.rows.push_back({"Uptime", "86400"});
        } else {
            table.columns = {"empty"};
        }
        return table;
    }

    void replica_status(int host, Table& table) const {
        const std::string source = is_primary(host) ? "" : address(primary_of(host));
        const std::vector<std::pair<std::string, std::string>> cells = {
            {"Replica_IO_State", "Waiting for source to send event"},
            {"Source_Host", source},
            {"Source_User", "repl"},
            {"Source_Port", std::to_string(options.port)},
            {"Connect_Retry", "60"},
            {"Source_Log_File", "binlog.000007"},
            {"Read_Source_Log_Pos", "4711"},
            {"Relay_Log_File", "relay.000003"},
            {"Relay_Log_Pos", "900"},
            {"Relay_Source_Log_File", "binlog.000007"},
            {"Replica_IO_Running", "Yes"},
            {"Replica_SQL_Running", "Yes"},
            {"Replicate_Do_DB", ""},
            {"Last_Errno", "0"},
            {"Last_Error", ""},
            {"Exec_Source_Log_Pos", "4711"},
            {"Source_SSL_Allowed", "No"},
            {"Seconds_Behind_Source", "0"},
            {"Last_IO_Errno", "0"},
            {"Last_IO_Error", ""},
            {"Last_SQL_Errno", "0"},
            {"Last_SQL_Error", ""},
            {"Source_Server_Id", std::to_string(number_of(primary_of(host)))},
            {"Source_UUID", uuid(primary_of(host))},
            {"SQL_Delay", "0"},
            {"Retrieved_Gtid_Set", executed(host)},
            {"Executed_Gtid_Set", executed(host)},
            {"Auto_Position", "1"},
            {"Channel_Name", ""},
            {"Get_Source_public_key", "0"}
        };
        std::vector<std::optional<std::string>> row;
        for (const auto& [name, value] : cells) {
            table.columns.push_back(name);
            row.emplace_back(value);
        }
        if (!is_primary(host)) {
            table.rows.push_back(std::move(row));
        }
    }

    void note_probe(int host) {
        const auto now = Clock::now();
        ++stats.probes;
        auto& last = last_probe[std::size_t(host)];
        if (last != Clock::time_point{}) {
            stats.gaps.push_back(std::chrono::duration<double>(now - last).count());
        }
        last = now;
    }

    void reply(Connection& c, std::string bytes) {
        pending.push_back(
            {Clock::now() + std::chrono::microseconds(options.latency_microseconds),
             c.fd,
             generations[c.fd],
             std::move(bytes)}
        );
    }

    void handle_query(Connection& c, std::string_view sql) {
        std::string out;
        std::uint8_t sequence = 1;
        std::vector<std::string_view> statements;
        for (const auto piece : split(sql, ';')) {
            if (!trim(piece).empty()) {
                statements.push_back(trim(piece));
            }
        }
        for (std::size_t i = 0; i < statements.size(); ++i) {
            const bool more = i + 1 < statements.size();
            const std::string lower = to_lower(statements[i].substr(0, 20));
            if (lower.starts_with("set ") || lower.starts_with("kill ")) {
                put_packet(out, sequence, ok_packet('\0', more));
                continue;
            }
            if (lower.starts_with("show replica status") || lower.starts_with("show slave status")) {
                note_probe(c.host);
            }
            put_table(out, sequence, answer(c.host, statements[i]), more);
        }
        reply(c, std::move(out));
    }

    void handle_packet(Connection& c, std::string_view payload) {
        std::string out;
        std::uint8_t sequence = 1;
        if (!c.logged_in) {
            c.logged_in = true;
            sequence = 2;
            put_packet(out, sequence, ok_packet('\0', false));
            reply(c, std::move(out));
        } else if (payload[0] == 3) {
            handle_query(c, payload.substr(1));
        } else if (payload[0] != 1) {  // everything but "quit": ping, reset
            put_packet(out, sequence, ok_packet('\0', false));
            reply(c, std::move(out));
        }
    }

    void drop(int fd) {
        ::close(fd);
        ++generations[fd];
        connections.erase(fd);
    }

    void accept_on(int listener) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        const int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        Connection& c = connections[fd];
        c = Connection{fd, host_of_listener[listener], false, {}};
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        std::string out;
        std::uint8_t sequence = 0;
        put_packet(out, sequence, greeting(next_connection++));
        reply(c, std::move(out));
    }

    void read_from(int fd) {
        Connection& c = connections[fd];
        char buffer[16384];
        const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) {
            if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
                drop(fd);
            }
            return;
        }
        c.in.append(buffer, std::size_t(got));
        while (c.in.size() >= 4) {
            const auto byte = [&](std::size_t i) { return std::size_t(static_cast<unsigned char>(c.in[i])); };
            const std::size_t size = byte(0) | byte(1) << 8U | byte(2) << 16U;
            if (c.in.size() < size + 4) {
                return;
            }
            const std::string payload = c.in.substr(4, size);
            c.in.erase(0, size + 4);
            if (!payload.empty()) {
                handle_packet(c, payload);
            }
        }
    }

    void send_due() {
        const auto now = Clock::now();
        while (!pending.empty() && pending.front().due <= now) {
            const Pending& p = pending.front();
            if (generations[p.fd] == p.generation && connections.contains(p.fd)) {
                // Answers are small and sockets empty: a short write means a client that went away.
                if (::send(p.fd, p.bytes.data(), p.bytes.size(), MSG_NOSIGNAL) != ssize_t(p.bytes.size())) {
                    drop(p.fd);
                }
            }
            pending.pop_front();
        }
    }
};

FakeFleet::FakeFleet(std::unique_ptr<State> state) : state_(std::move(state)) {}

FakeFleet::~FakeFleet() {
    for (const auto& [fd, connection] : state_->connections) {
        ::close(fd);
    }
    for (const int fd : state_->listeners) {
        ::close(fd);
    }
    if (state_->epoll >= 0) {
        ::close(state_->epoll);
    }
}

Result<std::unique_ptr<FakeFleet>> FakeFleet::open(FleetOptions options) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    auto state = std::make_unique<State>();
    state->options = options;
    state->epoll = epoll_create1(EPOLL_CLOEXEC);
    state->last_probe.resize(std::size_t(state->hosts()));
    for (int host = 0; host < state->hosts(); ++host) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int yes = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(state->options.port);
        inet_pton(AF_INET, state->address(host).c_str(), &address.sin_addr);
        socklen_t size = sizeof address;
        if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(fd, 128) != 0) {
            return fail(ErrorCode::unreachable, state->address(host) + ": " + std::strerror(errno));
        }
        if (state->options.port == 0) {
            ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
            state->options.port = ntohs(address.sin_port);
        }
        state->listeners.push_back(fd);
        state->host_of_listener[fd] = host;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        epoll_ctl(state->epoll, EPOLL_CTL_ADD, fd, &event);
    }
    return std::unique_ptr<FakeFleet>(new FakeFleet(std::move(state)));
}

std::vector<Endpoint> FakeFleet::primaries() const {
    std::vector<Endpoint> out;
    for (int i = 0; i < state_->options.clusters; ++i) {
        out.push_back(Endpoint{state_->address(i * (state_->options.replicas + 1)), state_->options.port});
    }
    return out;
}

std::size_t FakeFleet::size() const { return std::size_t(state_->hosts()); }

void FakeFleet::serve(const volatile bool& keep_going) {
    std::vector<epoll_event> events(1024);
    while (keep_going) {
        int wait = 50;
        if (!state_->pending.empty()) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(state_->pending.front().due - Clock::now())
                    .count();
            wait = int(std::clamp<long long>(left, 0, 50));
        }
        const int ready = epoll_wait(state_->epoll, events.data(), int(events.size()), wait);
        for (int i = 0; i < ready; ++i) {
            const int fd = events[std::size_t(i)].data.fd;
            if (state_->host_of_listener.contains(fd)) {
                state_->accept_on(fd);
            } else {
                state_->read_from(fd);
            }
        }
        state_->send_due();
    }
}

void FakeFleet::reset_stats() { state_->stats = {}; }

FleetStats FakeFleet::stats() const {
    FleetStats out = state_->stats;
    std::sort(out.gaps.begin(), out.gaps.end());
    return out;
}

}  // namespace orc::bench
