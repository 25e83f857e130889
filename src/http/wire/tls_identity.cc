#include "http/wire/tls_identity.h"

#include <openssl/x509.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

namespace orc::http {
namespace {

using boost::system::error_code;

tl::unexpected<Error> unusable(std::string_view key, const std::string& file, const error_code& why) {
    return fail(ErrorCode::invalid, std::string(key) + " '" + file + "': " + why.message());
}

/// Asks on the terminal, without showing what is typed.
std::string passphrase_from_terminal(const std::string& file) {
    std::fprintf(stderr, "Passphrase of %s: ", file.c_str());
    termios shown{};
    tcgetattr(STDIN_FILENO, &shown);
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
    std::string out;
    for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
        out += static_cast<char>(c);
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    std::fputc('\n', stderr);
    return out;
}

Result<void> load_key(asio::ssl::context& context, const std::string& file) {
    bool was_asked = false;
    error_code error;
    const auto passphrase = [&](std::size_t, asio::ssl::context::password_purpose) {
        was_asked = true;
        return isatty(STDIN_FILENO) != 0 ? passphrase_from_terminal(file) : std::string();
    };
    context.set_password_callback(passphrase, error);
    context.use_private_key_file(file, asio::ssl::context::pem, error);
    // The callback must not outlive what it refers to.
    error_code ignored;
    context.set_password_callback(
        [](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, ignored
    );
    if (error && was_asked && isatty(STDIN_FILENO) == 0) {
        return fail(
            ErrorCode::invalid,
            "SSLPrivateKeyFile '" + file + "' is encrypted, and there is no terminal to ask for its passphrase on"
        );
    }
    if (error && was_asked) {
        return fail(ErrorCode::invalid, "SSLPrivateKeyFile '" + file + "': the passphrase does not open it");
    }
    if (error) {
        return unusable("SSLPrivateKeyFile", file, error);
    }
    return {};
}

Result<void> ask_clients(asio::ssl::context& context, const std::string& authorities) {
    error_code error;
    context.set_verify_mode(asio::ssl::verify_peer, error);
    if (authorities.empty()) {
        context.set_default_verify_paths(error);
        return {};
    }
    context.load_verify_file(authorities, error);
    if (error) {
        return unusable("SSLCAFile", authorities, error);
    }
    // Clients pick the certificate to show by these names.
    SSL_CTX_set_client_CA_list(context.native_handle(), SSL_load_client_CA_file(authorities.c_str()));
    static constexpr unsigned char name[] = "orchestrator";  // without it, resumed sessions of clients are refused
    SSL_CTX_set_session_id_context(context.native_handle(), name, sizeof name - 1);
    return {};
}

}  // namespace

ClientIdentity identity_of(SSL* session) {
    ClientIdentity out;
    out.uses_tls = true;
    X509* const certificate = SSL_get1_peer_certificate(session);
    if (certificate == nullptr) {
        return out;
    }
    out.has_certificate = SSL_get_verify_result(session) == X509_V_OK;
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, i)) >= 0;) {
        unsigned char* text = nullptr;
        const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
        if (size >= 0) {
            out.units.emplace_back(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
            OPENSSL_free(text);
        }
    }
    X509_free(certificate);
    return out;
}

Result<std::shared_ptr<TlsIdentity>> load_tls(const TlsFiles& files) {
    auto out = std::make_shared<TlsIdentity>();
    auto& context = out->context;
    error_code error;
    context.set_options(
        asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error
    );
    context.use_certificate_chain_file(files.certificate, error);
    if (error) {
        return unusable("SSLCertFile", files.certificate, error);
    }
    TRY(load_key(context, files.key));
    if (files.asks_clients) {
        TRY(ask_clients(context, files.authorities));
    }
    return out;
}

}  // namespace orc::http
