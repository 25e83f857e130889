// What will happen, in order of time: the heart of the simulator. Everything simulated is an entry here, and the
// program under test runs whenever an entry has woken it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.h"

namespace orc::simulation {

class Agenda {
public:
    Instant now() const { return now_; }
    /// Entries of equal time happen in the order in which they were made; one in the past happens next.
    void at(Instant when, std::function<void()> what);
    void in(Micros span, std::function<void()> what) { at(now_ + span, std::move(what)); }
    /// Moves to the earliest entry that is not later than `until` and lets it happen. False, and now() == until, if
    /// there is none.
    bool step(Instant until);
    std::uint64_t happened() const { return happened_; }

private:
    struct Entry {
        Instant when;
        std::uint64_t number;
        std::function<void()> what;
    };
    static bool is_later(const Entry& a, const Entry& b) {
        return a.when != b.when ? a.when > b.when : a.number > b.number;
    }

    std::vector<Entry> heap_;
    Instant now_{Micros{1'000'000'000}};
    std::uint64_t next_number_ = 0;
    std::uint64_t happened_ = 0;
};

}  // namespace orc::simulation
