// Who is due next. Pure; ties go to who was put in first, so that the same history gives the same order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/endpoint.h"
#include "base/time.h"

namespace orc::discovery {

class DueQueue {
public:
    /// Puts it in, or moves it.
    void put(const Endpoint& who, Instant due) {
        erase(who);
        const std::uint64_t number = next_number_++;
        order_.emplace(std::pair(due, number), who);
        places_.emplace(who, std::pair(due, number));
    }
    void erase(const Endpoint& who) {
        const auto found = places_.find(who);
        if (found != places_.end()) {
            order_.erase(found->second);
            places_.erase(found);
        }
    }
    bool contains(const Endpoint& who) const { return places_.contains(who); }
    /// When the first one is due; nullopt when empty.
    std::optional<Instant> next() const {
        return order_.empty() ? std::nullopt : std::optional(order_.begin()->first.first);
    }
    /// Takes out the first one if it is due: who, and since when.
    std::optional<std::pair<Endpoint, Instant>> take(Instant now) {
        if (order_.empty() || order_.begin()->first.first > now) {
            return std::nullopt;
        }
        std::pair<Endpoint, Instant> out(order_.begin()->second, order_.begin()->first.first);
        places_.erase(out.first);
        order_.erase(order_.begin());
        return out;
    }
    std::size_t size() const { return places_.size(); }
    /// How many are due.
    std::size_t due(Instant now) const {
        std::size_t out = 0;
        for (auto at = order_.begin(); at != order_.end() && at->first.first <= now; ++at) {
            ++out;
        }
        return out;
    }

private:
    using Key = std::pair<Instant, std::uint64_t>;
    std::map<Key, Endpoint> order_;
    std::unordered_map<Endpoint, Key> places_;
    std::uint64_t next_number_ = 0;
};

}  // namespace orc::discovery
