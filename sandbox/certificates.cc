#include "sandbox/certificates.h"

#include <fstream>
#include <string>

#include "sandbox/process.h"

namespace orc::sandbox {

namespace fs = std::filesystem;

Result<Certificates> make_certificates(const fs::path& folder, const std::vector<Endpoint>& servers) {
    Certificates made{folder};
    std::error_code error;
    fs::create_directories(folder, error);
    std::string names;
    for (const auto& server : servers) {
        names += (names.empty() ? "IP:" : ",IP:") + server.host;
    }
    const fs::path extensions = folder / "extensions";
    std::ofstream(extensions) << "subjectAltName=" << names << "\n";
    const fs::path log = folder / "log";
    const std::string ca_key = (folder / "ca-key.pem").string();
    const std::string request = (folder / "request.pem").string();
    // Elliptic keys: made in no time, and understood by every server that this folder starts.
    const std::vector<std::vector<std::string>> commands = {
        {"openssl",
         "req",
         "-x509",
         "-newkey",
         "ec",
         "-pkeyopt",
         "ec_paramgen_curve:prime256v1",
         "-nodes",
         "-days",
         "30",
         "-subj",
         "/CN=sandbox authority",
         "-keyout",
         ca_key,
         "-out",
         made.authority().string()},
        {"openssl",
         "req",
         "-newkey",
         "ec",
         "-pkeyopt",
         "ec_paramgen_curve:prime256v1",
         "-nodes",
         "-subj",
         "/CN=sandbox/OU=sandbox",
         "-keyout",
         made.key().string(),
         "-out",
         request},
        {"openssl",
         "x509",
         "-req",
         "-in",
         request,
         "-CA",
         made.authority().string(),
         "-CAkey",
         ca_key,
         "-CAcreateserial",
         "-days",
         "30",
         "-extfile",
         extensions.string(),
         "-out",
         made.certificate().string()},
    };
    for (const auto& command : commands) {
        if (auto done = run(command, log); !done) {
            return tl::unexpected(with_context("make certificates: " + tail(log, 5), done.error()));
        }
    }
    return made;
}

}  // namespace orc::sandbox
