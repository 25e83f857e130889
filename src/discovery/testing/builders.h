// Short ways to say what a server says about itself. For tests only.
#pragma once

#include <string>

#include "base/ensure.h"
#include "model/facts.h"

namespace orc::discovery::testing {

inline Endpoint ep(const std::string& text) {
    const auto parsed = Endpoint::parse(text, 3306);
    ENSURE(parsed.has_value(), "tests write endpoints that can be read");
    return *parsed;
}

inline gtid::GtidSet gtids(const std::string& text) {
    const auto parsed = gtid::GtidSet::parse(text);
    ENSURE(parsed.has_value(), "tests write GTID sets that can be read");
    return *parsed;
}

/// A MySQL server that replicates from nobody. Its uuid is "uuid-of-" and its host.
inline model::Facts primary(const std::string& name) {
    model::Facts facts;
    const Endpoint endpoint = ep(name);
    facts.version = model::Version::parse("8.4.5", "MySQL Community Server");
    facts.hostname = endpoint.host;
    facts.server_id = static_cast<std::uint32_t>(std::hash<Endpoint>{}(endpoint));
    facts.server_uuid = "uuid-of-" + endpoint.host;
    facts.log_bin = true;
    return facts;
}

/// One that replicates from `source`, all well.
inline model::Facts replica(const std::string& name, const std::string& source) {
    model::Facts facts = primary(name);
    facts.read_only = true;
    model::Channel channel;
    channel.source = ep(source);
    channel.source_uuid = "uuid-of-" + channel.source.host;
    channel.user = "repl";
    channel.receiver = model::ThreadState::running;
    channel.applier = model::ThreadState::running;
    channel.gtid_use = model::GtidUse::auto_position;
    channel.lag = Seconds(0);
    facts.channels.push_back(std::move(channel));
    return facts;
}

inline model::Facts with_executed(model::Facts facts, const std::string& set) {
    facts.executed = gtids(set);
    return facts;
}

}  // namespace orc::discovery::testing
