// The seam for chance. Standard distributions differ between libraries, so `below` is our own.
#pragma once

#include <cstdint>
#include <string>

namespace orc::runtime {

class Rng {
public:
    virtual ~Rng() = default;
    virtual std::uint64_t next() = 0;

    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// True once in `n` draws on average.
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    /// `bytes` random bytes as lower-case hex.
    std::string hex(std::size_t bytes);
};

/// The operating system's randomness; for tokens and ids.
class SystemRng final : public Rng {
public:
    std::uint64_t next() override;
};

/// SplitMix64: a seed replays everything.
class SeededRng final : public Rng {
public:
    explicit SeededRng(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() override;

private:
    std::uint64_t state_;
};

}  // namespace orc::runtime
