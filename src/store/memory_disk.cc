#include "store/memory_disk.h"

#include <algorithm>

#include "store/rows.h"

namespace orc::store {

using namespace model;

namespace {

// Keeps the history that Intent leaves out, as the tables would.
struct Historian {
    MemoryDisk& disk;

    template <typename Other>
    void operator()(const Other&) const {}

    void operator()(const PutDetection& c) const {
        const Detection& record = c.record;
        for (auto& [id, other] : disk.detections) {
            const bool is_same_slot =
                other.endpoint == record.endpoint && other.is_actionable == record.is_actionable && id != record.id;
            if (!record.ended && is_same_slot && !other.ended) {
                other.ended = record.start;
            }
        }
        disk.detections[record.id] = record;
    }
    void operator()(const PutRecovery& c) const {
        RecoveryRecord record = c.record;
        for (auto& [id, other] : disk.recoveries) {
            if (other.uid == record.uid) {
                record.id = id;
            } else if (!record.active_period_end && other.failed == record.failed && !other.active_period_end) {
                other.active_period_end = record.start;
            }
        }
        if (record.id == 0) {
            record.id = disk.recoveries.empty() ? 1 : disk.recoveries.rbegin()->first + 1;
        }
        disk.recoveries[record.id] = record;
    }
    void operator()(const AppendRecoveryStep& c) const { append(disk.steps, c.record); }
    void operator()(const AppendAudit& c) const { append(disk.audit, c.record); }
    void operator()(const AppendSnapshot& c) const { disk.snapshots.push_back(c.record); }
    void operator()(const PutMaintenance& c) const {
        if (c.record.id == 0) {
            disk.intent.maintenance[c.record.endpoint].id = ++disk.intent.last_maintenance_id;
        }
    }

    // Numbers rise for ever, as those of rows do while the newest is kept.
    template <typename Record>
    static void append(std::vector<Record>& rows, Record record) {
        record.id = rows.empty() ? 1 : rows.back().id + 1;
        rows.push_back(std::move(record));
    }
};

template <typename T>
std::vector<T> page_of(const std::vector<T>& all, Page page) {
    const std::size_t first = std::min(all.size(), static_cast<std::size_t>(page.offset()));
    const std::size_t last = std::min(all.size(), first + page.size);
    return std::vector<T>(
        all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last)
    );
}

bool matches(const RecoveryRecord& record, const RecoveryQuery& query) {
    if (query.unacknowledged_only && record.acknowledged) {
        return false;
    }
    if (query.id) {
        return record.id == *query.id;
    }
    if (query.uid) {
        return record.uid == *query.uid;
    }
    if (query.cluster) {
        return record.cluster == *query.cluster;
    }
    return !query.alias || record.cluster_alias == *query.alias;
}

}  // namespace

void keep(MemoryDisk& disk, const Change& change) {
    const Change kept = as_kept(change);
    disk.intent.apply(kept);
    std::visit(Historian{disk}, kept);
}

void keep_observed(MemoryDisk& disk, const Endpoint& endpoint, const ServerPtr& server) {
    if (server == nullptr) {
        disk.servers.erase(endpoint);
        disk.servers_seen.erase(endpoint);
        disk.observed.erase(endpoint);
        return;
    }
    const auto known = disk.servers.find(endpoint);
    if (server->facts == nullptr && known != disk.servers.end()) {
        auto missed = std::make_shared<Server>(*disk.observed.at(endpoint));
        missed->check = server->check;
        disk.observed[endpoint] = std::move(missed);
        return;
    }
    disk.observed[endpoint] = server;
    const auto source = server->facts == nullptr ? std::nullopt : server->source();
    const ClusterName own_name(endpoint.text());
    const ClusterName cluster = server->cluster.empty() && server->facts == nullptr ? own_name : server->cluster;
    disk.servers[endpoint] = KnownServer{endpoint, source, cluster};
    if (server->check.seen_wall != WallTime{}) {
        disk.servers_seen[endpoint] = server->check.seen_wall;
    }
}

void keep(MemoryDisk& disk, const Note& note) {
    if (const auto* change = std::get_if<AnalysisChange>(&note)) {
        disk.analysis_changes.push_back(*change);
        disk.analysis_changes.back().at = std::chrono::floor<Seconds>(change->at);
    } else if (const auto* name = std::get_if<ResolvedName>(&note)) {
        disk.resolved_names[name->host] = *name;
        disk.resolved_names[name->host].at = std::chrono::floor<Seconds>(name->at);
        if (name->host != name->resolved) {
            disk.former_names[name->resolved] = disk.resolved_names[name->host];
        }
    } else if (const auto* addresses = std::get_if<HostAddresses>(&note)) {
        disk.addresses[addresses->host] = *addresses;
    } else if (const auto* tls = std::get_if<TlsRequirement>(&note)) {
        disk.tls[tls->endpoint] = *tls;
    } else if (const auto* domain = std::get_if<ClusterDomain>(&note)) {
        disk.domains[domain->cluster] = *domain;
        disk.domains[domain->cluster].at = std::chrono::floor<Seconds>(domain->at);
    }
}

bool is_number_taken(const Intent& intent, const Change& change) {
    const auto* put = std::get_if<PutMaintenance>(&change);
    return put != nullptr && put->record.id != 0 && std::ranges::any_of(intent.maintenance, [&](const auto& entry) {
               return entry.second.id == put->record.id && entry.first != put->record.endpoint;
           });
}

