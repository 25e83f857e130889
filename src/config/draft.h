// A configuration while it is being loaded: the settings so far, where they came from, and what is wrong with them.
// Internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace orc::config {

class Draft {
public:
    explicit Draft(Settings base) { loaded_.settings = std::move(base); }

    Settings& settings() { return loaded_.settings; }

    /// Remembers that `key` got its value from `source`.
    void came_from(std::string_view key, std::string source) { loaded_.origin[std::string(key)] = std::move(source); }
    /// Whether a file, or anything else, gave the key a value.
    bool is_given(std::string_view key) const { return loaded_.origin.contains(std::string(key)); }
    /// Where the key's value came from, "default" when nobody gave one.
    std::string source_of(std::string_view key) const;

    void note(Note::Level level, std::string_view file, std::string_view key, std::string_view what);
    /// A note about a known key, placed where its value came from.
    void warn_about(std::string_view key, std::string_view what) {
        note(Note::Level::warning, source_of(key), key, what);
    }

    void error(std::string_view file, std::string_view key, std::string_view what);
    /// An error about a known key, placed where its value came from.
    void reject(std::string_view key, std::string_view what) { error(source_of(key), key, what); }
    void error(std::string message) { errors_.push_back(std::move(message)); }

    /// The loaded configuration, or all errors in one.
    Result<Loaded> finish() &&;

private:
    Loaded loaded_;
    std::vector<std::string> errors_;
};

}  // namespace orc::config
