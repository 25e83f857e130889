#include "http/identity.h"

#include <netdb.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/text.h"
#include "http/json_writer.h"

namespace orc::http {

std::string message_prefix(
    const config::Settings& settings, const std::string& host, const std::function<std::string()>& qualified
) {
    const std::string kind = to_lower(settings.prepend_messages_with_orc_identity);
    if (kind.empty() || kind == "none") {
        return {};
    }
    std::string name;
    if (kind == "fqdn") {
        name = qualified();
    }
    if (name.empty() && kind != "custom") {
        name = host;
    }
    if (name.empty()) {
        name = settings.custom_orc_identity;
    }
    return name.empty() ? "" : "Orchestrator " + name + " says: ";
}

void put_before_message(Response& answer, std::string_view prefix) {
    constexpr std::string_view heads[] = {R"({"Code":"OK","Message":")", R"({"Code":"ERROR","Message":")"};
    for (const auto head : heads) {
        if (!prefix.empty() && answer.body.starts_with(head)) {
            JsonWriter quoted;
            quoted.text(prefix);
            const std::string text = std::move(quoted).str();
            answer.body.insert(head.size(), text, 1, text.size() - 2);
        }
    }
}

std::string qualified_host_name() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) {
        return {};
    }
    addrinfo hints{};
    hints.ai_flags = AI_CANONNAME;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.data(), nullptr, &hints, &found) != 0) {
        return {};
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
    const std::string name = found->ai_canonname == nullptr ? "" : found->ai_canonname;
    return name.find('.') == std::string::npos ? std::string() : name;
}

}  // namespace orc::http
