// The live stream: what changes is told to every open page or script, as server-sent events. Lives on the HTTP
// executor.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/id.h"
#include "base/time.h"
#include "http/wire/message.h"
#include "runtime/task.h"

namespace orc::api {
class UseCases;
}

namespace orc::http {

/// Events of recoveries since start, for metrics.
struct RecoveryCounts {
    std::uint64_t started = 0;
    std::uint64_t successful = 0;
    std::uint64_t unsuccessful = 0;

    /// Ended ones by analysis code and whether they succeeded.
    std::map<std::pair<std::string, bool>, std::uint64_t> by_code;
    /// How long ended ones took: how many within 0.5, 1, 2 ... 1024 seconds, and altogether.
    static constexpr std::size_t spans = 12;
    std::array<std::uint64_t, spans> within{};
    double seconds = 0;
    void count(const std::string& code, bool is_successful, double took_seconds);

    /// When those under way began: the tables know whole seconds only.
    std::map<RecoveryUid, Instant> begun;
    /// How long ago that one began, which is over now; nullopt: this process did not see it begin.
    std::optional<Micros> time_since_begin(const RecoveryUid& uid, Instant now);
};

class EventHub {
public:
    struct Limits {
        std::size_t clients = 200;
        std::size_t queued = 256;  ///< pieces; a client that falls further behind is dropped
        Millis heartbeat{15000};
        Millis tick{500};  ///< changes of one cluster are told at most once in that time
    };

    EventHub(Executor executor, api::UseCases* use_cases, Limits limits);
    ~EventHub();

    /// A new client; null when there are too many.
    std::shared_ptr<Feed> subscribe();
    /// Tells everybody. `kind` is the event's name, `data` one line of JSON.
    void publish(std::string_view kind, std::string_view data);
    /// Looks for changes of snapshots until cancelled; costs nothing while nobody listens.
    Co<void> watch();
    void close();
    std::size_t clients() const;

    RecoveryCounts counts;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::http