std::vector<RecoveryRecord> recoveries(const MemoryDisk& disk, const RecoveryQuery& query) {
    std::vector<RecoveryRecord> found;
    for (auto at = disk.recoveries.rbegin(); at != disk.recoveries.rend(); ++at) {
        if (matches(at->second, query)) {
            found.push_back(at->second);
        }
    }
    return page_of(found, query.page);
}

std::vector<RecoveryStep> recovery_steps(const MemoryDisk& disk, const RecoveryUid& uid) {
    std::vector<RecoveryStep> found;
    for (const auto& step : disk.steps) {
        if (step.uid == uid) {
            found.push_back(step);
        }
    }
    return found;
}

namespace {

std::int64_t newest_recovery_for(const MemoryDisk& disk, const Detection& detection) {
    const auto is_for_it = [&](const auto& entry) { return entry.second.last_detection_id == detection.id; };
    const auto found = std::find_if(disk.recoveries.rbegin(), disk.recoveries.rend(), is_for_it);
    return found == disk.recoveries.rend() ? 0 : found->first;
}

}  // namespace

std::vector<Detection> detections(const MemoryDisk& disk, const DetectionQuery& query) {
    std::vector<Detection> found;
    for (auto at = disk.detections.rbegin(); at != disk.detections.rend(); ++at) {
        const Detection& record = at->second;
        if (query.id ? record.id == *query.id : !query.alias || record.cluster_alias == *query.alias) {
            found.push_back(record);
            found.back().related_recovery = newest_recovery_for(disk, record);
        }
    }
    return page_of(found, query.page);
}

std::vector<AuditEntry> audit(const MemoryDisk& disk, const std::optional<Endpoint>& endpoint, Page page) {
    std::vector<AuditEntry> found;
    for (auto at = disk.audit.rbegin(); at != disk.audit.rend(); ++at) {
        if (!endpoint || at->endpoint == endpoint) {
            found.push_back(*at);
        }
    }
    return page_of(found, page);
}

std::vector<AnalysisChange> analysis_changes(const MemoryDisk& disk) {
    auto all = disk.analysis_changes;
    std::ranges::stable_sort(all, {}, &AnalysisChange::endpoint);
    return all;
}

std::vector<WallTime> snapshot_times(const MemoryDisk& disk) {
    std::vector<WallTime> out;
    for (const auto& snapshot : disk.snapshots) {
        if (!snapshot.places.empty()) {
            out.push_back(snapshot.at);
        }
    }
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    return out;
}

std::vector<SnapshotPlace> snapshot(const MemoryDisk& disk, WallTime at) {
    std::map<Endpoint, SnapshotPlace> places;
    for (const auto& snapshot : disk.snapshots) {
        if (snapshot.at == std::chrono::floor<Seconds>(at)) {
            for (const auto& place : snapshot.places) {
                places.try_emplace(place.endpoint, place);
            }
        }
    }
    std::vector<SnapshotPlace> out;
    out.reserve(places.size());
    for (auto& [endpoint, place] : places) {
        out.push_back(std::move(place));
    }
    return out;
}

std::vector<Errand> take_errands(MemoryDisk& disk, const NodeToken& self, WallTime now) {
    std::erase_if(disk.errands, [&](const MemoryErrand& entry) {
        return entry.state.taken_by.empty() && now - entry.asked >= errand_life;
    });
    std::vector<Errand> out;
    for (auto& entry : disk.errands) {
        if (entry.state.taken_by.empty()) {
            entry.state.taken_by = self;
            out.push_back(entry.errand);
        }
    }
    return out;
}

MemoryErrand* errand(MemoryDisk& disk, const std::string& id) {
    const auto found =
        std::ranges::find_if(disk.errands, [&](const MemoryErrand& entry) { return entry.errand.id == id; });
    return found == disk.errands.end() ? nullptr : &*found;
}

bool drop_errand(MemoryDisk& disk, const std::string& id) {
    return std::erase_if(disk.errands, [&](const MemoryErrand& entry) {
               return entry.errand.id == id && (entry.state.taken_by.empty() || entry.state.answer);
           }) > 0;
}

namespace {

void expire_history(MemoryDisk& disk, WallTime before) {
    std::erase_if(disk.audit, [&](const auto& entry) { return entry.at < before; });
    std::erase_if(disk.steps, [&](const auto& step) { return step.at < before; });
    std::erase_if(disk.detections, [&](const auto& entry) {
        return entry.second.start < before && entry.second.ended;
    });
    std::erase_if(disk.recoveries, [&](const auto& entry) {
        return entry.second.start < before && entry.second.ended && entry.second.active_period_end;
    });
}

}  // namespace

void expire(MemoryDisk& disk, WallTime now, const Retention& retention) {
    expire_history(disk, now - retention.history);
    std::erase_if(disk.servers_seen, [&](const auto& entry) {
        const bool is_old = entry.second < now - retention.unseen;
        if (is_old) {
            disk.servers.erase(entry.first);
            disk.observed.erase(entry.first);
        }
        return is_old;
    });
    std::erase_if(disk.analysis_changes, [&](const auto& change) { return change.at < now - retention.unseen; });
    std::erase_if(disk.resolved_names, [&](const auto& entry) {
        return entry.second.at < now - 2 * retention.resolves;
    });
    std::erase_if(disk.nodes, [&](const auto& entry) { return entry.second.last_seen < now - Seconds(5); });
    std::erase_if(disk.commits, [&](const auto& entry) { return entry.second < now - std::chrono::hours(1); });
    std::erase_if(disk.errands, [&](const auto& entry) { return entry.asked < now - std::chrono::hours(1); });
}

}  // namespace orc::store
