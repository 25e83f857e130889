// Every classic endpoint (tests/data/http/endpoints.tsv) is asked of a running service, and its answer compared with
// the form, the type and the field names that the table names, or it stands in not_yet.tsv with the reason.
// UPDATE_EXPECTED=1 renews docs/conformance-http.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/text.h"
#include "http/testing/service.h"

namespace orc::http {
namespace {

namespace json = boost::json;
using testing_support::Answer;
using testing_support::Client;
using testing_support::Service;
using testing_support::test_settings;

const std::string data_folder = std::string(ORC_SOURCE_DIR) + "/tests/data/http/";
const std::string page_path = std::string(ORC_SOURCE_DIR) + "/docs/conformance-http.md";

std::vector<std::vector<std::string>> table(const std::string& name, std::size_t columns) {
    std::ifstream file(data_folder + name);
    EXPECT_TRUE(file.is_open()) << name;
    std::vector<std::vector<std::string>> out;
    std::string line;
    std::getline(file, line);  // the names of the columns
    while (std::getline(file, line)) {
        std::vector<std::string> row;
        for (const auto piece : split(line, '\t')) {
            row.emplace_back(piece);
        }
        EXPECT_EQ(row.size(), columns) << line;
        row.resize(columns);
        out.push_back(std::move(row));
    }
    return out;
}

struct RouteRow {
    std::string path, alias_of, right, form, type, origin, query;
    std::string verb() const { return path.substr(0, path.find('/')); }
};

std::vector<RouteRow> endpoints() {
    std::vector<RouteRow> out;
    for (auto& row : table("endpoints.tsv", 7)) {
        out.push_back({row[0], row[1], row[2], row[3], row[4], row[5], row[6]});
    }
    return out;
}

struct NotYet {
    bool refuses = false;  ///< it is there and says no, as the classic program does without that part
    std::string reason;
};

std::map<std::string, NotYet> not_yet() {
    std::map<std::string, NotYet> out;
    for (auto& row : table("not_yet.tsv", 3)) {
        EXPECT_TRUE(row[1] == "absent" || row[1] == "refuses") << row[1];
        out[row[0]] = {row[1] == "refuses", row[2]};
    }
    return out;
}

/// What stands for each part of a path: all of it exists in the scripted service.
const std::map<std::string, std::string> samples = {
    {"host", "db2"},
    {"port", "3306"},
    {"belowHost", "db1"},
    {"belowPort", "3306"},
    {"siblingHost", "db3"},
    {"siblingPort", "3306"},
    {"designatedHost", "db2"},
    {"designatedPort", "3306"},
    {"candidateHost", "db3"},
    {"candidatePort", "3306"},
    {"clusterHint", "db1:3306"},
    {"clusterName", "db1:3306"},
    {"clusterAlias", "shop"},
    {"pool", "web"},
    {"tagName", "role"},
    {"tagValue", "backup"},
    {"owner", "me"},
    {"reason", "why"},
    {"duration", "1h"},
    {"promotionRule", "prefer"},
    {"page", "0"},
    {"id", "1"},
    {"uid", "u:1"},
    {"errorStatusCode", "503"},
    {"searchString", "db"},
    {"maintenanceKey", "1"},
    {"virtualname", "vip"},
    {"seconds", "60"},
    {"queue", "DEFAULT"},
    {"recoveryId", "1"},
    {"logFile", "binlog.1"},
    {"logPos", "4"},
};

/// Verbs that have nothing to say about a replica.
const std::set<std::string> of_primaries = {"instance-replicas", "replication-analysis"};

std::string sample_path(const RouteRow& endpoint) {
    std::string out = "/api";
    const bool is_of_primary = of_primaries.contains(endpoint.verb());
    for (const auto piece : split(endpoint.path, '/')) {
        if (piece == ":host" && is_of_primary) {
            out += "/db1";
            continue;
        }
        const auto found = piece.starts_with(':') ? samples.find(std::string(piece.substr(1))) : samples.end();
        out += "/" + (piece.starts_with(':') ? (found == samples.end() ? "x" : found->second) : std::string(piece));
    }
    return endpoint.query.empty() ? out : out + "?" + endpoint.query;
}

std::vector<std::string> fields_of_type(const std::string& type) {
    std::ifstream file(data_folder + (type == "FailureDetection" ? "TopologyRecovery" : type) + ".fields");
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) {
        out.push_back(line);
    }
    return out;
}

/// "" when `value` is one, else what is wrong. Fields of ours may follow the classic ones.
std::string mismatch(const json::value& value, std::string type) {
    if (type.ends_with(" or null")) {
        if (value.is_null()) {
            return "";
        }
        type.resize(type.size() - 8);
    }
    if (type.starts_with('[')) {
        if (!value.is_array()) {
            return "is no list";
        }
        for (const auto& item : value.get_array()) {
            if (const auto wrong = mismatch(item, type.substr(1, type.size() - 2)); !wrong.empty()) {
                return "item " + wrong;
            }
        }
        return "";
    }
    if (type == "string" || type == "integer" || type == "null" || type == "object" || type == "boolean") {
        const bool fits = type == "string"    ? value.is_string()
                          : type == "integer" ? value.is_number()
                          : type == "null"    ? value.is_null()
                          : type == "object"  ? value.is_object()
                                              : value.is_bool();
        return fits ? "" : "is no " + type;
    }
    if (!value.is_object()) {
        return "is no object";
    }
    if (type == "PoolInstances") {
        for (const auto& pool : value.get_object()) {
            if (const auto wrong = mismatch(pool.value(), "[InstanceKey]"); !wrong.empty()) {
                return wrong;
            }
        }
        return "";
    }
    const auto wanted = fields_of_type(type);
    std::vector<std::string> found;
    for (const auto& member : value.get_object()) {
        found.emplace_back(member.key());
    }
    if (wanted.empty() || found.size() < wanted.size()) {
        return "has too few fields for " + type;
    }
    found.resize(wanted.size());
    return found == wanted ? "" : "has other fields than " + type + ": " + join(found, ",");
}

/// Verbs that a healthy scripted cluster cannot but refuse: there is nothing to recover, nothing errant, no
/// configuration file.
const std::set<std::string> refused_here = {
    "recover",
    "recover-lite",
    "graceful-master-takeover",
    "graceful-master-takeover-auto",
    "locate-gtid-errant",
    "reload-cluster-alias",
    "reload-configuration",
};

/// Lists that are empty in a scripted cluster that is well; the tests named here fill them.
const std::map<std::string, std::string> empty_here = {
    {"blocked-recoveries", "LegacyNames; taken off the list as soon as the server is well"},
    {"active-cluster-recovery", "LegacyNames"},
};

/// An empty list proves nothing about what is in it.
void expect_something(const RouteRow& endpoint, const json::value& value) {
    if (!endpoint.type.starts_with('[') && endpoint.type != "PoolInstances") {
        return;
    }
    const bool is_something =
        (value.is_array() && !value.get_array().empty()) || (value.is_object() && !value.get_object().empty());
    EXPECT_TRUE(is_something || empty_here.contains(endpoint.verb())) << "an empty answer proves nothing";
}

void expect_form(const RouteRow& endpoint, const Answer& answer) {
    boost::system::error_code error;
    const json::value body = json::parse(answer.body, error);
    ASSERT_FALSE(error) << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/json; charset=UTF-8");
    if (refused_here.contains(endpoint.verb())) {
        EXPECT_EQ(answer.status, 500) << answer.body;
        EXPECT_EQ(body.at("Code"), "ERROR");
        return;
    }
    ASSERT_EQ(answer.status, 200) << answer.body;
    if (endpoint.form == "bare") {
        EXPECT_EQ(mismatch(body, endpoint.type), "") << answer.body;
        expect_something(endpoint, body);
        return;
    }
    ASSERT_EQ(endpoint.form, "envelope");
    ASSERT_TRUE(body.is_object() && body.get_object().size() == 3) << answer.body;
    EXPECT_EQ(body.at("Code"), "OK");
    EXPECT_TRUE(body.at("Message").is_string());
    EXPECT_EQ(mismatch(body.at("Details"), endpoint.type), "") << answer.body;
    expect_something(endpoint, body.at("Details"));
}

/// What happened before: a recovery that has just ended, with its step and its detection, and a changed verdict.
void write_history(Service& service) {
    const WallTime now = service.clock.wall();
    model::RecoveryRecord recovery;
    recovery.uid = RecoveryUid("u:1");
    recovery.failed = {"db1", 3306};
    recovery.code = "DeadMaster";
    recovery.cluster = ClusterName("db1:3306");
    recovery.cluster_alias = "shop";
    recovery.start = recovery.ended.emplace(now);
    recovery.active_period_end = now;
    recovery.successor = {"db2", 3306};
    model::Detection detection;
    detection.id = 1;
    detection.endpoint = recovery.failed;
    detection.code = recovery.code;
    detection.cluster = recovery.cluster;
    detection.cluster_alias = recovery.cluster_alias;
    detection.start = now;
    std::vector<model::Change> changes;
    changes.push_back(model::PutRecovery{recovery});
    changes.push_back(model::AppendRecoveryStep{{recovery.uid, now, "a step"}});
    changes.push_back(model::PutDetection{detection});
    const auto done = service.control.run(service.use_cases.commit(std::move(changes)));
    ASSERT_TRUE(done.has_value()) << done.error().message;
    service.store->note(store::AnalysisChange{recovery.failed, "DeadMaster", now});
}

/// Things for the samples to find. Whatever a row took away is there again for the next one.
void prepare(Service& service, Client& client) {
    if (service.use_cases.topology()->members->size() < 3) {
        client.get("/api/discover/db2/3306");  // a forgotten one comes back when a person says so
        client.get("/api/discover/db3/3306");
        service.discover_all();
    }
    for (const std::string path : {
             "/api/set-cluster-alias/db1:3306?alias=shop",
             "/api/tag/db2/3306?tag=role%3Dbackup",
             "/api/submit-pool-instances/web?instances=db1%2Cdb2",
             "/api/end-maintenance/db2/3306",
             "/api/end-maintenance/db3/3306",
             "/api/begin-maintenance/db3/3306/me/disk",
             "/api/begin-downtime/db3/3306/me/disk",
             "/api/end-downtime/db2/3306",
             "/api/register-candidate/db3/3306/prefer",
         }) {
        const auto answer = client.get(path);
        ASSERT_EQ(answer.status, 200) << path << ": " << answer.body;
    }
    EXPECT_NE(service.use_cases.topology()->cluster_named("shop"), nullptr);
}

TEST(Conformance, every_classic_endpoint_answers_in_its_form_or_says_why_it_does_not) {
    Service service;
    for (const std::string host : {"db1", "db2", "db3"}) {
        auto& facts = service.gateway.at(orc::Endpoint{host, 3306}).facts;
        facts.gtid_mode = "ON";
        facts.executed = gtid::GtidSet();
    }
    service.gateway.at(orc::Endpoint{"db2", 3306}).facts.channels.front().lag = Seconds(5000);  // a problem
    write_history(service);
    Client client = service.client();
    const auto later = not_yet();
    std::set<std::string> verbs;
    for (const RouteRow& endpoint : endpoints()) {
        const std::string path = sample_path(endpoint);
        SCOPED_TRACE(endpoint.path + " as " + path);
        verbs.insert(endpoint.verb());
        const auto found = later.find(endpoint.verb());
        if (found != later.end()) {
            const auto answer = client.get(path);
            EXPECT_EQ(answer.status, found->second.refuses ? 500 : 404)
                << "is it here? Then not_yet.tsv is out of date";
            continue;
        }
        prepare(service, client);
        expect_form(endpoint, client.get(path));
    }
    for (const auto& [verb, reason] : later) {
        EXPECT_TRUE(verbs.contains(verb)) << "not_yet.tsv names no classic verb: " << verb;
    }
}

TEST(Conformance, only_those_who_may_act_change_anything) {
    auto settings = test_settings();
    settings.read_only = true;
    Service service(settings);
    Client client = service.client();
    const auto later = not_yet();
    for (const RouteRow& endpoint : endpoints()) {
        const auto found = later.find(endpoint.verb());
        if (found != later.end() && !found->second.refuses) {
            continue;
        }
        SCOPED_TRACE(endpoint.path);
        const auto answer = client.get(sample_path(endpoint));
        const bool is_refused = answer.body == R"({"Code":"ERROR","Message":"Unauthorized","Details":null})";
        EXPECT_EQ(is_refused, endpoint.right == "action") << answer.body;
    }
}

std::string page_text() {
    std::ostringstream out;
    out << R"(# The classic HTTP endpoints: what is here

This page is generated from the tables that the test reads (`tests/data/http/endpoints.tsv`, `not_yet.tsv`); renew it with
`UPDATE_EXPECTED=1 build/check/bin/http_test --gtest_filter='Conformance.*'`.

For each row with *yes*, `Conformance.*` asks a running service for the path and compares status, form (envelope or bare), type and the
names of all fields, in order, with the classic ones; and it checks who may ask. What the verbs do is checked by the other tests of
`src/http` and `src/api`. Paths are below `/api/`, but those of agents, which had a listener of their own.

Rights differ from the classic program on purpose: what changes something needs the right to act (`tag`, `untag`, `untag-all`,
`snapshot-topologies`), and what only reads does not (`bulk-...`, the pools).

| path | right | form | type | origin | here |
| --- | --- | --- | --- | --- | --- |
)";
    const auto later = not_yet();
    std::size_t here = 0;
    std::size_t all = 0;
    for (const RouteRow& endpoint : endpoints()) {
        const auto found = later.find(endpoint.verb());
        const std::string state = found == later.end()    ? "yes"
                                  : found->second.refuses ? "refuses: " + found->second.reason
                                                          : "no: " + found->second.reason;
        const std::string type = endpoint.type;
        out << "| `" << endpoint.path << "` | " << endpoint.right << " | " << endpoint.form << " | " << type << " | "
            << endpoint.origin << " | " << state << " |\n";
        ++all;
        here += found == later.end() ? 1 : 0;
    }
    out << "\n" << here << " of " << all << " rows are here.\n";
    return out.str();
}

TEST(Conformance, the_page_shows_the_tables) {
    const std::string wanted = page_text();
    if (std::getenv("UPDATE_EXPECTED") != nullptr) {
        std::ofstream(page_path) << wanted;
        return;
    }
    std::ifstream file(page_path);
    std::ostringstream found;
    found << file.rdbuf();
    EXPECT_EQ(found.str(), wanted) << "run this test with UPDATE_EXPECTED=1 and commit the difference";
}

}  // namespace
}  // namespace orc::http
