#include "api/instance_state.h"

#include <algorithm>

namespace orc::api {
namespace {

Seconds distance(Seconds a, Seconds b) { return a > b ? a - b : b - a; }

bool has_threads(const model::Channel& channel) {
    return channel.receiver != model::ThreadState::none && channel.applier != model::ThreadState::none;
}

bool runs(const model::Channel& channel) {
    return channel.receiver == model::ThreadState::running && channel.applier == model::ThreadState::running;
}

template <typename Condition>
bool has_channel(const model::Server& server, const Condition& condition) {
    return server.facts != nullptr && std::ranges::any_of(server.facts->channels, condition);
}

}  // namespace

InstanceJudge::InstanceJudge(const config::Settings& settings, Instant now)
    : now_(now),
      poll_(Seconds(settings.instance_poll_seconds)),
      lag_limit_(settings.reasonable_replication_lag_seconds),
      maintenance_lag_limit_(settings.reasonable_maintenance_replication_lag_seconds) {}

bool InstanceJudge::is_checked_within(const model::Server& server, Micros span) const {
    const auto& checked = server.check.completed;
    return checked && now_ - *checked <= span;
}

bool InstanceJudge::has_reasonable_maintenance_lag(const model::Server& server) const {
    const model::Channel* channel = server.channel();
    if (channel == nullptr || !channel->lag) {
        return true;
    }
    const Seconds lag = channel->delay > Seconds(0) ? distance(*channel->lag, channel->delay) : *channel->lag;
    return lag <= maintenance_lag_limit_;
}

bool InstanceJudge::is_behind(const std::optional<Seconds>& lag, const model::Channel* channel) const {
    return lag && distance(*lag, channel == nullptr ? Seconds(0) : channel->delay) > lag_limit_;
}

/// On any channel; the main one as ReplicationLagQuery says.
bool InstanceJudge::is_lagging(const model::Server& server) const {
    const model::Channel* main = server.channel();
    return is_behind(server.lag(), main) || has_channel(server, [&](const model::Channel& channel) {
               return &channel != main && is_behind(channel.lag, &channel);
           });
}

bool InstanceJudge::is_listed(const model::Server& server) const {
    const model::Channel* main = server.channel();
    return !problems(server).empty() || (main != nullptr && is_behind(main->lag, main));
}

std::vector<std::string> InstanceJudge::problems(const model::Server& server) const {
    std::vector<std::string> out;
    if (!is_last_check_valid(server)) {
        out.emplace_back("last_check_invalid");
    } else if (!is_recently_checked(server)) {
        out.emplace_back("not_recently_checked");
    } else if (has_channel(server, [](const auto& channel) { return has_threads(channel) && !runs(channel); })) {
        out.emplace_back("not_replicating");
    } else if (is_lagging(server)) {
        out.emplace_back("replication_lag");
    }
    if (server.has_errant()) {
        out.emplace_back("errant_gtid");
    }
    const bool is_in_group = server.facts != nullptr && server.facts->group && !server.facts->group->group_name.empty();
    if (is_in_group && server.facts->group->state != "ONLINE") {
        out.emplace_back("group_replication_member_not_online");
    }
    return out;
}

}  // namespace orc::api
