// docs/configuration.md, written from the table so that it cannot lag behind.
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "config/dump.h"
#include "config/keys.h"

namespace orc::config {
namespace {

struct Chapter {
    std::string_view subsystem;
    std::string_view title;
};

/// In reading order. A subsystem missing here would lose its keys, which a test would notice.
constexpr Chapter chapters[] = {
    {"log", "Log"},
    {"http", "Web interface and API"},
    {"http-tls", "TLS of web interface and API"},
    {"auth", "Who may do what"},
    {"web", "What the web interface shows"},
    {"backend", "Backend: orchestrator's own database"},
    {"backend-tls", "TLS to the backend"},
    {"topology-conn", "Sessions to monitored servers"},
    {"topology-tls", "TLS to monitored servers"},
    {"conn", "Sessions of both kinds"},
    {"discovery", "Discovery"},
    {"resolve", "Host names"},
    {"cluster", "Clusters and their names"},
    {"pools", "Pools"},
    {"analysis", "Analysis"},
    {"recovery", "Recovery"},
    {"promotion", "Whom to promote"},
    {"semisync", "Semi-synchronous replication"},
    {"hooks", "Hooks"},
    {"topology-ops", "Changing topologies"},
    {"pseudo-gtid", "Pseudo-GTID"},
    {"kv", "Publishing primaries"},
    {"raft", "Several nodes"},
    {"audit", "Audit"},
    {"metrics", "Metrics"},
    {"agents", "Agents"},
    {"osc", "Online schema changes"},
};

constexpr std::string_view introduction = R"(# Configuration

This page is generated from the table that the program itself reads (`src/config/keys.inc`).

The configuration is one JSON object per file. Comments (`//`, `/* */`) and trailing commas are allowed; whatever follows the object is
ignored. Names of keys may be written in any case. Without `--config FILE`, these files are read where they exist, each over the ones
before it: `/etc/orchestrator.conf.json`, `conf/orchestrator.conf.json`, `orchestrator.conf.json`. One that exists but cannot be read is an
error.

- A key set to `null`, or absent, keeps its value. A list replaces the earlier list; an object is merged entry by entry.
- Unknown keys are ignored with a warning that names the nearest known one. A wrong value is an error; all errors of all files are
  reported together. Warnings are told on standard error and in the log whatever its level, unless `--quiet` is given; so is every key that
  this build does not obey yet and that is set to anything but its default.
- A reload (SIGHUP, or `GET /api/reload-configuration[?config=EXTRA]`, where the extra file is read last and for this time only) starts
  from the defaults again and reads the same files. If they have errors, or one that was read before is gone, the running configuration
  stays, and log, audit and answer say why. Only regular files are read again, no pipes. `start` keys that changed are named as
  waiting for a restart.
- A duration is a number in the unit its name ends in, a hundred years at most; a longer one is taken as that, with a warning. A number below
  the least one is taken as the least, with a warning, where the classic program took any; elsewhere it is an error.
- A password containing `${NAME}` is replaced as a whole by the environment variable NAME.
- *Takes effect*: `start` keys are read once; `live` ones are obeyed from the next use after a reload; of `mixed` ones timers and sizes stay
  as at start while comparisons follow a reload.
)";

std::string cell(std::string_view text) { return replace_all(replace_all(std::string(text), "|", "\\|"), "*", "\\*"); }

std::string code(std::string_view text) { return "`" + replace_all(std::string(text), "|", "\\|") + "`"; }

std::string_view kind_name(Kind kind) {
    constexpr std::string_view names[] = {"text", "flag", "integer", "number", "list", "object"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view effect_name(TakesEffect effect) {
    constexpr std::string_view names[] = {"start", "live", "mixed", "never"};
    return names[static_cast<std::size_t>(effect)];
}

std::string remarks(const Key& key) {
    std::string out;
    if (key.status == Status::synonym) {
        out += " *Former key.*";
    }
    if (key.status == Status::no_op) {
        out += " *No effect.*";
    }
    if (is_pending(key)) {
        out += " *Not in effect in this build yet.*";
    }
    if (key.is_secret()) {
        out += " *Secret: never shown unless asked for.*";
    }
    if (key.origin == Origin::fork) {
        out += " *Added by Percona's orchestrator.*";
    }
    if (key.origin == Origin::ours) {
        out += " *New in this program.*";
    }
    return out;
}

std::string range_of(const Key& key) {
    if (key.kind() == Kind::flag) {
        return "true, false";
    }
    std::string out = cell(key.unit);
    if (key.rule.low != INT64_MIN && (!is_duration(key) || key.rule.low >= 0)) {
        out += "; at least " + std::to_string(key.rule.low);
    }
    if (key.rule.high != INT64_MAX && !is_duration(key)) {
        out += "; at most " + std::to_string(key.rule.high);
    }
    return out;
}

std::string line_of(const Key& key) {
    std::string out = "| " + code(key.name) + " | " + std::string(kind_name(key.kind())) + " | ";
    out += code(default_value(key)) + " | " + range_of(key) + " | " + std::string(effect_name(key.takes_effect));
    return out + " | " + cell(key.meaning) + remarks(key) + " |\n";
}

std::string chapter_text(const Chapter& chapter) {
    std::string out = "\n## " + std::string(chapter.title) + "\n\n";
    out += "| Key | Type | Default | Unit or allowed values | Takes effect | Meaning |\n|---|---|---|---|---|---|\n";
    for (const auto& key : keys()) {
        if (key.subsystem == chapter.subsystem) {
            out += line_of(key);
        }
    }
    return out;
}

}  // namespace

std::string reference_markdown() {
    std::string out(introduction);
    for (const auto& chapter : chapters) {
        out += chapter_text(chapter);
    }
    return out;
}

}  // namespace orc::config
