#include "trace.h"

#include <cstdio>
#include <utility>

namespace orc::simulation {

std::string stamp(Instant when) {
    constexpr long long beginning = 1'000'000'000;
    char text[40];
    const long long micros = when.time_since_epoch().count() - beginning;
    std::snprintf(text, sizeof text, "%4lld.%06lld", micros / 1'000'000, micros % 1'000'000);
    return text;
}

void Trace::append(std::string line) {
    std::string whole = stamp(agenda_.now()) + "  " + std::move(line);
    if (reader_) {
        reader_(whole);
    }
    lines_.push_back(std::move(whole));
}

}  // namespace orc::simulation
