// From the text of configuration files to checked Settings. Pure: files, credentials and environment come in as values
// or functions, so a reload is the same call again and a bad one leaves the running configuration as it was.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace orc::config {

/// One configuration file: its name as people know it, and its text.
struct Source {
    std::string name;
    std::string text;
};

/// What loading may ask of the outside.
struct Environment {
    /// Value of an environment variable; nullopt: not set. Missing function: no variable is set.
    std::function<std::optional<std::string>(const std::string& name)> variable;
    /// Text of a credentials file. Missing function: no file can be read.
    std::function<Result<std::string>(const std::string& path)> read_file;
};

/// Something worth telling that did not prevent loading.
struct Note {
    enum class Level { info, warning };
    Level level = Level::warning;
    std::string file;     ///< where it stands; empty: nowhere in particular
    std::string key;      ///< as written there
    std::string message;  ///< whole sentence, names file and key

    friend bool operator==(const Note&, const Note&) = default;
};

struct Loaded {
    Settings settings;
    std::vector<Note> notes;
    /// Where each value came from, by key name: a file, "environment variable NAME", "derived from OtherKey". Absent:
    /// the default.
    std::map<std::string, std::string> origin;
};

/// Reads the files in order, later ones over earlier ones; then credentials files and the environment; then the
/// adjustments and checks that involve several keys. Every error of every file is collected: the message of the one
/// Error (invalid) numbers them, each naming file, key, value as written (never a secret one) and what is allowed.
///
/// `base` is what keys absent from all files keep. A reload passes the defaults again, so that a key removed from the
/// file returns to its default.
Result<Loaded> load(std::span<const Source> files, const Environment& env, Settings base = {});

}  // namespace orc::config
