// Reads tests/data/planning/*.scenario: servers and wishes, "----", then what is planned. UPDATE_EXPECTED=1 rewrites
// the second half; the difference is reviewed like code.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/text.h"
#include "planning/failover.h"
#include "planning/plan_text.h"

namespace orc::planning {
namespace {

namespace fs = std::filesystem;

using Words = std::map<std::string, std::string>;

struct Scenario {
    model::Cluster cluster;
    model::Intent intent;
    config::Settings settings;
    FailoverRequest request;
    News news;
    bool is_mariadb = false;
    bool reads_again = false;  ///< plan anew from positions, as if they had just been read
};

gtid::Progress progress(const Scenario& scenario, const std::string& text) {
    if (scenario.is_mariadb) {
        return *gtid::MariadbPosition::parse(text);
    }
    return *gtid::GtidSet::parse(text);
}

std::string uuid_of(const std::string& host) { return "uuid-" + host; }

Words words_of(std::istringstream& line) {
    Words out;
    for (std::string word; line >> word;) {
        const auto equals = word.find('=');
        out[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
    }
    return out;
}

std::string get(const Words& words, const std::string& key, std::string otherwise) {
    const auto found = words.find(key);
    return found == words.end() ? otherwise : found->second;
}

model::Channel channel_of(const Scenario& scenario, const std::string& source, const Words& words) {
    model::Channel out;
    out.source = Endpoint{source, 3306};
    out.receiver = words.contains("stopped") ? model::ThreadState::stopped : model::ThreadState::running;
    out.applier = words.contains("stopped") || words.contains("applier_stopped") ? model::ThreadState::stopped
                                                                                 : model::ThreadState::running;
    if (!words.contains("no_gtid")) {
        out.gtid_use = scenario.is_mariadb ? model::GtidUse::replica_position : model::GtidUse::auto_position;
        out.received = progress(scenario, get(words, "received", get(words, "executed", "")));
    }
    const std::string read = get(words, "read", "100");
    out.read = gtid::BinlogCoordinates{"binlog.000007", std::stoull(read)};
    out.executed = gtid::BinlogCoordinates{"binlog.000007", std::stoull(get(words, "applied", read))};
    if (words.contains("lag") && words.at("lag") != "unknown") {
        out.lag = Seconds(std::stoll(words.at("lag")));
    } else if (!words.contains("lag")) {
        out.lag = Seconds(0);
    }
    out.delay = Seconds(std::stoll(get(words, "delay", "0")));
    if (words.contains("applier_error")) {
        out.applier_errno = std::stoi(words.at("applier_error"));
        out.applier_error = "stumbled";
    }
    return out;
}

model::ServerPtr server_of(
    const Scenario& scenario, const std::string& host, const std::string& source, const Words& words
) {
    auto out = std::make_shared<model::Server>();
    out->endpoint = Endpoint{host, 3306};
    auto facts = std::make_shared<model::Facts>();
    const std::string version = get(words, "version", scenario.is_mariadb ? "10.11.6-MariaDB" : "8.0.36");
    facts->version = model::Version::parse(version, scenario.is_mariadb ? "MariaDB" : "MySQL Community Server");
    facts->server_id = static_cast<std::uint32_t>(std::stoul(get(words, "id", host.substr(2))));
    facts->server_uuid = scenario.is_mariadb ? "" : uuid_of(host);
    facts->read_only = !words.contains("writable") && !source.empty();
    facts->log_bin = !words.contains("no_log_bin");
    facts->log_replica_updates = facts->log_bin && !words.contains("no_log_updates");
    facts->binlog_format = get(words, "format", "ROW");
    facts->gtid_mode = scenario.is_mariadb ? "" : get(words, "gtid_mode", "ON");
    facts->gtid_strict = words.contains("strict");
    facts->executed = progress(scenario, get(words, "executed", ""));
    facts->purged = *gtid::GtidSet::parse(get(words, "purged", ""));
    if (scenario.is_mariadb) {
        facts->binlog_position = std::get<gtid::MariadbPosition>(facts->executed);
    }
    facts->data_center = get(words, "dc", "");
    facts->environment = get(words, "env", "");
    facts->region = get(words, "region", "");
    facts->semi_sync.available = words.contains("semi_sync") || words.contains("waits") || words.contains("acker");
    facts->semi_sync.replica_active = words.contains("acker");
    facts->semi_sync.replica_enabled = words.contains("acker");
    facts->semi_sync.source_enabled = words.contains("waits");
    facts->semi_sync.acks_wanted = static_cast<std::uint32_t>(std::stoul(get(words, "acks", "1")));
    facts->semi_sync.timeout = Millis(std::stoll(get(words, "ack_timeout", "10000")));
    facts->semi_sync_priority = std::stoi(get(words, "priority", "0"));
    if (words.contains("queried_lag")) {
        facts->queried_lag = Seconds(std::stoll(words.at("queried_lag")));
    }
    if (!source.empty()) {
        facts->channels.push_back(channel_of(scenario, source, words));
    }
    out->facts = std::move(facts);
    if (words.contains("remembered")) {
        out->remembered = std::make_shared<model::Server>(*out);
        out->facts.reset();
    }
    out->check.seen = Instant{Micros{1}};
    if (words.contains("silent")) {
        out->check.failures = 1;
        out->check.error = Error{ErrorCode::unreachable, "connection refused", 0};
    }
    if (words.contains("rule")) {
        out->rule = *model::parse_promotion_rule(words.at("rule"));
    }
    if (words.contains("downtime")) {
        out->downtime = model::Downtime{out->endpoint, {}, {}, "dba", words.at("downtime")};
    }
    out->in_maintenance = words.contains("maintenance");
    out->is_co_primary = words.contains("co_primary");
    out->errant = *gtid::GtidSet::parse(get(words, "errant", ""));
    return out;
}

void set(Scenario& scenario, const std::string& key, const std::string& value) {
    auto& s = scenario.settings;
    const bool on = value == "on";
    if (key == "PreventCrossDataCenter") {
        s.prevent_cross_data_center_master_failover = on;
    } else if (key == "PreventCrossRegion") {
        s.prevent_cross_region_master_failover = on;
    } else if (key == "FailOnLagMinutes") {
        s.fail_master_promotion_on_lag_minutes = std::stoll(value);
    } else if (key == "FailIfNotUpToDate") {
        s.fail_master_promotion_if_sql_thread_not_up_to_date = on;
    } else if (key == "DelayIfNotUpToDate") {
        s.delay_master_promotion_if_sql_thread_not_up_to_date = on;
    } else if (key == "DetachPromoted") {
        s.master_failover_detach_replica_master_host = on;
    } else if (key == "ApplyPromotion") {
        s.apply_mysql_promotion_after_master_failover = on;
    } else if (key == "ReplicationCredentialsQuery") {
        s.replication_credentials_query = value;
    } else if (key == "PostponeOnLagMinutes") {
        s.postpone_replica_recovery_on_lag_minutes = std::stoll(value);
    } else if (key == "ErrantCandidateAllowed") {
        s.errant_candidate_allowed = on;
    } else if (key == "PromoteWithUnappliedEvents") {
        s.promote_with_unapplied_events = on;
    } else if (key == "PromotionIgnore") {
        s.promotion_ignore_hostname_filters = {value};
    } else {
        FAIL() << "unknown setting " << key;
    }
}

PlanKind kind_of(const std::string& text) {
    for (const auto kind :
         {PlanKind::dead_primary,
          PlanKind::dead_co_primary,
          PlanKind::graceful_takeover,
          PlanKind::dead_intermediate_primary,
          PlanKind::not_writable}) {
        if (name(kind) == text) {
            return kind;
        }
    }
    ADD_FAILURE() << "unknown kind " << text;
    return PlanKind::dead_primary;
}

void read_line(Scenario& scenario, const std::string& text) {
    std::istringstream line(text);
    std::string what;
    line >> what;
    if (what.empty() || what.front() == '#') {
        return;
    }
    std::string subject;
    line >> subject;
    if (what == "flavour") {
        scenario.is_mariadb = subject == "mariadb";
    } else if (what == "plan") {
        std::string failed;
        line >> failed;
        scenario.request.kind = kind_of(subject);
        scenario.request.subject = Endpoint{failed, 3306};
    } else if (what == "server") {
        std::string source;
        line >> source;
        scenario.cluster.servers.push_back(server_of(scenario, subject, source == "-" ? "" : source, words_of(line)));
    } else if (what == "set") {
        std::string value;
        line >> value;
        set(scenario, subject, value);
    } else if (what == "demand") {
        scenario.request.demanded = Endpoint{subject, 3306};
    } else if (what == "pick") {
        scenario.request.pick = true;
    } else if (what == "credentials_unknown") {
        scenario.news.credentials_unknown = true;
        scenario.reads_again = true;
    } else if (what == "read_again") {
        scenario.reads_again = true;
    } else if (what == "ruled_out") {
        scenario.news.ruled_out[Endpoint{subject, 3306}] = "it failed";
        scenario.reads_again = true;
    } else if (what == "fed_in_vain") {
        std::string feeder;
        line >> feeder;
        scenario.news.fed_in_vain[Endpoint{subject, 3306}] = Endpoint{feeder, 3306};
        scenario.reads_again = true;
    } else if (what == "term") {
        std::string executed;
        line >> executed;
        for (const auto& server : scenario.cluster.servers) {
            scenario.intent.primary_terms[server->endpoint] =
                model::PrimaryTerm{server->endpoint, 3, Endpoint{subject, 3306}, executed, {}};
        }
    } else {
        ADD_FAILURE() << "unknown line: " << text;
    }
}

// A fresh reading that says the same as the snapshot; silent servers do not answer.
Positions positions_of(const model::Cluster& cluster) {
    Positions out;
    for (const auto& server : cluster.servers) {
        TruePosition& position = out[server->endpoint];
        position.answered = server->check.is_valid();
        position.silence = position.answered ? "" : "no answer in time";
        position.executed = server->facts->executed;
        position.purged = server->facts->purged;
        position.binlog_position = server->facts->binlog_position;
        if (!server->facts->channels.empty()) {
            position.channel = server->facts->channels.front();
            position.received = position.channel->received;
        }
    }
    return out;
}

std::string without_port(std::string text) { return replace_all(std::move(text), ":3306", ""); }

std::string summary(const Plan& plan) {
    std::string out;
    if (plan.refusal) {
        out += "refused: " + plan.refusal->reason + "\n";
        for (const auto& rule : plan.refusal->rules) {
            out += "  rule: " + rule + "\n";
        }
    } else {
        out +=
            "successor: " + (plan.successor ? plan.successor->text() : std::string("none")) + ": " + plan.reason + "\n";
        out += "loss: " + (plan.loss.transactions ? std::to_string(*plan.loss.transactions) : std::string("unknown")) +
               ": " + plan.loss.text + "\n";
    }
    for (const auto& candidate : plan.candidates) {
        out += std::string(candidate.eligible ? "may: " : "may not: ") + candidate.endpoint.text() + ": " +
               join(candidate.reasons, "; ") + "\n";
    }
    for (const auto& fate : plan.replicas) {
        out += "fate: " + fate.endpoint.text() + ": " + std::string(name(fate.fate)) + ": " + fate.why + "\n";
    }
    if (!plan.refusal) {
        for (const auto& step : plan.steps) {
            std::string after;
            for (const int id : step.after) {
                after += (after.empty() ? "" : ",") + std::to_string(id);
            }
            out += "step " + std::to_string(step.id) + " [" + after + "]: " + describe(step.action) +
                   (step.irreversible ? " !" : "") + "\n";
        }
    }
    return without_port(out);
}

Plan plan_of(Scenario& scenario) {
    scenario.cluster.name = ClusterName(scenario.request.subject.text());
    scenario.cluster.alias = "shop";
    scenario.request.code = "DeadMaster";
    const Policy policy(scenario.settings);
    const Basis basis{scenario.cluster, scenario.intent, policy};
    Plan plan;
    switch (scenario.request.kind) {
        case PlanKind::graceful_takeover:
            plan = plan_takeover(basis, scenario.request);
            break;
        case PlanKind::dead_primary:
        case PlanKind::dead_co_primary:
            plan = plan_failover(basis, scenario.request);
            break;
        default:
            plan = plan_repair(basis, scenario.request);
    }
    if (scenario.reads_again) {
        scenario.news.positions = positions_of(scenario.cluster);
        plan = replan(plan, basis, scenario.request, scenario.news);
    }
    return plan;
}

TEST(Planning, decides_as_the_scenario_files_say) {
    const fs::path folder = fs::path(ORC_SOURCE_DIR) / "tests/data/planning";
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".scenario") {
            continue;
        }
        SCOPED_TRACE(entry.path().filename().string());
        ++count;
        std::ifstream in(entry.path());
        std::stringstream whole;
        whole << in.rdbuf();
        const std::string text = whole.str();
        const auto bar = text.find("----\n");
        ASSERT_NE(bar, std::string::npos);
        const std::string given = text.substr(0, bar + 5);
        Scenario scenario;
        std::istringstream lines(text.substr(0, bar));
        for (std::string line; std::getline(lines, line);) {
            read_line(scenario, line);
        }
        const Plan plan = plan_of(scenario);
        const auto again = plan_from_json(to_json(plan));
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_TRUE(*again == plan);
        if (std::getenv("UPDATE_EXPECTED") != nullptr) {
            std::ofstream(entry.path()) << given << summary(plan);
        } else {
            EXPECT_EQ(summary(plan), text.substr(bar + 5));
        }
    }
    EXPECT_GT(count, 10);
}

TEST(PlanText, names_what_is_wrong_with_a_text_that_is_no_plan) {
    const auto missing = plan_from_json("{}");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::invalid);
    EXPECT_NE(missing.error().message.find("'kind' is missing"), std::string::npos) << missing.error().message;
    EXPECT_FALSE(plan_from_json("nonsense"));
    Plan plan;
    Step step;
    step.action = OpenForWrites{Endpoint{"db2", 3306}};
    plan.steps.push_back(step);
    const auto unknown = plan_from_json(replace_all(to_json(plan), "open_for_writes", "open_for_fun"));
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("open_for_fun"), std::string::npos) << unknown.error().message;
}

TEST(PlanText, tells_a_person_what_will_happen_and_why) {
    Plan plan;
    plan.subject = Endpoint{"db1", 3306};
    plan.cluster_alias = "shop";
    plan.successor = Endpoint{"db2", 3306};
    plan.reason = "it is the only replica";
    plan.loss.text = "none";
    Step step;
    step.id = 1;
    step.action = OpenForWrites{Endpoint{"db2", 3306}};
    step.irreversible = true;
    step.limit = Millis(2000);
    plan.steps.push_back(step);
    const std::string text = describe(plan);
    EXPECT_NE(text.find("1. make db2:3306 writable"), std::string::npos) << text;
    EXPECT_NE(text.find("at most 2000 ms"), std::string::npos) << text;
    EXPECT_NE(text.find("Expected new primary: db2:3306"), std::string::npos) << text;
}

}  // namespace
}  // namespace orc::planning
