#include "store/meter.h"

#include <algorithm>

namespace orc::store {
namespace {

template <typename Sample>
void keep(std::deque<Sample>& samples, Sample sample) {
    const WallTime oldest = sample.at - Meter::span;
    samples.push_back(std::move(sample));
    while (samples.size() > Meter::samples_max || samples.front().at < oldest) {
        samples.pop_front();
    }
}

template <typename Sample>
std::vector<Sample> since(const std::deque<Sample>& samples, WallTime when) {
    const auto first = std::ranges::find_if(samples, [&](const Sample& sample) { return sample.at >= when; });
    return {first, samples.end()};
}

}  // namespace

void Meter::write_ended(WallTime at, Micros waited, Micros took, const Error* error) {
    WriteSample sample{at, waited, took, nullptr};
    if (error != nullptr) {
        sample.error = std::make_shared<const Error>(*error);
    }
    const std::scoped_lock lock(mutex_);
    keep(writes_, std::move(sample));
}

void Meter::batch_ended(WallTime at, std::size_t servers, Micros waited, Micros took) {
    const std::scoped_lock lock(mutex_);
    keep(batches_, BatchSample{at, servers, waited, took});
}

std::vector<WriteSample> Meter::writes_since(WallTime when) const {
    const std::scoped_lock lock(mutex_);
    return since(writes_, when);
}

std::vector<BatchSample> Meter::batches_since(WallTime when) const {
    const std::scoped_lock lock(mutex_);
    return since(batches_, when);
}

}  // namespace orc::store
