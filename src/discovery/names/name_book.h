// Under which name a server is kept, whatever others call it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/facts.h"

namespace orc::discovery {

class NameBook {
public:
    Endpoint known_as(const Endpoint& given) const;
    /// `given` is another name for `canonical`; so is what was known as `given`. No-op for a name that would lead back
    /// to itself.
    void learn(const Endpoint& given, const Endpoint& canonical);
    /// `given` leads nowhere in particular any more.
    void unlearn(const Endpoint& given);
    /// Some server known by that host name is kept under `own`.
    bool leads(std::string_view host, std::string_view own) const;
    /// All other names, and where they lead.
    const std::unordered_map<Endpoint, Endpoint>& entries() const { return canonical_; }
    /// Grows with every change of entries().
    std::uint64_t revision() const { return revision_; }
    /// The server goes on under the given name, although it calls itself otherwise. False: that was decided before.
    bool keep(const Endpoint& given) { return kept_.insert(given).second; }
    bool is_kept(const Endpoint& given) const { return kept_.contains(given); }
    /// Forgets all that led to `server`.
    void forget(const Endpoint& server);

private:
    std::unordered_map<Endpoint, Endpoint> canonical_;
    std::set<Endpoint> kept_;
    std::uint64_t revision_ = 0;
};

/// Follows `names` from `given` to its end; they hold no ring.
Endpoint follow_names(const std::unordered_map<Endpoint, Endpoint>& names, const Endpoint& given);

/// The host name that a server gives itself, by MySQLHostnameResolveMethod, in lower case; nullopt: the given one
/// stays.
std::optional<std::string> own_host_name(std::string_view method, const model::Facts& facts);

/// Both were read from one server process: same uuid, or where there is none, same id and host name.
bool is_same_server(const model::Facts& a, const model::Facts& b);

}  // namespace orc::discovery
