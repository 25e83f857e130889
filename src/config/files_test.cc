#include "config/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

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

    const std::string& path() const { return path_; }
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
    const auto missing = Files(folder.path("none.json")).load();
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_EQ(missing.error().message, folder.path("none.json") + ": No such file or directory");
    const auto directory = Files(folder.path("")).load();
    ASSERT_FALSE(directory);
    EXPECT_EQ(directory.error().message, folder.path("") + ": Is a directory");
}

TEST(Files, are_loaded_with_the_extra_one_last) {
    const Folder folder;
    const auto first = folder.write("a.json", R"({"InstancePollSeconds": 7, "WebMessage": "a"})");
    const auto extra = folder.write("b.json", R"({"WebMessage": "b"})");
    Files files(first);
    ASSERT_TRUE(files.load());
    const auto loaded = files.reload(extra);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.instance_poll_seconds, 7);
    EXPECT_EQ(loaded->settings.web_message, "b");
    EXPECT_EQ(loaded->origin.at("WebMessage"), extra);
    const auto missing = files.reload(folder.path("none.json"));
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("none.json: No such file"));
}

/// Files without --config, looked for in a directory of their own.
class FilesInPlaces : public testing::Test {
protected:
    FilesInPlaces() {
        std::filesystem::current_path(folder_.path());
        std::filesystem::create_directory("conf");
    }
    ~FilesInPlaces() override { std::filesystem::current_path(before_); }

    std::string why(const Result<Loaded>& loaded) { return loaded ? "" : loaded.error().message; }

    const std::filesystem::path before_ = std::filesystem::current_path();
    const Folder folder_;
    Files files_{std::nullopt};
};

TEST_F(FilesInPlaces, are_read_where_they_are_and_skipped_where_they_are_not) {
    ASSERT_EQ(why(files_.load()), "") << "no file at all means the defaults";
    folder_.write("orchestrator.conf.json", R"({"WebMessage": "here"})");
    auto loaded = files_.load();
    ASSERT_EQ(why(loaded), "");
    EXPECT_EQ(loaded->settings.web_message, "here");
    EXPECT_TRUE(loaded->notes.empty());
    folder_.write("conf/orchestrator.conf.json", R"({"WebMessage": "there", "InstancePollSeconds": 7})");
    loaded = files_.reload({});
    ASSERT_EQ(why(loaded), "");
    EXPECT_EQ(loaded->settings.web_message, "here");
    EXPECT_EQ(loaded->settings.instance_poll_seconds, 7) << "a file that has come is read";
}

TEST_F(FilesInPlaces, that_are_there_must_be_readable) {
    std::filesystem::create_directory("orchestrator.conf.json");
    EXPECT_EQ(
        why(files_.load()),
        "orchestrator.conf.json: Is a directory; to do without this file, name the one to read with --config"
    );
}

TEST_F(FilesInPlaces, that_were_read_before_must_still_be_there) {
    folder_.write("conf/orchestrator.conf.json", R"({"WebMessage": "there"})");
    folder_.write("orchestrator.conf.json", R"({"InstancePollSeconds": 7})");
    ASSERT_EQ(why(files_.load()), "");
    const std::string extra = folder_.write("extra.json", R"({"WebMessage": "extra"})");
    ASSERT_EQ(why(files_.reload(extra)), "");
    std::filesystem::remove(extra);
    ASSERT_EQ(why(files_.reload({})), "") << "the extra file was read for that one time";

    std::filesystem::rename("conf/orchestrator.conf.json", "conf/away");
    const std::string gone =
        "conf/orchestrator.conf.json: No such file or directory; it was read before and its keys would fall back to "
        "their defaults: put it back, or restart to do without it";
    EXPECT_EQ(why(files_.reload({})), gone);
    EXPECT_EQ(why(files_.reload({})), gone) << "it is not forgotten";
    std::filesystem::rename("conf/away", "conf/orchestrator.conf.json");
    const auto loaded = files_.reload({});
    ASSERT_EQ(why(loaded), "");
    EXPECT_EQ(loaded->settings.web_message, "there");

    std::filesystem::remove("orchestrator.conf.json");
    std::filesystem::create_directory("orchestrator.conf.json");
    EXPECT_THAT(why(files_.reload({})), HasSubstr("orchestrator.conf.json: is not a regular file; it was read before"));
}

TEST(Files, read_again_are_regular_ones) {
    const Folder folder;
    const auto file = folder.write("a.json", "{}");
    const auto pipe = folder.path("pipe");
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    Files files(file);
    ASSERT_TRUE(files.load());
    // It would wait for ever: nobody writes into it.
    EXPECT_EQ(files.reload(pipe).error().message, pipe + ": is not a regular file");
    EXPECT_EQ(files.reload("/dev/zero").error().message, "/dev/zero: is not a regular file");
    folder.write("a.json", R"({"MySQLTopologyCredentialsConfigFile": ")" + pipe + R"("})");
    EXPECT_THAT(files.reload({}).error().message, HasSubstr(pipe + ": is not a regular file"));
}

TEST(Files, may_be_a_pipe_at_the_start) {
    const Folder folder;
    const auto pipe = folder.path("pipe");
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] { std::ofstream(pipe) << R"({"WebMessage": "piped"})"; });
    const auto loaded = Files(pipe).load();
    writer.join();
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.web_message, "piped");
}

TEST(Files, of_credentials_and_variables_are_the_process_s_own) {
    const Folder folder;
    const auto credentials = folder.write("my.cnf", "[client]\nuser=u\npassword=${ORC_CONFIG_FILES_TEST}\n");
    setenv("ORC_CONFIG_FILES_TEST", "sesame", 1);
    const auto file = folder.write("a.json", R"({"MySQLTopologyCredentialsConfigFile": ")" + credentials + R"("})");
    const auto loaded = Files(file).load();
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
