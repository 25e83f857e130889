#include "mysql/session/tls.h"

#include <sys/stat.h>

namespace orc::mysql {
namespace {

namespace ssl = boost::asio::ssl;

std::string with_time(const std::string& file) {
    struct stat found{};
    if (file.empty() || stat(file.c_str(), &found) != 0) {
        return file;
    }
    return file + '@' + std::to_string(found.st_mtim.tv_sec) + '.' + std::to_string(found.st_mtim.tv_nsec);
}

tl::unexpected<Error> unusable(std::string_view what, const std::string& file, const boost::system::error_code& error) {
    return fail(ErrorCode::invalid, std::string(what) + " " + file + ": " + error.message());
}

bool verifies(TlsMode mode) { return mode == TlsMode::verify_ca || mode == TlsMode::verify_identity; }

Result<std::shared_ptr<ssl::context>> make(const Access& access) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    boost::system::error_code error;
    context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3, error);
    if (verifies(access.tls)) {
        context->set_verify_mode(ssl::verify_peer, error);
        if (access.ca_file.empty()) {
            context->set_default_verify_paths(error);
        } else {
            context->load_verify_file(access.ca_file, error);
            if (error) {
                return unusable("CA file", access.ca_file, error);
            }
        }
    } else {
        context->set_verify_mode(ssl::verify_none, error);
    }
    if (!access.certificate_file.empty()) {
        context->use_certificate_chain_file(access.certificate_file, error);
        if (error) {
            return unusable("certificate", access.certificate_file, error);
        }
        const auto& key = access.key_file.empty() ? access.certificate_file : access.key_file;
        context->use_private_key_file(key, ssl::context::pem, error);
        if (error) {
            return unusable("private key", key, error);
        }
    }
    return context;
}

}  // namespace

Result<std::shared_ptr<ssl::context>> TlsContexts::context_for(const Access& access) {
    const std::string key = std::to_string(static_cast<int>(access.tls)) + '\n' + with_time(access.ca_file) + '\n' +
                            with_time(access.certificate_file) + '\n' + with_time(access.key_file);
    if (const auto known = made_.find(key); known != made_.end()) {
        return known->second;
    }
    TRY(auto context, make(access));
    if (made_.size() >= 16) {  // files that are replaced daily must not pile up contexts
        made_.clear();
    }
    made_.emplace(key, context);
    return context;
}

}  // namespace orc::mysql
