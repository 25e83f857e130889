// The stores on real servers of both flavours: what every store promises (store_conformance_test.cc,
// old_database_test.cc), and what only a server can do to one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "sandbox/sandbox.h"
#include "store/any_store_test.h"
#include "store/database_store.h"
#include "store/mysql_backend.h"

namespace orc::store {
namespace {

using sandbox::Flavor;

// One server of each flavour for the whole run; each medium is a schema of its own.
sandbox::Sandbox* server_of(Flavor flavor) {
    static std::map<Flavor, std::unique_ptr<sandbox::Sandbox>> running;
    auto& lab = running[flavor];
    if (lab == nullptr) {
        sandbox::Options options;
        options.flavor = flavor;
        options.servers = 1;
        auto started = sandbox::Sandbox::start(std::move(options));
        if (!started) {
            std::cerr << "\n*** NOT TESTED ON " << sandbox::name(flavor) << ": " << started.error().message
                      << " ***\n\n";
            return nullptr;
        }
        lab = std::move(*started);
        for (const char* sql :
             {"create user 'backend'@'%' identified by 'ba''ck'", "grant all privileges on *.* to 'backend'@'%'"}) {
            const auto done = lab->sql(1, sql);
            EXPECT_TRUE(done) << done.error().message;
        }
    }
    return lab.get();
}

MysqlBackendOptions options_for(sandbox::Sandbox& lab) {
    static int schemas = 0;
    MysqlBackendOptions out;
    out.server = lab.endpoint(1);
    out.access.user = "backend";
    out.access.password = "ba'ck";
    out.access.schema = "orc_" + std::to_string(++schemas);
    out.connect_timeout = Seconds(10);
    return out;
}

class ServerMedium final : public Medium {
public:
    explicit ServerMedium(MysqlBackendOptions options) : options_(std::move(options)) {}

    std::unique_ptr<Store> store() override {
        return make_database_store(open_mysql(options_), options_.name(), clock_);
    }
    std::unique_ptr<Backend> backend() override {
        auto opened = open_mysql(options_)();
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }

private:
    MysqlBackendOptions options_;
    runtime::SystemClock clock_;
};

std::unique_ptr<Medium> medium_on(Flavor flavor) {
    auto* lab = server_of(flavor);
    return lab == nullptr ? nullptr : std::make_unique<ServerMedium>(options_for(*lab));
}

Flavor flavor_of_this_test() {
    const std::string_view name(::testing::UnitTest::GetInstance()->current_test_info()->name());
    return name.ends_with("/mysql") ? Flavor::mysql : Flavor::mariadb;
}

std::vector<MakeMedium> media() {
    return {+[] { return medium_on(Flavor::mariadb); }, +[] { return medium_on(Flavor::mysql); }};
}
std::string flavor_of(const ::testing::TestParamInfo<MakeMedium>& chosen) {
    return std::string(sandbox::name(chosen.index == 0 ? Flavor::mariadb : Flavor::mysql));
}

// A connection that has grown too old, or is to lead elsewhere, is left between two transactions and never inside one:
// a "commit" on another connection would report as kept what is lost.
TEST_P(AnyDatabase, a_transaction_ends_on_the_connection_on_which_it_was_begun) {
    auto* lab = server_of(flavor_of_this_test());
    ASSERT_NE(lab, nullptr);
    auto options = options_for(*lab);
    options.lifetime = Micros(1);
    const auto live = std::make_shared<LiveMysqlOptions>(options);
    const auto opened = open_mysql(live)();
    ASSERT_TRUE(opened) << opened.error().message;
    Backend& backend = **opened;
    ASSERT_TRUE(backend.execute("create table kept (number int) engine=innodb"));
    for (int i = 0; i < 2; ++i) {
        auto transaction = Transaction::begin(backend);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(backend.run("insert into kept (number) values (1)"));
        live->put(options);  // a reload in the middle of it
        const auto done = transaction->commit();
        ASSERT_TRUE(done) << done.error().message;
        std::string count;
        ASSERT_TRUE(backend.query("select count(*) from kept", {}, [&](const Row& row) {
            count = std::get<std::string>(row.at(0));
        }));
        EXPECT_EQ(count, std::to_string(i + 1)) << "what was reported as committed is there";
    }
}

model::Tag tag_named(std::string name, std::string value) {
    model::Tag out;
    out.endpoint = {"db1", 3306};
    out.name = std::move(name);
    out.value = std::move(value);
    return out;
}

model::Downtime downtime_for(std::string host, std::string reason) {
    model::Downtime out;
    out.endpoint = {std::move(host), 3306};
    out.begin = WallTime(std::chrono::days(20000));
    out.end = out.begin + std::chrono::hours(1);
    out.owner = "me";
    out.reason = std::move(reason);
    return out;
}

TEST_P(AnyDatabase, what_a_table_cannot_hold_is_refused_by_the_name_of_its_column) {
    struct Case {
        std::string_view name;
        model::Change change;
        std::vector<std::string> says;
    };
    const std::string charset = "characters of at most three bytes";
    const Case cases[] = {
        {"a long name", model::PutTag{tag_named(std::string(129, 'x'), "")}, {"'tag_name'"}},
        {"an emoji", model::PutDowntime{downtime_for("db1", "disk \xF0\x9F\x92\xA5")}, {"reason", charset}},
        {"no ASCII",
         model::PutDowntime{downtime_for(
             "b\xC3\xBC"
             "cher",
             "why"
         )},
         {"hostname", charset}},
        {"no text", model::PutTag{tag_named("a", "\xFF\xFE")}, {"tag_value"}},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto done = testing::run(io_, store_->apply("id-of-it", {c.change}));
        ASSERT_FALSE(done.has_value());
        EXPECT_EQ(done.error().code, ErrorCode::invalid);
        for (const auto& word : c.says) {
            EXPECT_THAT(done.error().message, ::testing::HasSubstr(word));
        }
        EXPECT_THAT(done.error().message, ::testing::Not(::testing::HasSubstr("id-of-it")));
    }
}

INSTANTIATE_TEST_SUITE_P(On, AnyStore, ::testing::ValuesIn(media()), flavor_of);
INSTANTIATE_TEST_SUITE_P(On, AnyDatabase, ::testing::ValuesIn(media()), flavor_of);

}  // namespace
}  // namespace orc::store
