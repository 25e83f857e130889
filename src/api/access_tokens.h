// Access tokens: a public half that is handed to a person and picked up once in a browser, and a secret half that the
// browser then shows with every change.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/use_cases.h"

namespace orc::api {

/// Makes a token and returns its public half, 64 hexadecimal digits, to be picked up within
/// AccessTokenUseExpirySeconds. Errors: invalid (no owner); those of commit. Control executor.
Task<std::string> make_access_token(UseCases& use_cases, std::string owner);

/// Picks up a token: marks it as picked up and returns its secret half. Errors (denied): nobody made it, it is too old,
/// or it was picked up already and is not marked as reentrant. Control executor.
Task<std::string> acquire_access_token(UseCases& use_cases, std::string public_half);

/// Whether the two halves belong together and have not expired. `equal` compares secrets. Control executor.
bool is_access_token(
    const UseCases& use_cases,
    const std::string& public_half,
    std::string_view secret_half,
    const std::function<bool(std::string_view, std::string_view)>& equal
);

}  // namespace orc::api
