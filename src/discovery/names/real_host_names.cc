#include "discovery/names/real_host_names.h"

#include <netdb.h>
#include <sys/socket.h>

#include "mysql/session/resolver.h"

namespace orc::discovery {
namespace {

/// Blocks; runs on one of the resolver's threads.
Result<mysql::Addresses> look_up_canonical(const std::string& host) {
    addrinfo hints{};
    hints.ai_flags = AI_CANONNAME;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (failed != 0) {
        return fail(ErrorCode::unreachable, host + ": " + gai_strerror(failed));
    }
    std::string name = found->ai_canonname != nullptr ? found->ai_canonname : host;
    freeaddrinfo(found);
    if (name.ends_with('.')) {
        name.pop_back();
    }
    return mysql::Addresses{std::move(name)};
}

mysql::ResolverOptions canonical_options() {
    mysql::ResolverOptions options;
    options.threads = 2;
    options.look_up = look_up_canonical;
    return options;
}

class RealHostNames final : public HostNames {
public:
    RealHostNames(runtime::Clock& clock, Executor executor)
        : canonical_(mysql::make_resolver(clock, executor, canonical_options())),
          addresses_(mysql::make_resolver(clock, executor, {})) {}

    Task<std::string> canonical(std::string host, Deadline deadline) override {
        CO_TRY(const auto names, co_await canonical_->resolve(std::move(host), deadline));
        co_return names.front();
    }

    Task<HostIps> addresses(std::string host, Deadline deadline) override {
        CO_TRY(const auto addresses, co_await addresses_->resolve(std::move(host), deadline));
        HostIps out;
        for (const auto& address : addresses) {
            auto& kind = address.find(':') == std::string::npos ? out.v4 : out.v6;
            if (kind.empty()) {
                kind = address;
            }
        }
        co_return out;
    }

private:
    std::unique_ptr<mysql::Resolver> canonical_;
    std::unique_ptr<mysql::Resolver> addresses_;
};

}  // namespace

std::unique_ptr<HostNames> make_host_names(runtime::Clock& clock, Executor executor) {
    return std::make_unique<RealHostNames>(clock, executor);
}

}  // namespace orc::discovery
