#include "api/live.h"

namespace orc::api {
namespace {

constexpr Millis reading_limit{2000};

}  // namespace

Task<model::ServerPtr> read_with_source(UseCases& use_cases, Endpoint server) {
    CO_TRY(const model::ServerPtr known, use_cases.instance(server));
    std::vector<Endpoint> to_read{known->endpoint};
    if (const auto source = known->source()) {
        to_read.push_back(*source);
    }
    const Deadline deadline = use_cases.clock().deadline_in(reading_limit);
    co_await use_cases.seams().discovery.refresh(std::move(to_read), deadline);
    const auto cluster = use_cases.seams().discovery.cluster_now(known->endpoint);
    if (cluster != nullptr) {
        for (const auto& member : cluster->servers) {
            if (member->endpoint == known->endpoint && member->check.is_valid()) {
                co_return member;
            }
            if (member->endpoint == known->endpoint && member->check.error) {
                co_return tl::unexpected(with_context("read " + known->endpoint.text(), *member->check.error));
            }
        }
    }
    co_return fail(ErrorCode::timed_out, "read " + known->endpoint.text() + ": no answer");
}

}  // namespace orc::api
