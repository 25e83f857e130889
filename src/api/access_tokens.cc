#include "api/access_tokens.h"

#include "base/text.h"

namespace orc::api {
namespace {

constexpr std::size_t half_bytes = 32;

}  // namespace

Task<std::string> make_access_token(UseCases& use_cases, std::string owner) {
    if (trim(owner).empty()) {
        co_return fail(ErrorCode::invalid, "an access token needs an owner");
    }
    model::AccessToken record;
    record.public_token = use_cases.seams().rng.hex(half_bytes);
    record.secret_token = use_cases.seams().rng.hex(half_bytes);
    record.generated = use_cases.clock().wall();
    record.generated_by = std::move(owner);
    std::string out = record.public_token;
    std::vector<model::Change> changes;
    changes.push_back(model::PutAccessToken{std::move(record)});
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return out;
}

Task<std::string> acquire_access_token(UseCases& use_cases, std::string public_half) {
    const auto intent = use_cases.intent();
    const auto found = intent->access_tokens.find(public_half);
    if (found == intent->access_tokens.end()) {
        co_return fail(ErrorCode::denied, "Cannot acquire token: it is unknown");
    }
    model::AccessToken record = found->second;
    const WallTime now = use_cases.clock().wall();
    const Seconds life(use_cases.settings()->access_token_use_expiry_seconds);
    if (!record.is_reentrant && record.is_acquired) {
        co_return fail(ErrorCode::denied, "Cannot acquire token: it has been acquired already");
    }
    if (!record.is_reentrant && now > record.generated + life) {
        co_return fail(ErrorCode::denied, "Cannot acquire token: it has expired");
    }
    std::string out = record.secret_token;
    record.is_acquired = true;
    record.acquired = now;
    std::vector<model::Change> changes;
    changes.push_back(model::PutAccessToken{std::move(record)});
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return out;
}

bool is_access_token(
    const UseCases& use_cases,
    const std::string& public_half,
    std::string_view secret_half,
    const std::function<bool(std::string_view, std::string_view)>& equal
) {
    const auto intent = use_cases.intent();
    const auto found = intent->access_tokens.find(public_half);
    if (found == intent->access_tokens.end() || !found->second.is_acquired) {
        return false;
    }
    const std::chrono::minutes life(use_cases.settings()->access_token_expiry_minutes);
    const bool is_young = found->second.is_reentrant || use_cases.clock().wall() <= found->second.generated + life;
    return is_young && equal(found->second.secret_token, secret_half);
}

}  // namespace orc::api
