#include "sandbox/site.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>

#include "sandbox/sandbox.h"

namespace orc::sandbox {

namespace fs = std::filesystem;

namespace {

bool can_listen(const Endpoint& endpoint) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    ::inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr);
    const bool free = fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (fd >= 0) {
        ::close(fd);
    }
    return free;
}

}  // namespace

fs::path scratch_folder() {
    std::error_code error;
    constexpr std::uint64_t plenty = 4ULL << 30U;  // of which four MySQL servers take a quarter of a gigabyte
    fs::path memory = "/dev/shm";
    if (std::getenv("TMPDIR") == nullptr && ::access(memory.c_str(), R_OK | W_OK | X_OK) == 0) {
        struct statvfs size{};
        // Its size, not what is free just now: the second terminal must find what the first one started.
        if (::statvfs(memory.c_str(), &size) == 0 && std::uint64_t{size.f_blocks} * size.f_frsize >= plenty) {
            return memory;
        }
    }
    const fs::path usual = fs::temp_directory_path(error);
    return error ? fs::path("/tmp") : usual;
}

Result<std::vector<Endpoint>> free_endpoints(int servers) {
    std::random_device chance;
    for (int attempt = 0; attempt < 100; ++attempt) {
        const unsigned x = 1 + chance() % 254;
        const unsigned y = chance() % 256;
        const auto port = static_cast<std::uint16_t>(10'000 + chance() % 20'000);
        std::vector<Endpoint> picked;
        for (int i = 1; i <= servers; ++i) {
            picked.push_back({.host = fmt::format("127.{}.{}.{}", x, y, i), .port = port});
            if (!can_listen(picked.back())) {
                break;
            }
            if (i == servers) {
                return picked;
            }
        }
    }
    return fail(ErrorCode::conflict, "found no free loopback addresses");
}

Result<std::vector<Endpoint>> free_ports(int servers) {
    std::random_device chance;
    for (int attempt = 0; attempt < 100; ++attempt) {
        const unsigned first = 10'000 + chance() % 20'000;
        std::vector<Endpoint> picked;
        for (unsigned i = 0; i < static_cast<unsigned>(servers); ++i) {
            picked.push_back({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(first + i)});
            if (!can_listen(picked.back())) {
                break;
            }
            if (picked.size() == static_cast<std::size_t>(servers)) {
                return picked;
            }
        }
    }
    return fail(ErrorCode::conflict, "found no free ports");
}

Result<fs::path> private_folder(const fs::path& wanted) {
    std::error_code error;
    if (wanted.empty()) {
        std::string pattern = (scratch_folder() / "orc-sandbox-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            return fail(ErrorCode::invalid, "make a folder " + pattern + ": " + std::strerror(errno));
        }
        return fs::path(pattern);
    }
    fs::path folder = fs::absolute(wanted, error);
    if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
        return fail(ErrorCode::conflict, "the sandbox folder " + folder.string() + " is not empty");
    }
    fs::create_directories(folder, error);
    fs::permissions(folder, fs::perms::owner_all, error);
    if (error) {
        return fail(ErrorCode::invalid, "make a folder " + folder.string() + ": " + error.message());
    }
    return folder;
}

}  // namespace orc::sandbox
