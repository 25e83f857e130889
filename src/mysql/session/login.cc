#include "mysql/session/login.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>

#include "mysql/session/wire.h"

namespace orc::mysql {
namespace {

constexpr std::size_t nonce_size = 20;
constexpr std::uint64_t offers_tls_bit = 0x0800;
constexpr char head_more_data = 0x01;
constexpr char perform_full_exchange = 0x04;

bool read_greeting(std::string_view payload, LoginSoFar& out) {
    wire::Cursor in(payload);
    if (in.fixed(1) != 10) {
        return false;
    }
    out.server_version = in.zero_ended();
    out.connection_id = static_cast<std::uint32_t>(in.fixed(4));
    out.nonce = in.take(8);
    in.take(1);
    out.offers_tls = (in.fixed(2) & offers_tls_bit) != 0;
    in.take(1 + 2 + 2);  // character set, status, upper capabilities
    const auto nonce_length = in.fixed(1);
    in.take(10);
    const std::size_t rest = nonce_length > 8 + 13 ? static_cast<std::size_t>(nonce_length) - 8 : 13;
    out.nonce += in.take(rest);
    out.plugin = in.zero_ended();
    return !in.failed();
}

template <auto Free>
struct Freer {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};

}  // namespace

std::optional<LoginSoFar> read_login(std::string_view server_bytes) {
    std::optional<LoginSoFar> out;
    wire::Cursor in(server_bytes);
    while (in.rest().size() >= 4) {
        const auto size = static_cast<std::size_t>(in.fixed(3));
        const auto sequence = static_cast<std::uint8_t>(in.fixed(1));
        const auto payload = in.take(size);
        if (in.failed() || payload.empty()) {
            break;
        }
        if (!out) {
            LoginSoFar greeting;
            if (!read_greeting(payload, greeting)) {
                return std::nullopt;
            }
            out = std::move(greeting);
        } else if (payload.front() == static_cast<char>(0xfe)) {
            wire::Cursor change(payload.substr(1));
            out->plugin = change.zero_ended();
            out->nonce = change.rest();
        }
        out->sequence = sequence;
        out->wants_full_exchange =
            payload.size() == 2 && payload[0] == head_more_data && payload[1] == perform_full_exchange;
    }
    if (out && out->nonce.size() > nonce_size) {
        out->nonce.resize(nonce_size);  // a NUL follows it on the wire
    }
    return out;
}

Result<std::string> encrypt_password(std::string_view password, std::string_view nonce, std::string_view public_key) {
    if (nonce.empty()) {
        return fail(ErrorCode::invalid, "the server sent no nonce");
    }
    std::string clear(password);
    clear += '\0';
    for (std::size_t i = 0; i < clear.size(); ++i) {
        clear[i] = static_cast<char>(clear[i] ^ nonce[i % nonce.size()]);
    }
    const std::unique_ptr<BIO, Freer<BIO_free>> bio(
        BIO_new_mem_buf(public_key.data(), static_cast<int>(public_key.size()))
    );
    const std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>> key(
        bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr
    );
    const std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>> context(
        key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr
    );
    std::size_t size = 0;
    const auto* in = reinterpret_cast<const unsigned char*>(clear.data());
    if (!context || EVP_PKEY_encrypt_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) <= 0 ||
        EVP_PKEY_encrypt(context.get(), nullptr, &size, in, clear.size()) <= 0) {
        return fail(ErrorCode::invalid, "the server's public key is unusable");
    }
    std::string out(size, '\0');
    if (EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, in, clear.size()) <= 0) {
        return fail(ErrorCode::invalid, "the password does not fit the server's public key");
    }
    out.resize(size);
    return out;
}

}  // namespace orc::mysql
