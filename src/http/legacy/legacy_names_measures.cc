// The classic shapes of what was measured.
#include <set>

#include "base/spread.h"
#include "http/legacy/legacy_names.h"

namespace orc::http::legacy {
namespace {

double seconds(Micros span) { return double(span.count()) / 1e6; }
std::int64_t nanoseconds(Micros span) { return span.count() * 1000; }

void write_error(JsonWriter& json, const std::shared_ptr<const Error>& error) {
    json.key("Err");
    if (error == nullptr) {
        json.null();
    } else {
        json.begin_object().field("Number", error->number).field("Message", error->message).end_object();
    }
}

template <typename Sample, typename Write>
std::string list_of(const std::vector<Sample>& samples, const Write& write) {
    if (samples.empty()) {
        return "null";
    }
    JsonWriter json;
    json.begin_array();
    for (const auto& sample : samples) {
        json.begin_object();
        write(json, sample);
        json.end_object();
    }
    json.end_array();
    return std::move(json).str();
}

template <typename Sample, typename Value>
Spread spread(const std::vector<Sample>& samples, const Value& value) {
    std::vector<double> values;
    values.reserve(samples.size());
    for (const auto& sample : samples) {
        values.push_back(value(sample));
    }
    return spread_of(std::move(values));
}

/// "Max...", "Mean...", "Median...", "P95..." of one thing.
void write_four(JsonWriter& json, const Spread& values, const std::string& what) {
    json.key("Max" + what).number(values.max).key("Mean" + what).number(values.mean);
    json.key("Median" + what).number(values.median).key("P95" + what).number(values.p95);
}

/// The three parts of a probe's time.
struct Times {
    Spread total, backend, instance;
};

Times times_of(const std::vector<discovery::ProbeSample>& samples) {
    using Sample = discovery::ProbeSample;
    return {
        spread(samples, [](const Sample& s) { return seconds(s.total); }),
        spread(samples, [](const Sample& s) { return seconds(s.total - s.reading); }),
        spread(samples, [](const Sample& s) { return seconds(s.reading); }),
    };
}

void write_times(JsonWriter& json, const std::string& kind, const Times& times, double Spread::* value) {
    json.key(kind + "TotalSeconds").number(times.total.*value);
    json.key(kind + "BackendSeconds").number(times.backend.*value);
    json.key(kind + "InstanceSeconds").number(times.instance.*value);
}

std::string time_or_zero(const std::vector<discovery::ProbeSample>& samples, bool is_first) {
    return samples.empty() ? "0001-01-01T00:00:00Z" : rfc3339(is_first ? samples.front().at : samples.back().at);
}

}  // namespace

std::string probe_samples(const std::vector<discovery::ProbeSample>& samples) {
    return list_of(samples, [](JsonWriter& json, const discovery::ProbeSample& sample) {
        json.field("Timestamp", rfc3339(sample.at));
        json.field("Hostname", sample.server->host).field("Port", sample.server->port);
        json.key("BackendLatencySeconds").number(seconds(sample.total - sample.reading));
        json.key("InstanceLatencySeconds").number(seconds(sample.reading));
        json.key("TotalLatencySeconds").number(seconds(sample.total));
        write_error(json, sample.error);
    });
}

std::string probes_together(const std::vector<discovery::ProbeSample>& samples) {
    std::vector<discovery::ProbeSample> good;
    std::vector<discovery::ProbeSample> failed;
    std::set<Endpoint> all_keys;
    std::set<Endpoint> good_keys;
    std::set<Endpoint> failed_keys;
    for (const auto& sample : samples) {
        (sample.error == nullptr ? good : failed).push_back(sample);
        (sample.error == nullptr ? good_keys : failed_keys).insert(*sample.server);
        all_keys.insert(*sample.server);
    }
    const Times good_times = times_of(good);
    const Times failed_times = times_of(failed);
    JsonWriter json;
    json.begin_object();
    json.field("FirstSeen", time_or_zero(samples, true)).field("LastSeen", time_or_zero(samples, false));
    json.field("CountDistinctInstanceKeys", all_keys.size()).field("CountDistinctOkInstanceKeys", good_keys.size());
    json.field("CountDistinctFailedInstanceKeys", failed_keys.size());
    json.field("FailedDiscoveries", failed.size()).field("SuccessfulDiscoveries", good.size());
    constexpr std::pair<const char*, double Spread::*> kinds[] = {
        {"Mean", &Spread::mean},
        {"Max", &Spread::max},
        {"Median", &Spread::median},
        {"P95", &Spread::p95},
    };
    for (const auto& [kind, value] : kinds) {
        write_times(json, kind, good_times, value);
        write_times(json, std::string("Failed") + kind, failed_times, value);
    }
    json.end_object();
    return std::move(json).str();
}

std::string queue_samples(const std::vector<discovery::QueueSample>& samples) {
    return list_of(samples, [](JsonWriter& json, const discovery::QueueSample& sample) {
        json.field("Active", sample.active).field("Queued", sample.waiting);
    });
}

std::string queues_together(const std::vector<discovery::QueueSample>& samples) {
    using Sample = discovery::QueueSample;
    const std::pair<std::string, Spread> kinds[] = {
        {"Active", spread(samples, [](const Sample& s) { return double(s.active); })},
        {"Queued", spread(samples, [](const Sample& s) { return double(s.waiting); })},
    };
    JsonWriter json;
    json.begin_object();
    for (const auto& [kind, values] : kinds) {
        json.key(kind + "MinEntries").number(values.min).key(kind + "MeanEntries").number(values.mean);
        json.key(kind + "MedianEntries").number(values.median).key(kind + "P95Entries").number(values.p95);
        json.key(kind + "MaxEntries").number(values.max);
    }
    json.end_object();
    return std::move(json).str();
}

std::string write_samples(const std::vector<store::WriteSample>& samples) {
    return list_of(samples, [](JsonWriter& json, const store::WriteSample& sample) {
        json.field("Timestamp", rfc3339(sample.at)).field("WaitLatency", nanoseconds(sample.waited));
        json.field("ExecuteLatency", nanoseconds(sample.took));
        write_error(json, sample.error);
    });
}

std::string writes_together(const std::vector<store::WriteSample>& samples) {
    using Sample = store::WriteSample;
    JsonWriter json;
    json.begin_object().field("Count", samples.size());
    write_four(json, spread(samples, [](const Sample& s) { return seconds(s.took); }), "LatencySeconds");
    write_four(json, spread(samples, [](const Sample& s) { return seconds(s.waited); }), "WaitSeconds");
    json.end_object();
    return std::move(json).str();
}

std::string batch_samples(const std::vector<store::BatchSample>& samples) {
    return list_of(samples, [](JsonWriter& json, const store::BatchSample& sample) {
        json.field("Timestamp", rfc3339(sample.at)).field("Instances", sample.servers);
        json.field("WaitLatency", nanoseconds(sample.waited)).field("WriteLatency", nanoseconds(sample.took));
    });
}

std::string batches_together(const std::vector<store::BatchSample>& samples, const store::WritePace& pace) {
    using Sample = store::BatchSample;
    std::size_t servers = 0;
    for (const auto& sample : samples) {
        servers += sample.servers;
    }
    JsonWriter json;
    json.begin_object().field("InstanceWriteBufferSize", pace.most.load());
    json.field("InstanceFlushIntervalMilliseconds", pace.longest_wait_us.load() / 1000);
    json.field("CountInstances", servers);
    write_four(json, spread(samples, [](const Sample& s) { return double(s.servers); }), "Instances");
    write_four(json, spread(samples, [](const Sample& s) { return seconds(s.waited); }), "WaitSeconds");
    write_four(json, spread(samples, [](const Sample& s) { return seconds(s.took); }), "WriteSeconds");
    json.end_object();
    return std::move(json).str();
}

}  // namespace orc::http::legacy
