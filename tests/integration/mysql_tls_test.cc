// Sessions with TLS to real servers of both flavours, and accounts that need what we cannot do.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "bridge.h"
#include "flavors.h"
#include "sandbox/certificates.h"

namespace orc::mysql {
namespace {

using integration::Bridge;
using integration::manager;
using sandbox::Flavor;

struct Opened {
    std::string error;  ///< "" when it was opened
    int number = 0;
    ErrorCode code = ErrorCode::invalid;
    bool used_tls = false;
    bool needed_tls = false;
};

class RealTls : public integration::OnEachFlavor {
protected:
    void start(bool with_certificates = true) {
        sandbox::Options options;
        options.flavor = GetParam();
        options.servers = 1;
        options.tls = with_certificates;
        auto started = sandbox::Sandbox::start(std::move(options));
        ASSERT_TRUE(started.has_value()) << started.error().message;
        lab_ = std::move(*started);
    }
    void run(std::string_view sql) {
        const auto done = lab_->sql(1, sql);
        ASSERT_TRUE(done.has_value()) << sql << ": " << done.error().message;
    }
    Access access(TlsMode mode) const {
        Access out = manager(mode).access;
        out.ca_file = lab_->authority().string();
        return out;
    }
    Access as(Access access, std::string user, std::string password) const {
        access.user = std::move(user);
        access.password = std::move(password);
        return access;
    }
    std::filesystem::path certificate(const char* name) const { return lab_->authority().parent_path() / name; }
    Opened open(const Access& access) { return open_on(bridge_, access); }
    Opened open_on(Bridge& bridge, const Access& access) {
        const auto session = bridge.dialer().make(lab_->endpoint(1), access);
        const auto done = bridge.run(session->open(bridge.in(Seconds(10))));
        Opened out;
        if (!done) {
            out.error = done.error().message;
            out.number = done.error().number;
            out.code = done.error().code;
            return out;
        }
        out.used_tls = session->uses_tls();
        out.needed_tls = session->needed_tls();
        const auto answer = bridge.run(session->query("SELECT CONNECTION_ID()", bridge.in(Seconds(10))));
        EXPECT_TRUE(answer && !answer->error && answer->sets.size() == 1);
        return out;
    }

