// Sockets, delays and counting; what is said is in fleet_answers.cc.
#include "fake_fleet.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "packets.h"

namespace orc::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char command_quit = 1;
constexpr char command_query = 3;
constexpr int backlog = 4096;

struct Connection {
    int host = 0;
    std::uint32_t number = 0;  ///< also tells it from a later one with the same descriptor
    bool is_logged_in = false;
    std::string in;
};

struct Pending {
    Clock::time_point due;
    int fd;
    std::uint32_t number;
    std::string bytes;
};

Error socket_error(const std::string& what) { return {ErrorCode::unreachable, what + ": " + std::strerror(errno)}; }

/// `address` is 127.x.y.z, or any address of the loopback device for INADDR_ANY. `port` 0 picks one and stores it.
Result<int> listen_on(in_addr address, std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr = address;
    socklen_t size = sizeof name;
    const char device[] = "lo";
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, sizeof device) != 0 ||
        ::bind(fd, reinterpret_cast<const sockaddr*>(&name), size) != 0 || ::listen(fd, backlog) != 0) {
        auto error = socket_error("listen");
        ::close(fd);
        return tl::unexpected<Error>(std::move(error));
    }
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
    port = ntohs(name.sin_port);
    return fd;
}

void allow_many_files() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

struct FakeFleet::State {
    explicit State(FleetOptions o) : options(o), last_probe(std::size_t(o.shape.hosts())) {}

    FleetOptions options;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    /// One for everybody, and one for each host whose kernel will drop connections.
    std::unordered_set<int> listeners;
    std::vector<int> own_listeners;
    std::unordered_map<int, Connection> connections;
    std::deque<Pending> pending;  ///< all wait equally long, so the first is due first
    std::unique_ptr<FleetAnswers> answers;
    std::uint32_t connections_made = 0;
    bool is_silent = false;
    std::vector<Clock::time_point> last_probe;
    FleetStats stats;

    bool goes_silent(int host) const {
        return options.silence != Silence::none && options.shape.cluster_of(host) % 2 == 1;
    }
    bool is_silent_now(int host) const { return is_silent && goes_silent(host); }

    Result<void> open_listeners() {
        const in_addr any{};
        TRY(add_listener(any));
        for (int host = 0; options.silence == Silence::drop && host < options.shape.hosts(); ++host) {
            if (goes_silent(host)) {
                in_addr address{};
                inet_pton(AF_INET, options.shape.address(host).c_str(), &address);
                TRY(add_listener(address));
            }
        }
        answers = std::make_unique<FleetAnswers>(options.shape);
        return {};
    }

    Result<void> add_listener(in_addr address) {
        TRY(const int fd, listen_on(address, options.shape.port));
        listeners.insert(fd);
        if (address.s_addr != INADDR_ANY) {
            own_listeners.push_back(fd);
        }
        watch(fd);
        return {};
    }

    void watch(int fd) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
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

    void reply(int fd, const Connection& to, std::string bytes) {
        pending.push_back({Clock::now() + options.latency, fd, to.number, std::move(bytes)});
    }

    void handle_packet(int fd, Connection& c, std::string_view payload) {
        const bool is_query = c.is_logged_in && payload[0] == command_query;
        if (is_silent_now(c.host) || (c.is_logged_in && payload[0] == command_quit)) {
            return;
        }
        if (is_query) {
            const std::string_view sql = payload.substr(1);
            if (answers->is_probe(sql)) {
                note_probe(c.host);
            }
            reply(fd, c, answers->answer(c.host, sql, c.number));
            return;
        }
        Packets out(c.is_logged_in ? 1 : 2);  // a ping, or the log-in, which is believed
        c.is_logged_in = true;
        out.ok(false);
        reply(fd, c, out.take());
    }

    void drop(int fd) {
        ::close(fd);
        connections.erase(fd);
    }

