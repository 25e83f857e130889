// Commands that the running service carries out, however it is reached: TLS, mutual TLS, a unix socket, log-ins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <fstream>

#include "app/testing/program.h"
#include "store/testing.h"

namespace orc::app {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing_support::Program;
using testing_support::run;

class RemoteCommand : public ::testing::Test {
protected:
    void make_certificates() {
        shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca");
        shell("openssl req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=localhost/OU=dba");
        shell("openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out own.pem");
        shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other");
    }
    void shell(const std::string& command) {
        const std::string line = "cd " + folder_.file("") + " && " + command + " >/dev/null 2>&1";
        ASSERT_EQ(std::system(line.c_str()), 0) << command;
    }
    std::string path(const std::string& file) const { return folder_.file(file); }

    /// The configuration with further keys; each file is one of those who use the same database.
    std::string write(const std::string& name, const std::string& more) {
        const std::string file = path(name);
        std::ofstream(file) << "{\"BackendDB\": \"sqlite\", \"SQLite3DataFile\": \"" << path("orc.sqlite")
                            << "\", \"ListenAddress\": \"127.0.0.1:" << port_ << "\"" << more << "}";
        return file;
    }
    std::string tls(const std::string& pair) const {
        return ", \"UseSSL\": true, \"SSLCertFile\": \"" + path(pair + ".pem") + "\", \"SSLPrivateKeyFile\": \"" +
               path(pair + ".key") + "\"";
    }
    static std::string command(const std::string& file) {
        return run(ORC_PROGRAM, {"--config", file, "-c", "check-global-recoveries"});
    }

    store::testing::TemporaryDirectory folder_;
    std::uint16_t port_ = free_port();

private:
    /// One that was free a moment ago: the service is told by its configuration, and so is the command.
    static std::uint16_t free_port() {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
        ::close(fd);
        return ntohs(address.sin_port);
    }
};

constexpr const char* answer_of_the_service = "OK: Global recoveries disabled: false\n";

TEST_F(RemoteCommand, goes_over_tls_to_the_service_whose_certificate_is_configured) {
    make_certificates();
    const std::string file = write("orc.json", tls("own"));
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    EXPECT_EQ(command(file), answer_of_the_service);
    EXPECT_THAT(command(write("stranger.json", tls("other"))), HasSubstr("its certificate is not trusted"));
    EXPECT_EQ(
        command(write("vouched.json", tls("other") + ", \"SSLCAFile\": \"" + path("ca.pem") + "\"")),
        answer_of_the_service
    );
    EXPECT_EQ(command(write("careless.json", tls("other") + ", \"SSLSkipVerify\": true")), answer_of_the_service);
    EXPECT_THAT(
        command(write("broken.json", tls("other") + ", \"SSLCAFile\": \"" + path("none.pem") + "\"")),
        HasSubstr("none.pem")
    );
    EXPECT_THAT(command(write("plain.json", "")), HasSubstr("FATAL"));
}

TEST_F(RemoteCommand, shows_its_own_certificate_where_one_is_demanded) {
    make_certificates();
    const std::string mutual =
        ", \"UseMutualTLS\": true, \"SSLValidOUs\": [\"dba\"], \"SSLCAFile\": \"" + path("ca.pem") + "\"" + tls("own");
    const std::string file = write("orc.json", mutual);
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    EXPECT_EQ(command(file), answer_of_the_service);
    EXPECT_THAT(
        command(write("unknown.json", tls("own") + ", \"SSLCAFile\": \"" + path("ca.pem") + "\"")), HasSubstr("401")
    );
}

TEST_F(RemoteCommand, goes_over_the_unix_socket) {
    const std::string file = write("orc.json", ", \"ListenSocket\": \"" + path("orc.sock") + "\"");
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    EXPECT_EQ(command(file), answer_of_the_service);
}

TEST_F(RemoteCommand, logs_in_as_the_configuration_says) {
    const std::string user = ", \"AuthenticationMethod\": \"multi\", \"HTTPAuthUser\": \"dba\", \"HTTPAuthPassword\": ";
    const std::string file = write("orc.json", user + "\"x\", \"ChangesByGet\": false");
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    EXPECT_EQ(command(file), answer_of_the_service);
    EXPECT_THAT(command(write("wrong.json", user + "\"y\"")), HasSubstr("401"));
}

TEST_F(RemoteCommand, says_who_calls_to_a_service_behind_a_proxy) {
    const std::string user = std::string(run("/usr/bin/id", {"-un"}));
    const std::string proxy =
        ", \"AuthenticationMethod\": \"proxy\", \"PowerAuthUsers\": [\"" + user.substr(0, user.size() - 1) + "\"]";
    const std::string file = write("orc.json", proxy);
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    EXPECT_EQ(command(file), answer_of_the_service);
}

TEST_F(RemoteCommand, shows_an_access_token_from_the_environment) {
    const std::string file = write("orc.json", ", \"AuthenticationMethod\": \"token\"");
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    EXPECT_THAT(command(file), HasSubstr("Unauthorized"));
    ::setenv("ORCHESTRATOR_ACCESS_TOKEN", "no:token", 1);
    EXPECT_THAT(command(file), HasSubstr("Unauthorized"));
    ::unsetenv("ORCHESTRATOR_ACCESS_TOKEN");
}

}  // namespace
}  // namespace orc::app
