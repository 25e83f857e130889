// A seed as a story: which servers there are, how they are set up, and what happens to them when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "sim_network.h"
#include "sim_server.h"

namespace orc::simulation {

enum class Profile {
    kill,           ///< the primary dies, nothing else goes wrong
    noise,          ///< spikes, partitions of the manager, stopped appliers, restarts of replicas: nothing to fail over
    crash,          ///< servers die and come back
    freeze,         ///< processes stop and go on
    partition,      ///< wires go silent or refuse
    lag,            ///< replicas fall behind, appliers break, relay logs are lost; then the primary dies
    switchover,     ///< planned switches, some of them while something fails
    service_death,  ///< the manager dies in the middle of a recovery
    store_trouble,  ///< the manager's own store is slow or fails
    mixed,
    second_blow,  ///< something else fails while a recovery is under way
    hooks         ///< outside commands are slow or fail
};
std::string_view name(Profile profile);
constexpr int profile_count = int(Profile::hooks) + 1;

enum class HappeningKind {
    kill,
    vanish,
    start,
    freeze,
    thaw,
    cut,   ///< the wire between a and b becomes `wire`
    mend,  ///< all wires between a and b, or all
    slow_network,
    apply_cost,
    stop_applier,
    start_applier,
    break_applier,
    purge,
    switchover,
    forced_recovery,  ///< somebody declares the primary dead, living or not
    kill_manager,
    store_delay,
    store_fail,
    store_unknown,
    store_read_only
};

struct Happening {
    Micros at{0};  ///< since the beginning
    HappeningKind kind = HappeningKind::kill;
    int a = 0;  ///< a server; which one `primary_now` means is found out when it happens
    int b = 0;
    Wire wire = Wire::silent;
    std::int64_t amount = 0;
    std::string text() const;
};
/// Whoever is the primary when it happens.
inline constexpr int primary_now = -10;
/// Some replica of it, chosen by `amount`; for a switchover the designated one.
inline constexpr int some_replica = -11;

struct Scenario {
    std::uint64_t seed = 0;
    Profile profile = Profile::kill;
    bool is_mariadb = false;
    bool is_semi_sync = false;
    std::vector<ServerOptions> servers;  ///< the first is the primary
    std::vector<int> sources;            ///< whose replica each is at the beginning; -1: nobody's
    config::Settings settings;
    Micros latency{300};
    Micros write_every{100'000};
    std::vector<Happening> happenings;
    Micros begin = Seconds(12);  ///< faults start
    Micros faults_end = Seconds(60);
    /// Most stories end as soon as all is well; attempts that failed are repeated after a minute or two.
    Micros quiet = Seconds(200);
    int kill_manager_at_write = 0;   ///< dies right at so many-th write since the faults began; 0: not
    Micros hooks_take = Millis(30);  ///< at most
    unsigned hooks_fail = 0;         ///< so many of a hundred

    std::string text() const;
    void add(Micros when, HappeningKind kind, int a = 0, int b = 0, Wire how = Wire::silent, std::int64_t amount = 0) {
        happenings.push_back({when, kind, a, b, how, amount});
    }
    bool may_fail_over() const { return profile != Profile::noise; }
};

/// The same seed gives the same story, for ever.
Scenario draw(std::uint64_t seed);
Scenario draw(std::uint64_t seed, Profile profile);

/// A story told by hand: one primary and `replicas` replicas, automation on, nothing happens yet.
Scenario plain_story(int replicas, ServerOptions options = {});

}  // namespace orc::simulation
