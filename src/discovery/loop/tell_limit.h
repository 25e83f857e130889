// So that a server which comes and goes all the time does not fill the log: a few lines a minute of each.
#pragma once

#include <unordered_map>

#include "base/endpoint.h"
#include "base/time.h"

namespace orc::discovery {

class TellLimit {
public:
    static constexpr unsigned lines_max = 6;
    static constexpr Seconds span{60};

    /// Whether another line about the server may be written now; if so, it counts.
    bool may_tell(const Endpoint& server, Instant now) {
        Told& told = told_.try_emplace(server, Told{now, 0}).first->second;
        if (now - told.since >= span) {
            told = Told{now, 0};
        }
        return ++told.lines <= lines_max;
    }
    /// Drops what no longer counts.
    void tidy_up(Instant now) {
        std::erase_if(told_, [&](const auto& entry) { return now - entry.second.since >= span; });
    }
    std::size_t size() const { return told_.size(); }

private:
    struct Told {
        Instant since;
        unsigned lines = 0;
    };
    std::unordered_map<Endpoint, Told> told_;
};

}  // namespace orc::discovery
