#include "runtime/rng.h"

#include <sys/random.h>

#include "base/ensure.h"

namespace orc::runtime {

std::uint64_t Rng::below(std::uint64_t bound) {
    ENSURE(bound > 0, "a draw needs at least one outcome");
    // Rejection keeps it uniform: draws from the incomplete last block are thrown away.
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    std::uint64_t draw = next();
    while (draw >= limit) {
        draw = next();
    }
    return draw % bound;
}

std::string Rng::hex(std::size_t bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes * 2);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        if (i % 8 == 0) {
            word = next();
        }
        out += digits[(word >> 4) & 15];
        out += digits[word & 15];
        word >>= 8;
    }
    return out;
}

std::uint64_t SystemRng::next() {
    std::uint64_t out = 0;
    ENSURE(getrandom(&out, sizeof out, 0) == sizeof out, "the kernel gives eight bytes in one call");
    return out;
}

std::uint64_t SeededRng::next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace orc::runtime
