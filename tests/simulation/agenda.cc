#include "agenda.h"

#include <algorithm>
#include <utility>

namespace orc::simulation {

void Agenda::at(Instant when, std::function<void()> what) {
    heap_.push_back({std::max(when, now_), next_number_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
}

bool Agenda::step(Instant until) {
    if (heap_.empty() || heap_.front().when > until) {
        now_ = std::max(now_, until);
        return false;
    }
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.when;
    ++happened_;
    entry.what();
    return true;
}

}  // namespace orc::simulation
