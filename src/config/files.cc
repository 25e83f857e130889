#include "config/files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace orc::config {
namespace {

constexpr std::streamsize largest_file = 16 << 20;

Error cannot_read(const std::string& path, int number) {
    const auto code = number == ENOENT || number == ENOTDIR ? ErrorCode::not_found
                      : number == EACCES                    ? ErrorCode::denied
                                                            : ErrorCode::invalid;
    return {code, path + ": " + std::strerror(number), 0};
}

}  // namespace

std::vector<std::string> search_order(const std::optional<std::string>& given) {
    if (given) {
        return {*given};
    }
    return {"/etc/orchestrator.conf.json", "conf/orchestrator.conf.json", "orchestrator.conf.json"};
}

Result<std::string> read_file(const std::string& path) {
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

Environment process_environment() {
    Environment out;
    out.variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    out.read_file = read_file;
    return out;
}

Result<Loaded> load_files(const std::optional<std::string>& given, const std::optional<std::string>& extra) {
    std::vector<Source> sources;
    std::vector<Note> notes;
    for (const auto& path : search_order(given)) {
        auto text = read_file(path);
        if (text) {
            sources.push_back({path, *std::move(text)});
        } else if (given) {
            return tl::unexpected(text.error());
        } else if (text.error().code != ErrorCode::not_found) {
            notes.push_back({Note::Level::warning, path, "", text.error().message + ": this file is skipped"});
        }
    }
    if (extra) {
        TRY(auto text, read_file(*extra));
        sources.push_back({*extra, std::move(text)});
    }
    TRY(auto loaded, load(sources, process_environment()));
    loaded.notes.insert(loaded.notes.begin(), notes.begin(), notes.end());
    return loaded;
}

}  // namespace orc::config
