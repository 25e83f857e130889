#include "config/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace orc::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A directory of its own that goes away with the test.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "orc-config-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    std::string path(const std::string& file) const { return path_ + "/" + file; }
    std::string write(const std::string& file, const std::string& text) const {
        std::ofstream(path(file), std::ios::binary) << text;
        return path(file);
    }

private:
    std::string path_;
};

TEST(Files, are_looked_for_in_the_classic_places_unless_one_is_given) {
    EXPECT_THAT(
        search_order({}),
        ElementsAre("/etc/orchestrator.conf.json", "conf/orchestrator.conf.json", "orchestrator.conf.json")
    );
    EXPECT_THAT(search_order("my.json"), ElementsAre("my.json"));
}

TEST(Files, given_by_name_must_be_readable) {
    const Folder folder;
    const auto missing = load_files(folder.path("none.json"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_EQ(missing.error().message, folder.path("none.json") + ": No such file or directory");
    const auto directory = load_files(folder.path(""));
    ASSERT_FALSE(directory);
    EXPECT_EQ(directory.error().message, folder.path("") + ": Is a directory");
}

TEST(Files, are_loaded_with_the_extra_one_last) {
    const Folder folder;
    const auto first = folder.write("a.json", R"({"InstancePollSeconds": 7, "WebMessage": "a"})");
    const auto extra = folder.write("b.json", R"({"WebMessage": "b"})");
    const auto loaded = load_files(first, extra);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.instance_poll_seconds, 7);
    EXPECT_EQ(loaded->settings.web_message, "b");
    EXPECT_EQ(loaded->origin.at("WebMessage"), extra);
    const auto missing = load_files(first, folder.path("none.json"));
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("none.json: No such file"));
}

TEST(Files, of_credentials_and_variables_are_the_process_s_own) {
    const Folder folder;
    const auto credentials = folder.write("my.cnf", "[client]\nuser=u\npassword=${ORC_CONFIG_FILES_TEST}\n");
    setenv("ORC_CONFIG_FILES_TEST", "sesame", 1);
    const auto file = folder.write("a.json", R"({"MySQLTopologyCredentialsConfigFile": ")" + credentials + R"("})");
    const auto loaded = load_files(file);
    unsetenv("ORC_CONFIG_FILES_TEST");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.mysql_topology_user, "u");
    EXPECT_EQ(loaded->settings.mysql_topology_password, "sesame");
}

TEST(Files, beyond_reason_are_refused) {
    const Folder folder;
    const auto path = folder.write("big.json", std::string((16 << 20) + 1, ' '));
    const auto text = read_file(path);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().message, path + ": larger than 16 MiB");
}

TEST(Files, are_read_whole) {
    const Folder folder;
    const std::string content(40000, 'x');
    EXPECT_EQ(read_file(folder.write("x", content)), content);
    EXPECT_EQ(read_file(folder.write("empty", "")), "");
}

}  // namespace
}  // namespace orc::config
