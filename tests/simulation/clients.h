// Applications: they write to every server that takes writes and replicates from nobody, all the time, and remember
// what was acknowledged to them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim_fleet.h"

namespace orc::simulation {

/// A write that a client was told is safe.
struct Acknowledged {
    Transaction transaction;
    Instant at;
    bool was_semi_sync = false;  ///< a replica had received it before the client was told
};

class Clients {
public:
    Clients(Fleet& fleet, runtime::Rng& rng, Micros every) : fleet_(fleet), rng_(rng), every_(every) {}

    /// Each server is tried again and again from now on.
    void start();
    void stop() { is_stopped_ = true; }
    const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }
    /// How many were acknowledged by one server.
    std::uint64_t acknowledged_by(int server) const;

private:
    void try_write(SimServer& server);

    Fleet& fleet_;
    runtime::Rng& rng_;
    Micros every_;
    bool is_stopped_ = false;
    std::uint64_t next_name_ = 1;
    std::vector<Acknowledged> acknowledged_;
};

}  // namespace orc::simulation
