// How the last probes and writes went: the last so many seconds of what the loop and the store remember.
#include <charconv>

#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

using Probes = std::vector<discovery::ProbeSample>;
using Queues = std::vector<discovery::QueueSample>;

constexpr std::int64_t seconds_max = 1'000'000'000;

Result<Seconds> seconds_param(const Params& params) {
    const std::string& text = params["seconds"];
    std::int64_t seconds = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || seconds <= 0 || seconds > seconds_max) {
        return fail(ErrorCode::invalid, "Invalid value for seconds: " + text + ": it must be a whole number above 0");
    }
    return Seconds(seconds);
}

Result<discovery::Crowd> queue_param(const Params& params) {
    const std::string& name = params["queue"];
    if (name.empty() || name == "DEFAULT") {
        return discovery::Crowd::answering;
    }
    if (name == "DEADINSTANCES") {
        return discovery::Crowd::silent;
    }
    return fail(ErrorCode::not_found, "Unknown queue: " + name + "; there are DEFAULT and DEADINSTANCES");
}

Co<Response> of_probes(DeskPtr desk, Call call, std::string (*form)(const Probes&)) {
    const auto span = seconds_param(call.params);
    if (!span) {
        co_return envelope_error(span.error());
    }
    std::function<Result<Probes>(const api::UseCases&)> question = [span = *span](const api::UseCases& use_cases) {
        return Result<Probes>(use_cases.seams().discovery.history().since(use_cases.clock().wall() - span));
    };
    auto asked = desk->look<Probes>(std::move(question));
    const auto samples = co_await std::move(asked);
    co_return samples ? bare(form(*samples)) : envelope_error(samples.error());
}

Co<Response> of_queues(DeskPtr desk, Call call, std::string (*form)(const Queues&)) {
    const auto span = seconds_param(call.params);
    const auto crowd = queue_param(call.params);
    if (!span || !crowd) {
        co_return envelope_error(span ? crowd.error() : span.error());
    }
    const auto count = static_cast<std::size_t>(span->count());
    std::function<Result<Queues>(const api::UseCases&)> question = [which = *crowd, count](const api::UseCases& it) {
        return Result<Queues>(it.seams().discovery.history().last(which, count));
    };
    auto asked = desk->look<Queues>(std::move(question));
    const auto samples = co_await std::move(asked);
    co_return samples ? bare(form(*samples)) : envelope_error(samples.error());
}

template <typename Sample>
Response of_store(
    const Desk& desk,
    const Call& call,
    std::vector<Sample> (store::Meter::*since)(WallTime) const,
    const std::function<std::string(const std::vector<Sample>&)>& form
) {
    const auto span = seconds_param(call.params);
    if (!span) {
        return envelope_error(span.error());
    }
    const store::Meter& meter = desk.use_cases.seams().store.meter();
    return bare(form((meter.*since)(desk.use_cases.clock().wall() - *span)));
}

}  // namespace

Co<Response> probe_samples(DeskPtr desk, Call call) {
    return of_probes(std::move(desk), std::move(call), legacy::probe_samples);
}
Co<Response> probes_together(DeskPtr desk, Call call) {
    return of_probes(std::move(desk), std::move(call), legacy::probes_together);
}
Co<Response> queue_samples(DeskPtr desk, Call call) {
    return of_queues(std::move(desk), std::move(call), legacy::queue_samples);
}
Co<Response> queues_together(DeskPtr desk, Call call) {
    return of_queues(std::move(desk), std::move(call), legacy::queues_together);
}
Co<Response> write_samples(DeskPtr desk, Call call) {
    co_return of_store<store::WriteSample>(*desk, call, &store::Meter::writes_since, legacy::write_samples);
}
Co<Response> writes_together(DeskPtr desk, Call call) {
    co_return of_store<store::WriteSample>(*desk, call, &store::Meter::writes_since, legacy::writes_together);
}
Co<Response> batch_samples(DeskPtr desk, Call call) {
    co_return of_store<store::BatchSample>(*desk, call, &store::Meter::batches_since, legacy::batch_samples);
}
Co<Response> batches_together(DeskPtr desk, Call call) {
    const auto form = [&desk](const std::vector<store::BatchSample>& samples) {
        return legacy::batches_together(samples, desk->use_cases.seams().store.pace());
    };
    co_return of_store<store::BatchSample>(*desk, call, &store::Meter::batches_since, form);
}

}  // namespace orc::http::routes
