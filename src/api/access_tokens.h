// Tokens that let a browser in, where AuthenticationMethod is "token".
#pragma once

#include <string>

#include "api/use_cases.h"

namespace orc::api {

/// Makes a token and returns its public half, 64 hexadecimal digits; the secret half is handed out when it is used.
/// Errors: invalid (no owner); those of commit.
Task<std::string> make_access_token(UseCases& use_cases, std::string owner);

}  // namespace orc::api
