#include "api/access_tokens.h"

#include "base/text.h"

namespace orc::api {
namespace {

constexpr std::size_t token_bytes = 32;

}  // namespace

Task<std::string> make_access_token(UseCases& use_cases, std::string owner) {
    if (trim(owner).empty()) {
        co_return fail(ErrorCode::invalid, "an access token needs an owner");
    }
    model::PutAccessToken change;
    change.record.public_token = use_cases.seams().rng.hex(token_bytes);
    change.record.secret_token = use_cases.seams().rng.hex(token_bytes);
    change.record.generated = use_cases.clock().wall();
    change.record.generated_by = std::move(owner);
    const std::string token = change.record.public_token;
    std::vector<model::Change> changes;
    changes.push_back(std::move(change));
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return token;
}

}  // namespace orc::api
