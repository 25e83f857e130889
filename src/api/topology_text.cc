#include "api/topology_text.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"

namespace orc::api {
namespace {

using Columns = std::array<std::string, 6>;

std::string lag_text(const model::Server& server, const InstanceJudge& judge) {
    const model::Channel* channel = server.channel();
    if (channel != nullptr && channel->executed.is_detached()) {
        return "detached";
    }
    if (!InstanceJudge::is_last_check_valid(server) || !judge.is_recently_checked(server)) {
        return "unknown";
    }
    if (server.is_replica() && !server.is_replicating()) {
        return "null";
    }
    const auto lag = server.lag();
    if (lag) {
        return std::to_string(lag->count()) + "s";
    }
    // A server that replicates from nobody has no lag to report, and is as fresh as can be.
    return server.is_replica() ? "null" : "0s";
}

std::string status_text(const model::Server& server, const InstanceJudge& judge) {
    if (!InstanceJudge::is_last_check_valid(server)) {
        return "invalid";
    }
    if (!judge.is_recently_checked(server)) {
        return "unchecked";
    }
    if (server.is_replica() && !server.is_replicating()) {
        return "nonreplicating";
    }
    return server.is_replica() && !judge.has_reasonable_maintenance_lag(server) ? "lag" : "ok";
}

bool knows_gtid(const model::Server& server) {
    const model::Facts& facts = *server.facts;
    return (!facts.gtid_mode.empty() && facts.gtid_mode != "OFF") || facts.uses_gtid();
}

std::string extras_text(const model::Server& server) {
    std::vector<std::string> out;
    if (server.facts != nullptr) {
        const model::Facts& facts = *server.facts;
        if (facts.log_bin && facts.log_replica_updates) {
            out.emplace_back(">>");
        }
        if (knows_gtid(server)) {
            out.emplace_back(server.has_errant() ? "GTID:errant" : "GTID");
        }
        if (facts.semi_sync.source_active) {
            out.emplace_back("semi:master");
        }
        if (facts.semi_sync.replica_active) {
            out.emplace_back("semi:replica");
        }
    }
    if (server.downtime) {
        out.emplace_back("downtimed");
    }
    return join(out, ",");
}

Columns columns_of(const model::Server& server, const InstanceJudge& judge) {
    const model::Facts* facts = server.facts.get();
    Columns out;
    out[0] = lag_text(server, judge);
    out[1] = status_text(server, judge);
    out[2] = facts == nullptr ? "" : facts->version.text;
    out[3] = facts != nullptr && facts->read_only ? "ro" : "rw";
    out[4] = facts != nullptr && facts->log_bin ? facts->binlog_format : "nobinlog";
    out[5] = extras_text(server);
    return out;
}

std::string bracket_of(const Columns& columns) {
    std::vector<std::string> out;
    std::copy_if(columns.begin(), columns.end(), std::back_inserter(out), [](const auto& c) { return !c.empty(); });
    return "[" + join(out, ",") + "]";
}

struct Line {
    const model::Server* server;
    std::string name;  ///< indent, marker, endpoint, alias
};

/// Lays the servers of a cluster out as a tree.
class Tree {
public:
    Tree(const model::Cluster& cluster, const InstanceJudge& judge) : cluster_(cluster), judge_(judge) {}

    std::vector<Line> lines() {
        bool has_root = false;
        for (const auto& server : cluster_.servers) {
            if (!parent_of(*server)) {
                has_root = true;
                draw(*server, 0);
            }
        }
        if (!has_root) {
            draw_circle();
        }
        for (const auto& server : cluster_.servers) {  // whatever hangs in a circle elsewhere is not lost
            if (!drawn_.contains(server->endpoint)) {
                draw(*server, 1);
            }
        }
        return std::move(lines_);
    }

private:
    /// The member of this cluster that the server hangs below; none for a root.
    std::optional<Endpoint> parent_of(const model::Server& server) const {
        auto source = server.source();
        if (!source && is_secondary(server)) {
            source = server.facts->group->primary;
        }
        return source && *source != server.endpoint && cluster_.find(*source) != nullptr ? source : std::nullopt;
    }

    static bool is_secondary(const model::Server& server) {
        return server.facts != nullptr && server.facts->group && server.facts->group->role == "SECONDARY";
    }

    void draw_circle() {
        for (const auto& server : cluster_.servers) {
            if (server->is_co_primary) {
                circle_.insert(server->endpoint);
            }
        }
        for (const auto& server : cluster_.servers) {
            if (circle_.contains(server->endpoint)) {
                draw(*server, 1);
            }
        }
    }

