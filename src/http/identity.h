// Which node speaks: what PrependMessagesWithOrcIdentity puts before the messages of classic envelopes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "http/wire/message.h"

namespace orc::http {

/// "Orchestrator NAME says: ", or "" when nothing is to be put there. FQDN falls back to `host`, and `host` to
/// CustomOrcIdentity. `qualified` is asked only if it is wanted; "" for unknown.
std::string message_prefix(
    const config::Settings& settings, const std::string& host, const std::function<std::string()>& qualified
);

/// Puts it before the message, if the answer is an envelope.
void put_before_message(Response& answer, std::string_view prefix);

/// The name service's full name of this machine; "" when it knows none. Blocks for as long as the name service does.
std::string qualified_host_name();

}  // namespace orc::http
