#include "http/events.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <list>
#include <map>

#include "api/use_cases.h"
#include "http/json_writer.h"

namespace orc::http {

void RecoveryCounts::count(const std::string& code, bool is_successful, double took_seconds) {
    ++(is_successful ? successful : unsuccessful);
    ++by_code[{code, is_successful}];
    seconds += took_seconds;
    double limit = 0.5;
    for (auto& bucket : within) {
        bucket += took_seconds <= limit ? 1 : 0;
        limit *= 2;
    }
}

std::optional<Micros> RecoveryCounts::time_since_begin(const RecoveryUid& uid, Instant now) {
    const auto found = begun.extract(uid);
    return found ? std::optional(now - found.mapped()) : std::nullopt;
}

namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

std::string event_text(std::string_view kind, std::string_view data) {
    return "event: " + std::string(kind) + "\ndata: " + std::string(data) + "\n\n";
}

/// What makes findings differ for a reader: ages and counters move all the time.
std::string gist_of(const std::vector<analysis::Finding>& findings) {
    std::string out;
    for (const auto& finding : findings) {
        out +=
            finding.subject.text() + " " + std::string(analysis::name(finding.code)) + " " + finding.hesitation + "\n";
    }
    return out;
}

/// One client's queue.
class Client final : public Feed {
public:
    Client(Executor executor, EventHub::Limits limits) : timer_(executor), limits_(limits) {}

    Co<std::string> next() override {
        const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
        if (queue_.empty() && !closed_) {
            timer_.expires_after(limits_.heartbeat);
            co_await timer_.async_wait(token);
        }
        if (closed_) {
            co_return "";
        }
        if (queue_.empty()) {
            co_return ": alive\n\n";
        }
        std::string out;  // all that waits, in one write
        while (!queue_.empty()) {
            out += queue_.front();
            queue_.pop_front();
        }
        co_return out;
    }

    void close() override {
        closed_ = true;
        queue_.clear();
        timer_.cancel();
    }

    void push(const std::string& piece) {
        if (queue_.size() >= limits_.queued) {
            close();
            return;
        }
        queue_.push_back(piece);
        timer_.cancel();
    }
    bool is_closed() const { return closed_; }

private:
    Timer timer_;
    EventHub::Limits limits_;
    std::deque<std::string> queue_;
    bool closed_ = false;
};

}  // namespace

struct EventHub::State {
    State(Executor e, api::UseCases* u, Limits l) : executor(e), use_cases(u), limits(l), ticker(e) {}
    Executor executor;
    api::UseCases* use_cases;
    Limits limits;
    Timer ticker;
    std::list<std::shared_ptr<Client>> clients;
    // What was last told.
    model::TopologyPtr topology;
    std::string gist;  ///< of the findings

    void drop_closed() {
        std::erase_if(clients, [](const auto& client) { return client->is_closed(); });
    }
};

EventHub::EventHub(Executor executor, api::UseCases* use_cases, Limits limits)
    : state_(std::make_shared<State>(executor, use_cases, limits)) {}
EventHub::~EventHub() = default;

std::shared_ptr<Feed> EventHub::subscribe() {
    state_->drop_closed();
    if (state_->clients.size() >= state_->limits.clients) {
        return nullptr;
    }
    if (state_->clients.empty() && state_->use_cases != nullptr) {
        state_->topology = state_->use_cases->topology();
        state_->gist = gist_of(*state_->use_cases->findings());
    }
    auto client = std::make_shared<Client>(state_->executor, state_->limits);
    client->push("retry: 2000\n\n" + event_text("hello", "{}"));
    state_->clients.push_back(client);
    return client;
}

void EventHub::publish(std::string_view kind, std::string_view data) {
    const std::string piece = event_text(kind, data);
    for (const auto& client : state_->clients) {
        client->push(piece);
    }
    state_->drop_closed();
}

namespace {

/// Clusters that are not the same value in both, new and vanished ones too.
std::vector<ClusterName> changed_clusters(const model::Topology& before, const model::Topology& now) {
    std::vector<ClusterName> out;
    for (const auto& [name, cluster] : now.clusters) {
        const auto known = before.clusters.find(name);
        if (known == before.clusters.end() || known->second != cluster) {
            out.push_back(name);
        }
    }
    for (const auto& [name, cluster] : before.clusters) {
        if (!now.clusters.contains(name)) {
            out.push_back(name);
        }
    }
    return out;
}

}  // namespace

Co<void> EventHub::watch() {
    const auto state = state_;
    const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
    for (;;) {
        state->ticker.expires_after(state->limits.tick);
        co_await state->ticker.async_wait(token);
        state->drop_closed();
        if (state->clients.empty() || state->use_cases == nullptr) {
            continue;
        }
        const auto topology = state->use_cases->topology();
        if (state->topology != nullptr && topology != state->topology) {
            for (const ClusterName& name : changed_clusters(*state->topology, *topology)) {
                publish("cluster", "{\"cluster\":" + json_text(name.text()) + "}");
            }
        }
        state->topology = topology;
        const auto findings = state->use_cases->findings();
        std::string gist = gist_of(*findings);
        if (gist != state->gist) {
            publish("findings", "{\"count\":" + std::to_string(findings->size()) + "}");
            state->gist = std::move(gist);
        }
    }
}

void EventHub::close() {
    for (const auto& client : state_->clients) {
        client->close();
    }
    state_->clients.clear();
    state_->topology = nullptr;
}

std::size_t EventHub::clients() const { return state_->clients.size(); }

}  // namespace orc::http