    void accept_on(int listener) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        sockaddr_in here{};
        socklen_t size = sizeof here;
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size);
        std::array<unsigned char, 4> address{};
        std::memcpy(address.data(), &here.sin_addr, address.size());
        const int host = options.shape.host_at(address.data());
        if (host < 0) {
            ::close(fd);
            return;
        }
        const int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        Connection& c = connections[fd];
        c = Connection{host, ++connections_made, false, {}};
        watch(fd);
        if (!is_silent_now(host)) {
            Packets out(0);
            out.greeting(c.number);
            reply(fd, c, out.take());
        }
    }

    void read_from(int fd) {
        const auto known = connections.find(fd);
        if (known == connections.end()) {
            return;
        }
        Connection& c = known->second;
        std::array<char, 16384> buffer;
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
                drop(fd);
            }
            return;
        }
        c.in.append(buffer.data(), std::size_t(got));
        while (c.in.size() >= 4) {
            const auto byte = [&](std::size_t i) { return std::size_t(static_cast<unsigned char>(c.in[i])); };
            const std::size_t size = byte(0) | byte(1) << 8U | byte(2) << 16U;
            if (c.in.size() < size + 4) {
                return;
            }
            if (size > 0) {
                handle_packet(fd, c, std::string_view(c.in).substr(4, size));
            }
            c.in.erase(0, size + 4);
        }
    }

    void send_due() {
        const auto now = Clock::now();
        while (!pending.empty() && pending.front().due <= now) {
            const Pending& p = pending.front();
            const auto to = connections.find(p.fd);
            if (to != connections.end() && to->second.number == p.number && !is_silent_now(to->second.host)) {
                // Sockets are empty and take an answer whole: a short write means a client that went away.
                if (::send(p.fd, p.bytes.data(), p.bytes.size(), MSG_NOSIGNAL) != ssize_t(p.bytes.size())) {
                    drop(p.fd);
                }
            }
            pending.pop_front();
        }
    }

    /// Waits for the next packet or the next answer's time, to the microsecond: milliseconds would mean spinning.
    int wait(std::vector<epoll_event>& events) const {
        timespec limit{};
        if (!pending.empty()) {
            const auto left = std::max(pending.front().due - Clock::now(), Clock::duration(0));
            limit.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
            limit.tv_nsec = (left % std::chrono::seconds(1)).count();
        }
        return epoll_pwait2(epoll, events.data(), int(events.size()), pending.empty() ? nullptr : &limit, nullptr);
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
    ::close(state_->epoll);
}

Result<std::unique_ptr<FakeFleet>> FakeFleet::open(FleetOptions options) {
    allow_many_files();
    auto state = std::make_unique<State>(options);
    std::unique_ptr<FakeFleet> fleet(new FakeFleet(std::move(state)));
    TRY(fleet->state_->open_listeners());
    return fleet;
}

std::vector<Endpoint> FakeFleet::primaries() const {
    const FleetShape& shape = state_->options.shape;
    std::vector<Endpoint> out;
    out.reserve(static_cast<std::size_t>(shape.clusters));
    for (int i = 0; i < shape.clusters; ++i) {
        out.push_back(Endpoint{shape.address(i * (shape.replicas + 1)), shape.port});
    }
    return out;
}

std::size_t FakeFleet::size() const { return std::size_t(state_->options.shape.hosts()); }

void FakeFleet::serve_until_readable(int control) {
    state_->watch(control);
    std::vector<epoll_event> events(1024);
    bool is_called = false;
    while (!is_called) {
        const int ready = state_->wait(events);
        for (int i = 0; i < ready; ++i) {
            const int fd = events[std::size_t(i)].data.fd;
            if (fd == control) {
                is_called = true;
            } else if (state_->listeners.contains(fd)) {
                state_->accept_on(fd);
            } else {
                state_->read_from(fd);
            }
        }
        state_->send_due();
    }
    epoll_ctl(state_->epoll, EPOLL_CTL_DEL, control, nullptr);
}

void FakeFleet::silence() {
    state_->is_silent = true;
    for (const int fd : state_->own_listeners) {
        // A queue of one that nobody empties: the first connection still gets in, every later one is dropped.
        ::listen(fd, 0);
        epoll_ctl(state_->epoll, EPOLL_CTL_DEL, fd, nullptr);
    }
}

void FakeFleet::reset_stats() {
    state_->stats = {};
    std::fill(state_->last_probe.begin(), state_->last_probe.end(), Clock::time_point{});
}

FleetStats FakeFleet::stats() const {
    FleetStats out = state_->stats;
    std::sort(out.gaps.begin(), out.gaps.end());
    return out;
}

}  // namespace orc::bench