    std::unique_ptr<sandbox::Sandbox> lab_;
    Bridge bridge_{manager()};
};

ORC_ON_EACH_FLAVOR(RealTls);

TEST_P(RealTls, certificates_are_checked_as_far_as_the_mode_says_and_ours_is_shown) {
    ASSERT_NO_FATAL_FAILURE(start());
    const auto elsewhere = lab_->folder() / "another-authority";
    const auto others = sandbox::make_certificates(elsewhere, {lab_->endpoint(1)});
    ASSERT_TRUE(others.has_value()) << others.error().message;
    for (const auto mode : {TlsMode::prefer, TlsMode::require, TlsMode::verify_ca, TlsMode::verify_identity}) {
        SCOPED_TRACE(static_cast<int>(mode));
        const Opened opened = open(access(mode));
        EXPECT_EQ(opened.error, "");
        EXPECT_TRUE(opened.used_tls);
        EXPECT_FALSE(opened.needed_tls);

        Access strangers = access(mode);
        strangers.ca_file = others->authority().string();
        const bool is_verified = mode == TlsMode::verify_ca || mode == TlsMode::verify_identity;
        const Opened with_strangers = open(strangers);
        EXPECT_EQ(with_strangers.error.find("certificate verify failed") != std::string::npos, is_verified)
            << with_strangers.error;
        EXPECT_EQ(with_strangers.error.empty(), !is_verified) << with_strangers.error;
    }
    Access missing = access(TlsMode::verify_ca);
    missing.ca_file = "/nowhere/ca.pem";
    EXPECT_NE(open(missing).error.find("/nowhere/ca.pem"), std::string::npos);
    EXPECT_EQ(open(access(TlsMode::off)).error, "");
    EXPECT_FALSE(open(access(TlsMode::off)).used_tls);

    run("CREATE USER strict@'%' IDENTIFIED BY 'words' REQUIRE X509");
    const Access without = as(access(TlsMode::verify_ca), "strict", "words");
    EXPECT_EQ(open(without).number, 1045);
    Access with = without;
    with.certificate_file = certificate("cert.pem").string();
    with.key_file = certificate("key.pem").string();
    EXPECT_EQ(open(with).error, "");
    with.key_file = "/nowhere/key.pem";
    EXPECT_NE(open(with).error.find("/nowhere/key.pem"), std::string::npos);
}

TEST_P(RealTls, on_demand_it_is_used_with_those_that_refuse_to_go_without) {
    ASSERT_NO_FATAL_FAILURE(start());
    run("CREATE USER strict@'%' IDENTIFIED BY 'words' REQUIRE SSL");
    const Opened lax = open(access(TlsMode::on_demand));
    EXPECT_EQ(lax.error, "");
    EXPECT_FALSE(lax.used_tls) << "nobody has asked for it";

    const Opened account = open(as(access(TlsMode::on_demand), "strict", "words"));
    EXPECT_EQ(account.error, "");
    EXPECT_TRUE(account.used_tls && account.needed_tls) << "the account asks for it";
    const Opened wrong = open(as(access(TlsMode::on_demand), "strict", "guess-me-not"));
    EXPECT_EQ(wrong.number, 1045) << wrong.error;
    EXPECT_EQ(open(as(access(TlsMode::off), "strict", "words")).number, 1045);

    run("SET GLOBAL require_secure_transport = ON");
    Bridge fresh(manager());
    const Opened server = open_on(fresh, access(TlsMode::on_demand));
    EXPECT_EQ(server.error, "");
    EXPECT_TRUE(server.used_tls && server.needed_tls) << "the server asks for it";
    const Opened refused = open(access(TlsMode::off));
    // MariaDB has a number for it since 11.
    EXPECT_TRUE(refused.number == 3159 || (!is_mysql() && refused.number == 1045)) << refused.error;
    EXPECT_EQ(refused.code, ErrorCode::denied);

    run("SET GLOBAL require_secure_transport = OFF");
    const Opened remembered = open_on(fresh, access(TlsMode::on_demand));
    EXPECT_TRUE(remembered.used_tls) << "once is enough";
    Bridge another(manager());
    EXPECT_FALSE(open_on(another, access(TlsMode::on_demand)).used_tls);
    another.dialer().expect_tls(lab_->endpoint(1));
    EXPECT_TRUE(open_on(another, access(TlsMode::on_demand)).used_tls) << "an earlier run has found it out";
    for (const bool insists : {false, true}) {
        SCOPED_TRACE(insists);
        run(insists ? "SET GLOBAL require_secure_transport = ON" : "SET GLOBAL require_secure_transport = OFF");
        for (const auto mode : {TlsMode::prefer, TlsMode::on_demand}) {
            Bridge bridge(manager(mode));
            const auto facts = bridge.run(bridge.gateway().probe(lab_->endpoint(1), bridge.in(Seconds(10))));
            ASSERT_TRUE(facts.has_value()) << facts.error().message;
            EXPECT_EQ(facts->refuses_plain, insists);
        }
    }
}

TEST_P(RealTls, on_demand_where_the_server_has_no_tls_the_refusal_is_told) {
    if (is_mysql()) {
        GTEST_SKIP() << "MySQL makes certificates of its own";
    }
    ASSERT_NO_FATAL_FAILURE(start(false));
    if (open(manager(TlsMode::require).access).error.empty()) {
        GTEST_SKIP() << "this MariaDB makes a certificate of its own";
    }
    run("CREATE USER strict@'%' IDENTIFIED BY 'words' REQUIRE SSL");
    const Opened refused = open(as(manager(TlsMode::on_demand).access, "strict", "words"));
    EXPECT_EQ(refused.number, 1045) << refused.error;
    const Opened impossible = open(manager(TlsMode::require).access);
    EXPECT_NE(impossible.error.find("TLS is required but the server offers none"), std::string::npos);
}

TEST_P(RealTls, a_plugin_that_we_cannot_do_is_named_with_its_account) {
    if (is_mysql()) {
        GTEST_SKIP() << "ed25519 is MariaDB's";
    }
    ASSERT_NO_FATAL_FAILURE(start());
    if (!lab_->sql(1, "INSTALL SONAME 'auth_ed25519'")) {
        GTEST_SKIP() << "this machine has no auth_ed25519.so: it comes with Debian's package mariadb-server";
    }
    run("CREATE USER edward@'%' IDENTIFIED VIA ed25519 USING PASSWORD('words')");
    for (const auto mode : {TlsMode::off, TlsMode::on_demand, TlsMode::prefer}) {
        SCOPED_TRACE(static_cast<int>(mode));
        const Opened refused = open(as(access(mode), "edward", "words"));
        EXPECT_EQ(refused.code, ErrorCode::denied);
        for (const auto* word : {"edward", "client_ed25519", "ALTER USER", "mysql_native_password"}) {
            EXPECT_NE(refused.error.find(word), std::string::npos) << word << " is not in: " << refused.error;
        }
        EXPECT_EQ(refused.error.find("words"), std::string::npos);
    }
    const Opened strict = open(as(access(TlsMode::verify_ca), "edward", "words"));
    EXPECT_NE(strict.error.find("edward"), std::string::npos) << strict.error;
    EXPECT_NE(strict.error.find("plugin"), std::string::npos) << strict.error;
}

}  // namespace
}  // namespace orc::mysql
