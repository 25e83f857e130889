#include "config/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace orc::config {
namespace {

constexpr std::streamsize largest_file = 16 << 20;

Error cannot_read(const std::string& path, int number) {
    const auto code = number == ENOENT || number == ENOTDIR ? ErrorCode::not_found
                      : number == EACCES                    ? ErrorCode::denied
                                                            : ErrorCode::invalid;
    return {code, path + ": " + std::strerror(number), 0};
}

/// Not so in a folder that may not be looked into: the working directory of whoever runs a command may well be one.
bool is_there(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

bool is_regular(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
}

/// What to do about a file of the classic places that cannot be read.
std::string advice(bool was_read_before) {
    return was_read_before ? "; it was read before and its keys would fall back to their defaults: put it back, or "
                             "restart to do without it"
                           : "; to do without this file, name the one to read with --config";
}

}  // namespace

std::vector<std::string> search_order(const std::optional<std::string>& given) {
    if (given) {
        return {*given};
    }
    return {"/etc/orchestrator.conf.json", "conf/orchestrator.conf.json", "orchestrator.conf.json"};
}

Result<std::string> read_file(const std::string& path, FileKind kind) {
    if (kind == FileKind::regular && is_there(path) && !is_regular(path)) {
        return fail(ErrorCode::invalid, path + ": is not a regular file");
    }
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return tl::unexpected(cannot_read(path, errno));
    }
    std::string out;
    char buffer[16384];
    while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
        out.append(buffer, static_cast<std::size_t>(in.gcount()));
        if (std::ssize(out) > largest_file) {
            return fail(ErrorCode::invalid, path + ": larger than 16 MiB");
        }
    }
    if (in.bad()) {  // a directory opens but does not read
        return tl::unexpected(cannot_read(path, errno == 0 ? EIO : errno));
    }
    return out;
}

Environment process_environment(FileKind kind) {
    Environment out;
    out.variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    out.read_file = [kind](const std::string& path) { return read_file(path, kind); };
    return out;
}

Result<std::vector<Source>> Files::read(FileKind kind) const {
    std::vector<Source> out;
    for (const auto& path : search_order(given_)) {
        const bool is_known = std::ranges::find(known_, path) != known_.end();
        if (!given_ && !is_known && !is_there(path)) {
            continue;
        }
        auto text = read_file(path, kind);
        if (!text) {
            return given_ ? tl::unexpected(text.error())
                          : fail(text.error().code, text.error().message + advice(is_known));
        }
        out.push_back({path, *std::move(text)});
    }
    return out;
}

Result<Loaded> Files::load() { return load_all(FileKind::any, {}); }

Result<Loaded> Files::reload(const std::optional<std::string>& extra) { return load_all(FileKind::regular, extra); }

Result<Loaded> Files::load_all(FileKind kind, const std::optional<std::string>& extra) {
    TRY(auto sources, read(kind));
    std::vector<std::string> found;
    for (const auto& source : sources) {
        found.push_back(source.name);
    }
    if (extra) {
        TRY(auto text, read_file(*extra, kind));
        sources.push_back({*extra, std::move(text)});
    }
    TRY(auto loaded, config::load(sources, process_environment(kind)));
    known_ = std::move(found);
    return loaded;
}

}  // namespace orc::config
