// What was measured, as the classic metrics tell it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>

#include "http/legacy/legacy_names.h"
#include "http/testing/service.h"

namespace orc::http {
namespace {

using ::testing::HasSubstr;
using testing_support::Client;
using testing_support::Service;
namespace json = boost::json;

WallTime second(int n) { return WallTime{Seconds(1'700'000'000 + n)}; }

std::vector<discovery::ProbeSample> probes() {
    const auto db1 = std::make_shared<const Endpoint>("db1", 3306);
    const auto db2 = std::make_shared<const Endpoint>("db2", 3306);
    const auto refused = std::make_shared<const Error>(Error{ErrorCode::denied, "no entry", 1045});
    return {
        {db1, second(1), Millis(3), Millis(2), nullptr},
        {db1, second(2), Millis(5), Millis(4), nullptr},
        {db2, second(3), Millis(9), Millis(9), refused},
    };
}

TEST(Measures, each_probe_tells_its_times_and_its_error) {
    const auto all = probes();
    EXPECT_EQ(
        legacy::probe_samples({all[2]}),
        R"([{"Timestamp":"2023-11-14T22:13:23.000Z","Hostname":"db2","Port":3306,"BackendLatencySeconds":0,)"
        R"("InstanceLatencySeconds":0.009,"TotalLatencySeconds":0.009,"Err":{"Number":1045,"Message":"no entry"}}])"
    );
    EXPECT_THAT(legacy::probe_samples({all[0]}), HasSubstr(R"("Err":null)"));
    EXPECT_EQ(legacy::probe_samples({}), "null");
}

TEST(Measures, good_probes_and_failed_ones_are_added_up_apart) {
    const json::value sum = json::parse(legacy::probes_together(probes()));
    EXPECT_EQ(sum.at("FirstSeen"), "2023-11-14T22:13:21.000Z");
    EXPECT_EQ(sum.at("CountDistinctInstanceKeys"), 2);
    EXPECT_EQ(sum.at("CountDistinctOkInstanceKeys"), 1);
    EXPECT_EQ(sum.at("SuccessfulDiscoveries"), 2);
    EXPECT_EQ(sum.at("FailedDiscoveries"), 1);
    EXPECT_DOUBLE_EQ(sum.at("MeanTotalSeconds").to_number<double>(), 0.004);
    EXPECT_DOUBLE_EQ(sum.at("MaxInstanceSeconds").to_number<double>(), 0.004);
    EXPECT_DOUBLE_EQ(sum.at("FailedMedianTotalSeconds").to_number<double>(), 0.009);
    EXPECT_EQ(json::parse(legacy::probes_together({})).at("FirstSeen"), "0001-01-01T00:00:00Z");
}

TEST(Measures, queues_writes_and_batches_are_told_alone_and_together) {
    EXPECT_EQ(legacy::queue_samples({{3, 1}}), R"([{"Active":3,"Queued":1}])");
    EXPECT_THAT(legacy::queues_together({{3, 1}, {5, 1}}), HasSubstr(R"("ActiveMinEntries":3,"ActiveMeanEntries":4)"));
    EXPECT_EQ(
        legacy::write_samples({{second(0), Micros(7), Micros(9), nullptr}}),
        R"([{"Timestamp":"2023-11-14T22:13:20.000Z","WaitLatency":7000,"ExecuteLatency":9000,"Err":null}])"
    );
    EXPECT_THAT(
        legacy::writes_together({{second(0), Millis(7), Millis(9), nullptr}}),
        HasSubstr(R"({"Count":1,"MaxLatencySeconds":0.009,)")
    );
    EXPECT_EQ(
        legacy::batch_samples({{second(0), 4, Micros(7), Micros(9)}}),
        R"([{"Timestamp":"2023-11-14T22:13:20.000Z","Instances":4,"WaitLatency":7000,"WriteLatency":9000}])"
    );
    store::WritePace pace;
    pace.most = 20;
    pace.longest_wait_us = 250'000;
    EXPECT_THAT(
        legacy::batches_together({{second(0), 4, Micros(7), Micros(9)}}, pace),
        AllOf(
            HasSubstr(R"("InstanceWriteBufferSize":20,"InstanceFlushIntervalMilliseconds":250)"),
            HasSubstr(R"("CountInstances":4)")
        )
    );
}

TEST(Measures, come_from_what_the_service_really_does) {
    Service service;
    service.discover_all();
    Client it = service.client();
    ASSERT_EQ(it.get("/api/tag/db2/3306?tag=a").status, 200);
    EXPECT_THAT(it.get("/api/discovery-metrics-raw/60").body, HasSubstr(R"("Hostname":"db2")"));
    EXPECT_GE(
        json::parse(it.get("/api/discovery-metrics-aggregated/60").body).at("SuccessfulDiscoveries").as_int64(), 3
    );
    EXPECT_THAT(it.get("/api/discovery-queue-metrics-raw/60").body, HasSubstr(R"([{"Active":)"));
    EXPECT_THAT(it.get("/api/discovery-queue-metrics-raw/DEADINSTANCES/60").body, HasSubstr(R"([{"Active":)"));
    EXPECT_GE(json::parse(it.get("/api/backend-query-metrics-aggregated/60").body).at("Count").as_int64(), 1);
    EXPECT_GE(json::parse(it.get("/api/write-buffer-metrics-aggregated/60").body).at("CountInstances").as_int64(), 3);
}

TEST(Measures, of_no_time_and_of_unknown_queues_are_refused_by_name) {
    Service service;
    Client it = service.client();
    for (const std::string path :
         {"discovery-metrics-raw/0",
          "discovery-metrics-aggregated/-1",
          "discovery-queue-metrics-raw/x",
          "backend-query-metrics-raw/1h",
          "write-buffer-metrics-aggregated/99999999999999"}) {
        const auto answer = it.get("/api/" + path);
        EXPECT_EQ(answer.status, 500) << path;
        EXPECT_THAT(answer.body, HasSubstr("Invalid value for seconds: " + path.substr(path.find('/') + 1)));
    }
    EXPECT_THAT(it.get("/api/discovery-queue-metrics-raw/OTHER/5").body, HasSubstr("Unknown queue: OTHER"));
}

/// What /metrics says under a name.
double metric(Client& it, const std::string& name) {
    const std::string text = it.get("/metrics").body;
    const auto at = text.find("\n" + name + " ");
    EXPECT_NE(at, std::string::npos) << name;
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(Measures, tell_how_long_a_recovery_took_to_parts_of_a_second) {
    Service service;
    for (const std::string host : {"db1", "db2", "db3"}) {
        auto& facts = service.gateway.at(Endpoint{host, 3306}).facts;
        facts.gtid_mode = "ON";
        facts.log_replica_updates = true;
        facts.executed = gtid::GtidSet();
    }
    service.discover_all();
    Client it = service.client();
    it.get("/api/graceful-master-takeover/db1/db2/3306");  // these servers only read, so it soon gives up
    const std::string count = "orchestrator_recovery_duration_seconds_count";
    for (int tries = 0; tries < 10'000 && metric(it, count) < 1; ++tries) {
    }
    EXPECT_EQ(metric(it, count), 1);
    const double sum = metric(it, "orchestrator_recovery_duration_seconds_sum");
    EXPECT_GT(sum, 0);
    EXPECT_NE(sum, std::floor(sum));
}

}  // namespace
}  // namespace orc::http
