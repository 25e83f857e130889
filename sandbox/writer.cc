#include "sandbox/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace orc::sandbox {

namespace {

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// A time in which one server took writes: it did so before `from_latest` and again after `until_earliest`.
struct Period {
    Endpoint server;
    Writer::Time from_latest;
    Writer::Time until_earliest;
    Writer::Time last_acked;
};

std::vector<Period> periods_of(const std::vector<Ack>& acked, std::chrono::milliseconds gap) {
    std::vector<Period> periods;
    for (const Ack& ack : acked) {
        const auto current =
            std::find_if(periods.rbegin(), periods.rend(), [&](const Period& p) { return p.server == ack.server; });
        if (current != periods.rend() && ack.sent - current->last_acked <= gap) {
            current->until_earliest = std::max(current->until_earliest, ack.sent);
            current->last_acked = std::max(current->last_acked, ack.acked);
        } else {
            periods.push_back(
                {.server = ack.server, .from_latest = ack.acked, .until_earliest = ack.sent, .last_acked = ack.acked}
            );
        }
    }
    return periods;
}

}  // namespace

std::optional<DoublePrimary> find_double_primary(const std::vector<Ack>& acked, std::chrono::milliseconds gap) {
    std::vector<Ack> ordered = acked;
    std::stable_sort(ordered.begin(), ordered.end(), [](const Ack& a, const Ack& b) { return a.acked < b.acked; });
    const std::vector<Period> periods = periods_of(ordered, gap);
    for (std::size_t i = 0; i < periods.size(); ++i) {
        for (std::size_t j = i + 1; j < periods.size(); ++j) {
            const Period& a = periods[i];
            const Period& b = periods[j];
            if (a.server != b.server && a.from_latest <= b.until_earliest && b.from_latest <= a.until_earliest) {
                return DoublePrimary{
                    .one = a.server, .other = b.server, .when = std::max(a.from_latest, b.from_latest)
                };
            }
        }
    }
    return std::nullopt;
}

void Writer::start(std::vector<Endpoint> servers) {
    stop();
    servers_ = std::move(servers);
    std::int64_t highest = next_id_ - 1;
    for (const auto& server : servers_) {
        if (auto client = Client::connect(server, options_.user, options_.timeout)) {
            if (const auto rows = client->query("SELECT COALESCE(MAX(id), 0) FROM lab.t")) {
                highest = std::max(highest, number(rows->scalar()));
            }
        }
    }
    next_id_ = highest + 1;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = false;
        refusals_.assign(servers_.size(), "not tried yet");
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        threads_.emplace_back([this, i] { write_to(i); });
    }
}

void Writer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

void Writer::write_to(std::size_t index) {
    std::optional<Client> session;
    bool taken = false;
    do {
        taken = attempt(index, session);
    } while (pause(taken ? options_.pace : options_.probe));
}

bool Writer::attempt(std::size_t index, std::optional<Client>& session) {
    const auto refused = [&](const Error& error) {
        const std::lock_guard lock(mutex_);
        refusals_[index] = error.message;
        return false;
    };
    if (!session) {
        auto fresh = Client::connect(servers_[index], options_.user, options_.timeout);
        if (!fresh) {
            return refused(fresh.error());
        }
        session.emplace(std::move(*fresh));
    }
    Ack ack{.id = next_id_++, .server = servers_[index], .sent = std::chrono::steady_clock::now(), .acked = {}};
    const double seconds = std::chrono::duration<double>(ack.sent.time_since_epoch()).count();
    const auto done = session->query(
        fmt::format("INSERT INTO lab.t VALUES ({}, '{}', {:.6f})", ack.id, servers_[index].text(), seconds)
    );
    ack.acked = std::chrono::steady_clock::now();
    if (!done) {
        if (!session->is_open()) {
            session.reset();
        }
        return refused(done.error());
    }
    {
        const std::lock_guard lock(mutex_);
        acked_.push_back(std::move(ack));
        refusals_[index].clear();
    }
    changed_.notify_all();
    return true;
}

bool Writer::pause(std::chrono::milliseconds length) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, length, [this] { return stopping_; });
    return !stopping_;
}

std::vector<Ack> Writer::acked() const {
    const std::lock_guard lock(mutex_);
    return acked_;
}

std::size_t Writer::count() const {
    const std::lock_guard lock(mutex_);
    return acked_.size();
}

std::optional<Ack> Writer::last_ack_on(const Endpoint& server) const {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(acked_.rbegin(), acked_.rend(), [&](const Ack& ack) { return ack.server == server; });
    return found == acked_.rend() ? std::nullopt : std::optional(*found);
}

std::optional<Ack> Writer::first_ack_not_on(const Endpoint& server, Time after) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(acked_.begin(), acked_.end(), [&](const Ack& ack) {
        return ack.server != server && ack.acked > after;
    });
    return found == acked_.end() ? std::nullopt : std::optional(*found);
}

std::string Writer::refusal_of(const Endpoint& server) const {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < refusals_.size(); ++i) {
        if (servers_[i] == server) {
            return refusals_[i];
        }
    }
    return "not asked";
}

bool Writer::wait_for_acks(std::size_t more, Timeout timeout) const {
    std::unique_lock lock(mutex_);
    const std::size_t goal = acked_.size() + more;
    return changed_.wait_for(lock, timeout, [&] { return acked_.size() >= goal; });
}

std::optional<Ack> Writer::wait_for_ack_not_on(const Endpoint& server, Time after, Timeout timeout) const {
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (true) {
        auto found = first_ack_not_on(server, after);
        const auto left = end - std::chrono::steady_clock::now();
        if (found || left.count() <= 0) {
            return found;
        }
        wait_for_acks(1, std::min(std::chrono::ceil<Timeout>(left), Timeout{20}));
    }
}

Result<std::vector<std::int64_t>> Writer::lost_rows(Client& client) const {
    TRY(const Rows rows, client.query("SELECT id FROM lab.t"));
    std::unordered_set<std::int64_t> there;
    for (const auto& row : rows.cells) {
        there.insert(number(row.front().value_or("0")));
    }
    std::vector<std::int64_t> lost;
    for (const Ack& ack : acked()) {
        if (!there.contains(ack.id)) {
            lost.push_back(ack.id);
        }
    }
    return lost;
}

std::optional<DoublePrimary> Writer::double_primary() const { return find_double_primary(acked()); }

}  // namespace orc::sandbox
