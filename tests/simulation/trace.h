// What happened, for people: kept only when somebody will read it, because a seed can be run again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agenda.h"

namespace orc::simulation {

class Trace {
public:
    explicit Trace(const Agenda& agenda) : agenda_(agenda) {}
    bool is_on() const { return is_on_; }
    void turn_on() { is_on_ = true; }
    /// Also gives each line away at once.
    void tee(std::function<void(const std::string&)> reader) { reader_ = std::move(reader); }
    /// `make` is called only when the trace is on.
    template <typename Make>
    void add(Make make) {
        if (is_on_) {
            append(make());
        }
    }
    const std::vector<std::string>& lines() const { return lines_; }

private:
    void append(std::string line);

    const Agenda& agenda_;
    bool is_on_ = false;
    std::function<void(const std::string&)> reader_;
    std::vector<std::string> lines_;
};

/// Seconds since the beginning, "12.345678".
std::string stamp(Instant when);

}  // namespace orc::simulation
