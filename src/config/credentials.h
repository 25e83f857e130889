// Names and passwords that do not stand in the configuration itself: credentials files and the environment. Internal.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/draft.h"

namespace orc::config {

struct Credentials {
    std::string user;
    std::string password;
};

/// Section [client], variables user and password, of an ini file; one that is missing is empty. Everything else is
/// skipped, so that an ordinary MySQL option file serves. Values may stand in quotes; outside of them # and ; begin a
/// comment. Errors name the line, or what was expected: a file without either variable is a mistake, not an account
/// without name and password.
Result<Credentials> parse_credentials(std::string_view text);

/// For backend and topology accounts: the credentials file's values when one is named, then ${NAME} in the password.
void apply_credentials(Draft& draft, const Environment& env);

}  // namespace orc::config
