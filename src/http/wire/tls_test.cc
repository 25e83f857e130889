// TLS towards clients: certificates made by openssl on the spot, a real client, real handshakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>

#include "http/testing/service.h"

namespace orc::http {
namespace {

namespace ssl = asio::ssl;
using testing::HasSubstr;
using testing_support::Service;
using testing_support::test_settings;

/// A folder with an authority, a server's pair, and clients' pairs; gone at the end.
class Certificates {
public:
    Certificates() {
        char pattern[] = "/tmp/orc-http-tls-XXXXXX";
        folder_ = mkdtemp(pattern);
        run("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca");
        sign("server", "/CN=localhost");
        sign("dba", "/CN=alice/OU=staff/OU=dba");
        sign("guest", "/CN=bob/OU=guests");
        run("openssl req -x509 -newkey rsa:2048 -nodes -keyout forged.key -out forged.pem -days 2 -subj /CN=x/OU=dba");
        run("openssl rsa -aes256 -passout pass:sesame -in server.key -out locked.key");
    }
    ~Certificates() { std::filesystem::remove_all(folder_); }
    std::string path(const std::string& file) const { return folder_ + "/" + file; }

private:
    void run(const std::string& command) {
        const std::string line = "cd " + folder_ + " && " + command + " >/dev/null 2>&1";
        ASSERT_EQ(std::system(line.c_str()), 0) << command;
    }
    void sign(const std::string& name, const std::string& subject) {
        run("openssl req -newkey rsa:2048 -nodes -keyout " + name + ".key -out " + name + ".csr -subj " + subject);
        run("openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out " + name +
            ".pem");
    }
    std::string folder_;
};

const Certificates& certificates() {
    static const Certificates all;
    return all;
}

struct ClientOptions {
    std::string pair;     ///< name of a certificate and its key; "": none is shown
    int version_max = 0;  ///< TLS1_1_VERSION and so on; 0: any
};

/// The whole answer, or "" when there is none.
std::string ask(std::uint16_t port, const std::string& target, const ClientOptions& options) {
    asio::io_context io;
    ssl::context context(ssl::context::tls_client);
    context.load_verify_file(certificates().path("ca.pem"));
    context.set_verify_mode(ssl::verify_peer);
    if (!options.pair.empty()) {
        context.use_certificate_chain_file(certificates().path(options.pair + ".pem"));
        context.use_private_key_file(certificates().path(options.pair + ".key"), ssl::context::pem);
    }
    ssl::stream<asio::ip::tcp::socket> stream(io, context);
    if (options.version_max != 0) {
        SSL_set_min_proto_version(stream.native_handle(), TLS1_VERSION);
        SSL_set_max_proto_version(stream.native_handle(), options.version_max);
        SSL_set_security_level(stream.native_handle(), 0);
    }
    boost::system::error_code error;
    stream.lowest_layer().connect({asio::ip::address_v4::loopback(), port}, error);
    stream.handshake(ssl::stream_base::client, error);
    if (error) {
        return "";
    }
    const std::string request = "GET " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    asio::write(stream, asio::buffer(request), error);
    std::string out;
    char piece[4096];
    while (!error) {
        const auto count = stream.read_some(asio::buffer(piece), error);
        out.append(piece, count);
    }
    return out;
}

config::Settings tls_settings() {
    auto out = test_settings();
    out.use_ssl = true;
    out.ssl_cert_file = certificates().path("server.pem");
    out.ssl_private_key_file = certificates().path("server.key");
    return out;
}

TEST(Tls, serves_present_versions_only) {
    Service service(tls_settings());
    const auto port = service.server->port();
    EXPECT_THAT(ask(port, "/api/lb-check", {}), HasSubstr("\"OK\""));
    EXPECT_THAT(ask(port, "/api/lb-check", {"", TLS1_2_VERSION}), HasSubstr("\"OK\""));
    EXPECT_EQ(ask(port, "/api/lb-check", {"", TLS1_1_VERSION}), "");
    // One who does not know that this is TLS is sent away, and the next is served.
    auto plain = service.client();
    plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(ask(port, "/api/lb-check", {}), HasSubstr("\"OK\""));
}

TEST(MutualTls, demands_a_certificate_with_an_accepted_unit) {
    auto settings = tls_settings();
    settings.use_mutual_tls = true;
    settings.ssl_ca_file = certificates().path("ca.pem");
    settings.ssl_valid_ous = {"dba", "ops"};
    Service service(settings);
    struct Case {
        std::string name;
        std::string target;
        std::string pair;
        std::string answer;  ///< begins so; "": no answer
    };
    const Case cases[] = {
        {"an accepted unit among others", "/api/clusters", "dba", "HTTP/1.1 200"},
        {"another unit", "/api/clusters", "guest", "HTTP/1.1 401"},
        {"no certificate", "/api/clusters", "", "HTTP/1.1 401"},
        {"a certificate of nobody's authority", "/api/clusters", "forged", ""},
        {"the status check needs none", "/api/status", "", "HTTP/1.1 200"},
        {"nor with a slash", "/api/status/", "", "HTTP/1.1 200"},
        {"its name in a query opens nothing", "/api/clusters?x=/api/status", "", "HTTP/1.1 401"},
        {"nor in an encoded path", "/api/clusters/%2Fapi%2Fstatus", "", "HTTP/1.1 401"},
        {"nor at the end of another path", "/api/begin-downtime/db1/3306/api/status", "", "HTTP/1.1 401"},
        {"the page", "/", "", "HTTP/1.1 401"},
        {"metrics", "/metrics", "", "HTTP/1.1 401"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(ask(service.server->port(), c.target, {c.pair, 0}).substr(0, 12), c.answer);
    }
}

TEST(MutualTls, may_guard_the_status_check_too) {
    auto settings = tls_settings();
    settings.use_mutual_tls = true;
    settings.status_ou_verify = true;
    settings.ssl_ca_file = certificates().path("ca.pem");
    settings.ssl_valid_ous = {"dba"};
    Service service(settings);
    EXPECT_EQ(ask(service.server->port(), "/api/status", {}).substr(0, 12), "HTTP/1.1 401");
    EXPECT_EQ(ask(service.server->port(), "/api/status", {"dba", 0}).substr(0, 12), "HTTP/1.1 200");
}

TEST(MutualTls, lets_nobody_in_without_tls) {
    auto settings = test_settings();
    settings.use_mutual_tls = true;
    Service service(settings);
    const auto answer = service.client().get("/api/clusters");
    EXPECT_EQ(answer.status, 401);
    EXPECT_THAT(answer.body, HasSubstr("No TLS"));
    EXPECT_EQ(service.client().get("/api/status").status, 200);
}

TEST(TlsFiles, that_cannot_be_used_are_named_with_their_keys) {
    const auto& all = certificates();
    struct Case {
        std::string name;
        TlsFiles files;
        std::string message;
    };
    const Case cases[] = {
        {"no certificate", {"/nowhere.pem", all.path("server.key"), "", false}, "SSLCertFile '/nowhere.pem'"},
        {"no key", {all.path("server.pem"), "/nowhere.key", "", false}, "SSLPrivateKeyFile '/nowhere.key'"},
        {"no authorities",
         {all.path("server.pem"), all.path("server.key"), "/nowhere.ca", true},
         "SSLCAFile '/nowhere.ca'"},
        {"the key of another", {all.path("server.pem"), all.path("dba.key"), "", false}, "SSLPrivateKeyFile"},
        {"an encrypted key",
         {all.path("server.pem"), all.path("locked.key"), "", false},
         "is encrypted, and there is no terminal to ask for its passphrase on"},
    };
    // Tests run in terminals as well: the passphrase must not be asked for there.
    const int kept = dup(STDIN_FILENO);
    ASSERT_NE(freopen("/dev/null", "r", stdin), nullptr);
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto loaded = load_tls(c.files);
        ASSERT_FALSE(loaded.has_value());
        EXPECT_THAT(loaded.error().message, HasSubstr(c.message));
    }
    dup2(kept, STDIN_FILENO);
    close(kept);
}

TEST(Requests, of_any_bytes_leave_the_service_alive) {
    Service service;
    const std::uint32_t seed = 20240501;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::uint32_t state = seed;
    const auto below = [&](std::uint32_t n) {
        state = state * 1664525U + 1013904223U;
        return (state >> 8U) % n;
    };
    const std::string valid =
        "GET /api/instance/db1/3306?x=%20y HTTP/1.1\r\nHost: test\r\nAuthorization: Basic ZGJhOnM=\r\n"
        "Cookie: access-token=a:b\r\nAccept-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc";
    for (int round = 0; round < 400; ++round) {
        std::string text = valid;
        for (std::uint32_t i = below(6) + 1; i > 0; --i) {
            const auto at = below(std::uint32_t(text.size()));
            switch (below(4)) {
                case 0:
                    text[at] = static_cast<char>(below(256));
                    break;
                case 1:
                    text.erase(at, 1 + below(8));
                    break;
                case 2:
                    text.insert(at, std::string(1 + below(40), static_cast<char>(below(256))));
                    break;
                default:
                    text.insert(at, text.substr(below(std::uint32_t(text.size())), below(30)));
            }
        }
        auto client = service.client();
        client.send(text);
    }
    EXPECT_EQ(service.client().get("/api/lb-check").status, 200);
}

}  // namespace
}  // namespace orc::http
