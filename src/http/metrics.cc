#include "http/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>

namespace orc::http {
namespace {

std::string number_text(double value) {
    if (!std::isfinite(value)) {
        return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    }
    std::array<char, 64> space{};
    const auto end = std::to_chars(space.data(), space.data() + space.size(), value);
    return {space.data(), end.ptr};
}

std::string label_text(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"') {
            out += '\\';
        }
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

double seconds(Micros span) { return double(span.count()) / 1e6; }

void add_discovery(MetricsWriter& out, const discovery::Counters& counters) {
    out.counter("orchestrator_discovery_probes_total", "Probes of servers that have ended.", double(counters.probes));
    out.counter("orchestrator_discovery_probes_failed_total", "Probes that failed.", double(counters.probes_failed));
    out.counter("orchestrator_discovery_pulses_total", "Light signs of life between probes.", double(counters.pulses));
    out.counter(
        "orchestrator_discovery_probes_late_total",
        "Probes that started more than a tenth of their interval after they were due.",
        double(counters.probes_late)
    );
    out.histogram(
        "orchestrator_discovery_lateness_seconds",
        "How long after its due time a probe of a server that answers started.",
        counters.lateness
    );
    out.gauge(
        "orchestrator_discovery_lateness_max_seconds",
        "Largest lateness of a probe since start.",
        seconds(counters.lateness.max())
    );
    out.gauge("orchestrator_discovery_servers", "Servers that are known.", double(counters.servers));
    out.gauge("orchestrator_discovery_in_flight", "Probes under way.", double(counters.in_flight));
    out.gauge("orchestrator_discovery_slow_lane_servers", "Servers that do not answer.", double(counters.slow_lane));
}

void add_topology(MetricsWriter& out, const model::Topology& topology) {
    std::size_t unreachable = 0;
    std::size_t downtimed = 0;
    for (const auto& [name, cluster] : topology.clusters) {
        for (const auto& server : cluster->servers) {
            unreachable += server->check.is_valid() ? 0 : 1;
            downtimed += server->downtime ? 1 : 0;
        }
    }
    out.gauge("orchestrator_topology_clusters", "Clusters that are known.", double(topology.clusters.size()));
    out.gauge("orchestrator_topology_invalid_servers", "Servers whose last check failed.", double(unreachable));
    out.gauge("orchestrator_topology_downtimed_servers", "Servers in downtime.", double(downtimed));
}

void add_findings(MetricsWriter& out, const std::vector<analysis::Finding>& findings) {
    std::map<std::string, unsigned> by_code;
    for (const auto& finding : findings) {
        ++by_code[std::string(analysis::name(finding.code))];
    }
    out.begin("orchestrator_analysis_findings", "gauge", "Findings now, by code.");
    for (const auto& [code, count] : by_code) {
        out.sample(count, "code", code);
    }
}

void add_recoveries(MetricsWriter& out, const Desk& desk, const Standing& standing) {
    const RecoveryCounts& counts = desk.events->counts;
    out.counter("orchestrator_recovery_started_total", "Recoveries and takeovers begun.", double(counts.started));
    out.begin("orchestrator_recovery_ended_total", "counter", "Recoveries and takeovers ended, by result.");
    out.sample(double(counts.successful), "result", "successful");
    out.sample(double(counts.unsuccessful), "result", "unsuccessful");
    out.gauge("orchestrator_recovery_in_flight", "Recoveries running now.", double(desk.use_cases.running().size()));
    out.gauge(
        "orchestrator_recovery_automation_enabled",
        "Whether automated recovery is on globally.",
        standing.recoveries_disabled ? 0 : 1
    );
    out.gauge("orchestrator_node_is_leader", "Whether this node leads.", standing.leadership.is_leader ? 1 : 0);
}

/// The names that ProxySQL's orchestrator gave these, for dashboards that know them.
void add_proxysql_names(MetricsWriter& out, const Desk& desk, const Standing& standing) {
    const auto& counters = standing.counters;
    out.counter("orchestrator_discoveries_total", "Attempts to read a server.", double(counters.probes));
    out.counter("orchestrator_discovery_errors_total", "Attempts that failed.", double(counters.probes_failed));
    out.gauge("orchestrator_instances_total", "Servers that are known.", double(counters.servers));
    const auto topology = desk.use_cases.topology();
    out.gauge("orchestrator_clusters_total", "Clusters that are known.", double(topology->clusters.size()));
    const RecoveryCounts& counts = desk.events->counts;
    out.begin("orchestrator_recoveries_total", "counter", "Recoveries ended, by analysis code and result.");
    for (const auto& [what, count] : counts.by_code) {
        out.labelled(double(count), {{"type", what.first}, {"result", what.second ? "success" : "failed"}});
    }
    out.begin("orchestrator_recovery_duration_seconds", "histogram", "How long recoveries took, hooks included.");
    double limit = 0.5;
    for (const auto count : counts.within) {
        out.part("_bucket", double(count), "le", number_text(limit));
        limit *= 2;
    }
    const auto all = double(counts.successful + counts.unsuccessful);
    out.part("_bucket", all, "le", "+Inf");
    out.part("_sum", counts.seconds);
    out.part("_count", all);
}

/// The same: how things stand now.
void add_proxysql_states(MetricsWriter& out, const Desk& desk, const Standing& standing, bool is_healthy) {
    const auto& counters = standing.counters;
    const auto topology = desk.use_cases.topology();
    out.gauge("orchestrator_health_is_ready", "Whether this node can write its store.", is_healthy ? 1 : 0);
    out.gauge("orchestrator_health_is_live", "Whether this process answers.", 1);
    // There are no groups by consensus here.
    out.gauge("orchestrator_raft_is_healthy", "Whether this node leads or follows in a consensus group.", 0);
    out.gauge("orchestrator_raft_is_leader", "Whether this node leads a consensus group.", 0);
    out.gauge("orchestrator_raft_is_part_of_quorum", "Whether this node's consensus group can decide.", 0);
    out.gauge("orchestrator_raft_peers_total", "Nodes of the consensus group.", 0);
    out.gauge("orchestrator_discovery_queue_length", "Servers being read.", double(counters.in_flight));
    out.gauge(
        "orchestrator_dead_instances_discovery_queue_length",
        "Servers that do not answer and are tried again.",
        double(counters.slow_lane)
    );
    out.gauge("orchestrator_active_recoveries", "Recoveries running now.", double(desk.use_cases.running().size()));
    std::size_t downtimed = 0;
    for (const auto& [name, cluster] : topology->clusters) {
        for (const auto& server : cluster->servers) {
            downtimed += server->downtime ? 1 : 0;
        }
    }
    out.gauge("orchestrator_downtimed_instances_total", "Servers in downtime.", double(downtimed));
    std::map<std::string, unsigned> by_code;
    const auto findings = desk.use_cases.findings();
    for (const auto& finding : *findings) {
        ++by_code[std::string(analysis::name(finding.code))];
    }
    out.begin("orchestrator_active_topology_issues", "gauge", "Findings now, by analysis code.");
    for (const auto& [code, count] : by_code) {
        out.sample(count, "issue_type", code);
    }
}

void add_http(MetricsWriter& out, const Desk& desk) {
    const Traffic traffic = desk.traffic();
    out.begin("orchestrator_http_requests_total", "counter", "Requests answered, by class of status.");
    static constexpr std::array<std::string_view, 6> classes = {"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"};
    for (std::size_t i = 2; i < classes.size(); ++i) {
        out.sample(double(traffic.requests[i]), "status", classes[i]);
    }
    out.gauge("orchestrator_http_connections", "Connections open now.", double(traffic.connections));
    out.gauge("orchestrator_http_event_listeners", "Clients of the event stream.", double(desk.events->clients()));
}

void add_process(MetricsWriter& out, const Desk& desk) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto cpu = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
    out.counter(
        "orchestrator_process_cpu_seconds_total", "CPU time of this process.", cpu(usage.ru_utime) + cpu(usage.ru_stime)
    );
    std::ifstream statm("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (statm >> size >> resident) {
        out.gauge(
            "orchestrator_process_resident_memory_bytes",
            "Resident memory of this process.",
            double(resident) * double(sysconf(_SC_PAGESIZE))
        );
    }
    out.begin("orchestrator_build_info", "gauge", "Always 1; the version is in the label.");
    out.sample(1, "version", desk.use_cases.version());
}

}  // namespace

