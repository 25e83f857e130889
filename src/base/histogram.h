// How long something took, over many times: counted by size, so that a quantile can be told without keeping every
// value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace orc {

class Histogram {
public:
    /// Upper bounds of the counted sizes; what is larger than all of them is counted after the last.
    static constexpr std::array<Micros, 14> bounds = {
        Millis(1),
        Millis(2),
        Millis(5),
        Millis(10),
        Millis(20),
        Millis(50),
        Millis(100),
        Millis(200),
        Millis(500),
        Seconds(1),
        Seconds(2),
        Seconds(5),
        Seconds(10),
        Seconds(60),
    };

    void add(Micros span);

    std::uint64_t count() const { return count_; }
    Micros sum() const { return sum_; }
    Micros max() const { return max_; }
    /// How many were not longer than bounds[i], those of the smaller bounds included.
    std::uint64_t count_within(std::size_t i) const;
    /// The size that `share` (0 to 1) of all did not exceed, to the precision of the bounds: a bucket counts as filled
    /// evenly. Never more than max(); zero when nothing was added.
    Micros quantile(double share) const;

private:
    std::array<std::uint64_t, bounds.size() + 1> counts_{};
    std::uint64_t count_ = 0;
    Micros sum_{0};
    Micros max_{0};
};

}  // namespace orc
