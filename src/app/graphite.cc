#include "app/graphite.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "runtime/log.h"

namespace orc::app {
namespace {

constexpr Seconds classic_period{60};
constexpr Millis look_every{100};
constexpr int send_limit_seconds = 5;
constexpr std::uint16_t default_port = 2003;

struct Addresses {
    addrinfo* first = nullptr;
    ~Addresses() {
        if (first != nullptr) {
            freeaddrinfo(first);
        }
    }
};

Result<void> send_to(const Endpoint& server, const std::string& text) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    Addresses found;
    const int wrong = getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &wanted, &found.first);
    if (wrong != 0) {
        return fail(ErrorCode::unreachable, server.text() + ": " + gai_strerror(wrong));
    }
    const int fd = ::socket(found.first->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{send_limit_seconds, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // of connecting as well
    const bool is_sent = ::connect(fd, found.first->ai_addr, found.first->ai_addrlen) == 0 &&
                         ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size());
    const std::string why = std::strerror(errno);
    ::close(fd);
    return is_sent ? Result<void>() : fail(ErrorCode::unreachable, server.text() + ": " + why);
}

}  // namespace

std::string graphite_text(const Figures& figures, const std::string& path, WallTime now) {
    const auto seconds = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    std::string out;
    for (const auto& figure : figures) {
        const std::string name = path + "." + std::string(figure.name);
        if (!figure.is_counter) {
            out += fmt::format("{}.value {} {}\n", name, figure.value, seconds);
            continue;
        }
        out += fmt::format("{}.count {} {}\n", name, figure.value, seconds);
        out += fmt::format("{}.count_ps {:.2f} {}\n", name, double(figure.value) / 60, seconds);
    }
    return out;
}

std::string graphite_path(const config::Settings& settings, std::string host) {
    if (settings.graphite_convert_hostname_dots_to_underscores) {
        host = replace_all(std::move(host), ".", "_");
    }
    return replace_all(settings.graphite_path, "{hostname}", host);
}

Graphite::Graphite(Endpoint server, std::string path, Collect collect, const runtime::Clock& clock, Millis period)
    : server_(std::move(server)),
      path_(std::move(path)),
      collect_(std::move(collect)),
      clock_(clock),
      period_(period),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Result<std::unique_ptr<Graphite>> Graphite::make(
    const config::Settings& settings, const std::string& host, Collect collect, const runtime::Clock& clock
) {
    if (settings.graphite_addr.empty() || settings.graphite_poll_seconds <= 0) {
        return std::unique_ptr<Graphite>();
    }
    if (settings.graphite_path.empty()) {
        return fail(ErrorCode::invalid, "GraphiteAddr is set, but GraphitePath is empty");
    }
    auto server = Endpoint::parse(settings.graphite_addr, default_port);
    if (!server) {
        return tl::unexpected(with_context("GraphiteAddr", server.error()));
    }
    std::string path = graphite_path(settings, host);
    return std::make_unique<Graphite>(*std::move(server), std::move(path), std::move(collect), clock, classic_period);
}

void Graphite::run(const std::stop_token& stop) {
    bool was_failing = false;
    while (!stop.stop_requested()) {
        const auto sent = send_once(stop);
        if (!sent && !was_failing && !stop.stop_requested()) {
            LOG(warning, "graphite.not_sent", {{"server", server_}, {"error", sent.error().message}});
        } else if (sent && was_failing) {
            LOG(info, "graphite.sent_again", {{"server", server_}});
        }
        was_failing = !sent;
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, period_, [] { return false; });
    }
}

// The one who answers may be waiting for this thread to end.
Result<void> Graphite::send_once(const std::stop_token& stop) const {
    auto asked = collect_();
    while (asked.wait_for(look_every) != std::future_status::ready) {
        if (stop.stop_requested()) {
            return fail(ErrorCode::cancelled, "the service is stopping");
        }
    }
    return send_to(server_, graphite_text(asked.get(), path_, clock_.wall()));
}

}  // namespace orc::app
