#include "api/topology_text.h"

#include <gtest/gtest.h>

namespace orc::api {
namespace {

const Instant now{Seconds(1000)};

/// A server that is read and well; replicates from `source` if that is given.
model::Server server(const std::string& endpoint, const std::string& source = "") {
    model::Server out;
    out.endpoint = Endpoint::parse(endpoint, 3306).value();
    auto facts = std::make_shared<model::Facts>();
    facts->version = model::Version::parse("8.0.36", "");
    facts->log_bin = true;
    facts->log_replica_updates = true;
    facts->binlog_format = "ROW";
    facts->gtid_mode = "ON";
    if (!source.empty()) {
        facts->read_only = true;
        model::Channel channel;
        channel.source = Endpoint::parse(source, 3306).value();
        channel.receiver = model::ThreadState::running;
        channel.applier = model::ThreadState::running;
        channel.lag = Seconds(0);
        facts->channels.push_back(channel);
    }
    out.facts = facts;
    out.check.seen = out.check.completed = out.check.attempted = now - Seconds(1);
    return out;
}

model::Facts& facts_of(model::Server& it) { return const_cast<model::Facts&>(*it.facts); }

model::Cluster cluster_of(std::vector<model::Server> servers) {
    model::Cluster out;
    out.name = ClusterName(servers.front().endpoint.text());
    for (auto& it : servers) {
        out.servers.push_back(std::make_shared<model::Server>(std::move(it)));
    }
    return out;
}

/// db1 <- db2 <- db3, whose receiver is stopped and which has an alias and an errant transaction.
model::Cluster sample() {
    model::Server third = server("db3-long.example:13306", "db2.example");
    facts_of(third).channels[0].receiver = model::ThreadState::stopped;
    facts_of(third).channels[0].lag.reset();
    facts_of(third).instance_alias = "third";
    third.errant = gtid::GtidSet::parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1").value();
    return cluster_of({server("db1.example"), server("db2.example", "db1.example"), third});
}

TEST(TopologyText, draws_the_tree_with_brackets_aligned) {
    EXPECT_EQ(
        topology_text(sample(), TreeForm::plain, {}, now),
        "db1.example:3306                   [0s,ok,8.0.36,rw,ROW,>>,GTID]\n"
        "+ db2.example:3306                 [0s,ok,8.0.36,ro,ROW,>>,GTID]\n"
        "  - db3-long.example:13306 (third) [null,nonreplicating,8.0.36,ro,ROW,>>,GTID:errant]"
    );
}

TEST(TopologyText, draws_columns_padded_to_the_end) {
    EXPECT_EQ(
        topology_text(sample(), TreeForm::tabulated, {}, now),
        "db1.example:3306                  |  0s|ok            |8.0.36|rw|ROW|>>,GTID       \n"
        "+ db2.example:3306                |  0s|ok            |8.0.36|ro|ROW|>>,GTID       \n"
        "  - db3-long.example:13306 (third)|null|nonreplicating|8.0.36|ro|ROW|>>,GTID:errant"
    );
}

TEST(TopologyText, puts_tags_behind_each_server) {
    const TagTexts tags = {{Endpoint{"db2.example", 3306}, {"old", "role=backup"}}};
    EXPECT_EQ(
        topology_text(sample(), TreeForm::tags, {}, now, tags),
        "db1.example:3306                   [0s,ok,8.0.36,rw,ROW,>>,GTID] []\n"
        "+ db2.example:3306                 [0s,ok,8.0.36,ro,ROW,>>,GTID] [old,role=backup]\n"
        "  - db3-long.example:13306 (third) [null,nonreplicating,8.0.36,ro,ROW,>>,GTID:errant] []"
    );
}

TEST(TopologyText, draws_two_primaries_side_by_side) {
    model::Server one = server("db1", "db2");
    model::Server two = server("db2", "db1");
    one.is_co_primary = two.is_co_primary = true;
    const auto text = topology_text(cluster_of({one, two, server("db3", "db1")}), TreeForm::plain, {}, now);
    EXPECT_EQ(
        text,
        "+ db1:3306   [0s,ok,8.0.36,ro,ROW,>>,GTID]\n"
        "  + db3:3306 [0s,ok,8.0.36,ro,ROW,>>,GTID]\n"
        "+ db2:3306   [0s,ok,8.0.36,ro,ROW,>>,GTID]"
    );
}

TEST(TopologyText, loses_nobody_when_there_are_several_roots) {
    const auto text = topology_text(cluster_of({server("db1"), server("db2")}), TreeForm::plain, {}, now);
    EXPECT_EQ(text, "db1:3306 [0s,ok,8.0.36,rw,ROW,>>,GTID]\ndb2:3306 [0s,ok,8.0.36,rw,ROW,>>,GTID]");
}

TEST(InstanceDescription, says_how_the_server_is) {
    struct Case {
        std::string_view name;
        void (*change)(model::Server&);
        std::string_view text;
    };
    const Case cases[] = {
        {"well", [](model::Server&) {}, "[0s,ok,8.0.36,ro,ROW,>>,GTID]"},
        {"gone", [](model::Server& s) { s.check.failures = 1; }, "[unknown,invalid,8.0.36,ro,ROW,>>,GTID]"},
        {"not looked at for long",
         [](model::Server& s) { s.check.completed = now - Seconds(26); },
         "[unknown,unchecked,8.0.36,ro,ROW,>>,GTID]"},
        {"behind",
         [](model::Server& s) { facts_of(s).channels[0].lag = Seconds(21); },
         "[21s,lag,8.0.36,ro,ROW,>>,GTID]"},
        {"delayed on purpose",
         [](model::Server& s) { facts_of(s).channels[0].lag = facts_of(s).channels[0].delay = Seconds(3600); },
         "[3600s,ok,8.0.36,ro,ROW,>>,GTID]"},
        {"without logs", [](model::Server& s) { facts_of(s).log_bin = false; }, "[0s,ok,8.0.36,ro,nobinlog,GTID]"},
        {"never read",
         [](model::Server& s) {
             s.facts = nullptr;
             s.check = {};
         },
         "[unknown,invalid,rw,nobinlog]"},
        {"semi-sync and downtime",
         [](model::Server& s) {
             facts_of(s).semi_sync.replica_active = true;
             s.downtime.emplace();
         },
         "[0s,ok,8.0.36,ro,ROW,>>,GTID,semi:replica,downtimed]"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        model::Server it = server("db2", "db1");
        c.change(it);
        EXPECT_EQ(instance_description(it, {}, now), c.text);
    }
}

}  // namespace
}  // namespace orc::api
