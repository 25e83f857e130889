// A network of the test program's own, in which packets to and from a server vanish: nobody answers, nobody refuses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"

namespace orc::integration {

/// Must outlive no Stage whose servers it silences. Rules hold until heal() or the end.
class Silence {
public:
    /// Moves the calling thread, and all that it starts from then on, into a network of its own with loopback addresses
    /// only; once, before any server is started. Why that cannot be done here; nothing: it is done.
    static std::optional<std::string> unavailable();
    /// What runs the service so that its packets can be told from everybody else's.
    static std::vector<std::string> runner();

    Silence() = default;
    ~Silence() { heal(); }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

    /// The service's packets to that server vanish.
    void between_service_and(const Endpoint& server);
    /// All packets to and from that server vanish, as if its host had lost its power.
    void around(const Endpoint& server);
    void heal();

private:
    void add(std::vector<std::string> selector);

    std::vector<std::vector<std::string>> rules_;
};

}  // namespace orc::integration
