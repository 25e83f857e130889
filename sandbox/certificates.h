// Certificates of a sandbox, made by the openssl program: an authority of its own, and one key pair for all servers and
// clients.
#pragma once

#include <filesystem>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace orc::sandbox {

struct Certificates {
    std::filesystem::path folder;  ///< empty: none
    std::filesystem::path authority() const { return folder / "ca.pem"; }
    std::filesystem::path certificate() const { return folder / "cert.pem"; }
    std::filesystem::path key() const { return folder / "key.pem"; }
    bool empty() const { return folder.empty(); }
};

/// The certificate names every address in `servers`. Errors: not_found without the program; invalid with the end of its
/// output.
Result<Certificates> make_certificates(const std::filesystem::path& folder, const std::vector<Endpoint>& servers);

}  // namespace orc::sandbox
