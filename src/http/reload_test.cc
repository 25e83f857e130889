// The configuration read again while the service runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "http/testing/service.h"

namespace orc::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::Service;
using testing_support::test_settings;

/// What the "files" hold, and what was asked for.
struct Files {
    config::Settings settings = test_settings();
    std::optional<Error> error;
    std::optional<std::string> extra;
};

Task<config::Loaded> load(std::shared_ptr<Files> files, std::optional<std::string> extra) {
    files->extra = std::move(extra);
    if (files->error) {
        co_return tl::unexpected<Error>(*files->error);
    }
    config::Loaded out;
    out.settings = files->settings;
    co_return out;
}

void connect(Service& service, const std::shared_ptr<Files>& files) {
    api::Reloading reloading;
    reloading.load = [files](std::optional<std::string> extra) { return load(files, std::move(extra)); };
    reloading.adopt = [&service](const config::Settings& fresh) {
        service.discovery.adopt(fresh);
        service.recovery.adopt(fresh);
    };
    service.use_cases.set_reloading(std::move(reloading));
}

TEST(Reload, puts_live_keys_in_force_and_names_those_that_wait) {
    Service service;
    const auto files = std::make_shared<Files>();
    connect(service, files);
    files->settings.web_message = "new";
    files->settings.listen_address = ":1";
    auto client = service.client();
    const auto answer = client.get("/api/reload-configuration?config=%2Fetc%2Fextra.json");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr(R"("Code":"OK","Message":"Config reloaded; changed: WebMessage; needs a)"));
    EXPECT_THAT(answer.body, HasSubstr(R"(restart: ListenAddress","Details":"/etc/extra.json")"));
    EXPECT_EQ(files->extra, "/etc/extra.json");
    EXPECT_EQ(service.use_cases.settings()->web_message, "new");
    EXPECT_EQ(service.use_cases.settings()->listen_address, "127.0.0.1:0");
    EXPECT_THAT(client.get("/api/audit").body, HasSubstr("\"Message\":\"Triggered via API\""));
}

TEST(Reload, of_a_bad_file_keeps_what_runs_and_says_why) {
    Service service;
    const auto files = std::make_shared<Files>();
    connect(service, files);
    files->error = Error{ErrorCode::invalid, "a.json: InstancePollSeconds: \"x\" is not allowed", 0};
    const auto before = service.use_cases.settings();
    auto client = service.client();
    const auto answer = client.get("/api/reload-configuration");
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("the running configuration stays: a.json: InstancePollSeconds"));
    EXPECT_EQ(service.use_cases.settings(), before);
    EXPECT_THAT(client.get("/api/audit").body, HasSubstr("reload-configuration"));
}

TEST(Reload, makes_a_node_read_only_at_once_and_is_then_refused_itself) {
    Service service;
    const auto files = std::make_shared<Files>();
    connect(service, files);
    files->settings.read_only = true;
    auto client = service.client();
    EXPECT_EQ(client.get("/api/reload-configuration").status, 200);
    EXPECT_THAT(client.get("/api/disable-global-recoveries").body, HasSubstr("Unauthorized"));
    EXPECT_THAT(client.get("/api/reload-configuration").body, HasSubstr("Unauthorized"));
}

TEST(Reload, names_the_cluster_anew_when_its_alias_changed) {
    Service service;
    const auto files = std::make_shared<Files>();
    connect(service, files);
    service.discover_all();
    files->settings.cluster_name_to_alias = {{"db1", "shop"}};
    auto client = service.client();
    EXPECT_EQ(client.get("/api/reload-configuration").status, 200);
    std::string body;
    for (int tries = 0; tries < 10'000 && body.find("shop") == body.npos; ++tries) {
        body = client.get("/api/clusters-info").body;
    }
    EXPECT_THAT(body, HasSubstr("\"ClusterAlias\":\"shop\""));
}

TEST(Reload, beside_readers_gives_each_a_whole_snapshot) {
    Service service;
    const auto files = std::make_shared<Files>();
    connect(service, files);
    std::atomic<bool> is_over = false;
    std::atomic<int> torn = 0;
    std::thread reader([&] {
        while (!is_over) {
            const auto seen = service.use_cases.settings();
            torn += seen->web_message == seen->remove_text_from_hostname_display ? 0 : 1;
        }
    });
    auto client = service.client();
    for (int i = 0; i < 50; ++i) {
        const std::string text(static_cast<std::size_t>(1 + i % 40), 'x');
        files->settings.web_message = files->settings.remove_text_from_hostname_display = text;
        EXPECT_EQ(client.get("/api/reload-configuration").status, 200);
    }
    is_over = true;
    reader.join();
    EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace orc::http