void MetricsWriter::begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = std::string(name);
    out_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(type) + "\n";
}

void MetricsWriter::sample(double value, std::string_view label, std::string_view label_value) {
    part("", value, label, label_value);
}

void MetricsWriter::part(std::string_view suffix, double value, std::string_view label, std::string_view label_value) {
    out_ += name_;
    out_ += suffix;
    if (!label.empty()) {
        out_ += "{" + std::string(label) + "=\"" + label_text(label_value) + "\"}";
    }
    out_ += " " + number_text(value) + "\n";
}

void MetricsWriter::labelled(double value, const Labels& labels) {
    std::string inside;
    for (const auto& [label, label_value] : labels) {
        inside += (inside.empty() ? "" : ",") + label + "=\"" + label_text(label_value) + "\"";
    }
    out_ += name_ + "{" + inside + "} " + number_text(value) + "\n";
}

void MetricsWriter::gauge(std::string_view name, std::string_view help, double value) {
    begin(name, "gauge", help);
    sample(value);
}

void MetricsWriter::counter(std::string_view name, std::string_view help, double value) {
    begin(name, "counter", help);
    sample(value);
}

void MetricsWriter::histogram(std::string_view name, std::string_view help, const Histogram& values) {
    begin(name, "histogram", help);
    for (std::size_t i = 0; i < Histogram::bounds.size(); ++i) {
        part("_bucket", double(values.count_within(i)), "le", number_text(seconds(Histogram::bounds.at(i))));
    }
    part("_bucket", double(values.count()), "le", "+Inf");
    part("_sum", seconds(values.sum()));
    part("_count", double(values.count()));
}

std::string metrics_text(const Desk& desk, const Standing& standing, bool is_healthy) {
    MetricsWriter out;
    add_discovery(out, standing.counters);
    add_topology(out, *desk.use_cases.topology());
    add_findings(out, *desk.use_cases.findings());
    add_recoveries(out, desk, standing);
    add_proxysql_names(out, desk, standing);
    add_proxysql_states(out, desk, standing, is_healthy);
    add_http(out, desk);
    add_process(out, desk);
    return std::move(out).str();
}

}  // namespace orc::http
