#include "sandbox/blueprint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

namespace orc::sandbox {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds start_limit{120'000};

/// Holds an exclusive lock on a file as long as it lives; the kernel frees it however the process ends.
class FileLock {
public:
    static Result<FileLock> take(const fs::path& file) {
        const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            return fail(ErrorCode::invalid, "open " + file.string() + ": " + std::strerror(errno));
        }
        while (::flock(fd, LOCK_EX) != 0 && errno == EINTR) {
        }
        return FileLock(fd);
    }
    FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

private:
    explicit FileLock(int fd) : fd_(fd) {}
    int fd_;
};

Result<void> write_file(const fs::path& file, std::string_view text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) {
        return fail(ErrorCode::invalid, "write " + file.string() + ": " + std::strerror(errno));
    }
    return {};
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        return fail(ErrorCode::invalid, "make folder " + folder.string() + ": " + error.message());
    }
    return {};
}

/// Names what the blueprint depends on, so that a new server version or other preparations get a new one.
std::string fingerprint(const Installation& installation, const std::string& settings_text) {
    std::error_code ignored;
    std::string text = settings_text;
    for (const auto& statement : preparation(installation.flavor)) {
        text += statement + '\n';
    }
    text += fmt::format(
        "{} {}",
        fs::file_size(installation.server_file, ignored),
        fs::last_write_time(installation.server_file, ignored).time_since_epoch().count()
    );
    std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a: stable between builds, which std::hash does not promise
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    return fmt::format("{:016x}", hash);
}

Result<void> prepare(const Installation& installation, const Place& place, Nursery& nursery) {
    TRY(make_folder(place.folder / "tmp"));
    TRY(write_file(place.settings(), settings(installation, place, Style{})));
    TRY(run(initialize_command(installation, place), place.log()));
    TRY(const pid_t pid, start_server(installation, place, nursery));
    const auto fill = [&]() -> Result<void> {
        TRY(Client root, wait_until_ready(place, pid, start_limit));
        for (const auto& statement : preparation(installation.flavor)) {
            if (auto done = root.query(statement); !done) {
                return tl::unexpected(with_context(statement, done.error()));
            }
        }
        return {};
    };
    const auto filled = fill();
    if (!reap(pid, milliseconds{0})) {
        ::kill(pid, filled ? SIGTERM : SIGKILL);
        if (!reap(pid, start_limit)) {
            ::kill(pid, SIGKILL);
            reap(pid, start_limit);
            return fail(ErrorCode::timed_out, "the first server did not stop: " + tail(place.log(), 5));
        }
    }
    TRY(filled);
    std::error_code ignored;
    fs::remove(place.data() / "auto.cnf", ignored);  // every copy shall make a server_uuid of its own
    return {};
}

Result<void> copy_data(const fs::path& from, const fs::path& to, const fs::path& log) {
    return run({"cp", "-a", "--reflink=auto", "--sparse=always", from.string(), to.string()}, log);
}

}  // namespace

Result<fs::path> blueprint(const Installation& installation, const fs::path& workshop, Nursery& nursery) {
    // The settings are part of the name; a fixed place, because its own does not matter.
    const std::string key =
        fingerprint(installation, settings(installation, Place{.folder = "", .listen = {}}, Style{}));
    fs::path kept = cache_folder() / fmt::format("blueprint-{}-{}", name(installation.flavor), key);
    if (fs::exists(kept)) {
        return kept;
    }
    TRY(make_folder(cache_folder()));
    TRY(const FileLock lock, FileLock::take(kept.string() + ".lock"));
    if (fs::exists(kept)) {
        return kept;
    }
    // Made in the workshop, since a socket's path must be short and the cache may be anywhere.
    const Place place{.folder = workshop, .listen = std::nullopt, .server_id = 1};
    if (auto done = prepare(installation, place, nursery); !done) {
        return tl::unexpected(
            with_context(fmt::format("prepare a {} data folder", name(installation.flavor)), done.error())
        );
    }
    const fs::path incomplete = kept.string() + ".incomplete";
    std::error_code error;
    fs::remove_all(incomplete, error);
    TRY(copy_data(place.data(), incomplete, place.log()));
    fs::rename(incomplete, kept, error);
    if (error) {
        return fail(ErrorCode::invalid, "rename " + incomplete.string() + ": " + error.message());
    }
    fs::remove_all(workshop, error);
    return kept;
}

Result<void> furnish(
    const Installation& installation, const fs::path& blueprint, const Place& place, const Style& style
) {
    std::error_code error;
    fs::remove_all(place.folder, error);
    TRY(make_folder(place.folder / "tmp"));
    TRY(copy_data(blueprint, place.data(), place.folder / "copy.log"));
    return write_file(place.settings(), settings(installation, place, style));
}

Result<pid_t> start_server(const Installation& installation, const Place& place, Nursery& nursery) {
    std::error_code ignored;
    fs::remove(place.socket(), ignored);  // left by a killed server; its absence tells when the new one is ready
    std::vector<std::string> command = installation.server;
    command.push_back("--defaults-file=" + place.settings().string());
    return nursery.spawn(command, place.log());
}

Result<Client> wait_until_ready(const Place& place, pid_t pid, milliseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (true) {
        auto client = Client::connect(place.socket(), std::string(root_account.user), milliseconds{5000});
        if (client) {
            return client;
        }
        if (reap(pid, milliseconds{10})) {  // also the pause between two attempts
            return fail(ErrorCode::unreachable, "the server ended while starting: " + tail(place.log(), 8));
        }
        if (std::chrono::steady_clock::now() > end) {
            return fail(
                ErrorCode::timed_out,
                "the server did not answer: " + client.error().message + "; its log ends: " + tail(place.log(), 8)
            );
        }
    }
}

}  // namespace orc::sandbox