    std::string marker(const model::Server& server) const {
        if (is_secondary(server)) {
            return "\u2021";
        }
        const bool is_well = server.is_replica() && server.is_replicating() &&
                             InstanceJudge::is_last_check_valid(server) && judge_.is_recently_checked(server);
        return is_well ? "+" : "-";
    }

    void draw(const model::Server& server, std::size_t depth) {
        if (!drawn_.insert(server.endpoint).second) {
            return;
        }
        Line line{&server, ""};
        if (depth > 0) {
            line.name = std::string(2 * (depth - 1), ' ') + marker(server) + " ";
        }
        line.name += server.endpoint.text();
        if (server.facts != nullptr && !server.facts->instance_alias.empty()) {
            line.name += " (" + server.facts->instance_alias + ")";
        }
        lines_.push_back(std::move(line));
        for (const auto& other : cluster_.servers) {
            if (parent_of(*other) == server.endpoint && !circle_.contains(other->endpoint)) {
                draw(*other, depth + 1);
            }
        }
    }

    const model::Cluster& cluster_;
    const InstanceJudge& judge_;
    std::set<Endpoint> circle_;  ///< co-primaries, drawn side by side
    std::set<Endpoint> drawn_;
    std::vector<Line> lines_;
};

std::string padded(std::string text, std::size_t width, bool to_the_right) {
    const std::string space(width > text.size() ? width - text.size() : 0, ' ');
    return to_the_right ? space + text : text + space;
}

std::vector<std::string> tabulated(const std::vector<Line>& lines, const InstanceJudge& judge) {
    std::vector<std::vector<std::string>> rows;
    std::array<std::size_t, 7> widths{};
    for (const Line& line : lines) {
        std::vector<std::string> row = {line.name};
        const Columns columns = columns_of(*line.server, judge);
        row.insert(row.end(), columns.begin(), columns.end());
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
        rows.push_back(std::move(row));
    }
    std::vector<std::string> out;
    for (auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = padded(std::move(row[i]), widths[i], i == 1);
        }
        out.push_back(join(row, "|"));
    }
    return out;
}

std::vector<std::string> bracketed(const std::vector<Line>& lines, const InstanceJudge& judge, const TagTexts* tags) {
    std::size_t width = 0;
    for (const Line& line : lines) {
        width = std::max(width, line.name.size());
    }
    std::vector<std::string> out;
    for (const Line& line : lines) {
        std::string text = padded(line.name, width, false) + " " + bracket_of(columns_of(*line.server, judge));
        if (tags != nullptr) {
            const auto known = tags->find(line.server->endpoint);
            text += " [" + (known == tags->end() ? "" : join(known->second, ",")) + "]";
        }
        out.push_back(std::move(text));
    }
    return out;
}

}  // namespace

std::string instance_description(const model::Server& server, const config::Settings& settings, Instant now) {
    const InstanceJudge judge(settings, now);
    return bracket_of(columns_of(server, judge));
}

std::string topology_text(
    const model::Cluster& cluster, TreeForm form, const config::Settings& settings, Instant now, const TagTexts& tags
) {
    const InstanceJudge judge(settings, now);
    const std::vector<Line> lines = Tree(cluster, judge).lines();
    if (form == TreeForm::tabulated) {
        return join(tabulated(lines, judge), "\n");
    }
    return join(bracketed(lines, judge, form == TreeForm::tags ? &tags : nullptr), "\n");
}

std::string past_topology_text(const std::vector<model::SnapshotPlace>& places) {
    model::Cluster cluster;
    for (const auto& place : places) {
        model::Facts facts;
        if (place.source) {
            model::Channel channel;
            channel.source = *place.source;
            facts.channels.push_back(std::move(channel));
        }
        auto server = std::make_shared<model::Server>();
        server->endpoint = place.endpoint;
        server->facts = std::make_shared<const model::Facts>(std::move(facts));
        cluster.servers.push_back(std::move(server));
    }
    std::ranges::sort(cluster.servers, {}, [](const model::ServerPtr& server) { return server->endpoint; });
    const config::Settings settings;
    const InstanceJudge judge(settings, Instant{});
    std::vector<std::string> names;
    for (const Line& line : Tree(cluster, judge).lines()) {
        names.push_back(line.name);
    }
    return join(names, "\n");
}

}  // namespace orc::api
