// The Gateway to real servers: SQL over kept-open sessions.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mysql/gateway.h"
#include "mysql/session/session.h"
#include "runtime/clock.h"

namespace orc::mysql {

/// The site's own questions to each server; "" asks nothing. Each answers with its first cell.
struct Questions {
    std::string cluster_alias;
    std::string cluster_domain;
    std::string instance_alias;
    std::string data_center;
    std::string region;
    std::string environment;
    std::string promotion_rule;
    std::string semi_sync_priority;
    std::string pseudo_gtid;              ///< 1 for yes
    std::string lag;                      ///< whole seconds; asked with every probe
    std::string replication_credentials;  ///< user, password

    friend bool operator==(const Questions&, const Questions&) = default;
};

struct GatewayOptions {
    Access access;
    Questions questions;
    /// Ask for replicas that registered themselves; the dump threads are looked at only when there are none.
    bool replicas_by_registration = false;
    /// Replicas that log in as such a user are not told (consumers of the binary log); empty: all are.
    std::function<bool(std::string_view)> is_ignored_user;
    bool check_for_maxscale = true;
    /// Every how many probes of a server the list of its replicas is read, and the rarely changing rest.
    unsigned replicas_every = 2;
    unsigned rest_every = 5;
    /// Longest wait for an answer to a statement that changes something; zero: as long as the caller waits.
    Micros write_limit{0};
    /// Age at which a kept-open session is replaced; zero: never.
    Micros session_life{0};
    /// The same while the account lacks rights: those that are granted count from the next log-in on.
    Micros grants_awaited_for = Seconds(30);
};

/// A Gateway whose options can change while it works. To be used on its executor's thread, like all of it.
class RealGateway : public Gateway {
public:
    /// Takes force with the next probe or statement. Sessions that were opened with another account or other TLS
    /// settings are replaced before their next use; what is being asked is not disturbed.
    virtual void adopt(GatewayOptions options) = 0;
};

/// For use on `executor`'s thread. Everything given must outlive it; stop() it before the loop ends.
std::unique_ptr<RealGateway> make_gateway(
    GatewayOptions options, Dialer& dialer, runtime::Clock& clock, Executor executor
);

}  // namespace orc::mysql
