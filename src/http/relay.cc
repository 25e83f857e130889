#include "http/relay.h"

#include <algorithm>

#include "api/errands.h"
#include "base/text.h"
#include "http/desk.h"
#include "http/routes/on_control.h"
#include "runtime/log.h"

namespace orc::http {
namespace {

/// Somebody waits for each, so this is how much later than on the active node itself a change is made.
constexpr Millis look_every{100};

std::string lines_of(const Response& response) {
    std::string out = "Content-Type: " + response.content_type;
    for (const auto& [name, value] : response.headers) {
        out += "\n" + name + ": " + value;
    }
    return out;
}

Response response_of(store::ErrandAnswer answer) {
    Response out;
    out.status = answer.status;
    out.body = std::move(answer.body);
    for (const auto& line : split(answer.headers, '\n')) {
        const auto colon = line.find(": ");
        if (colon == std::string_view::npos) {
            continue;
        }
        std::string name(line.substr(0, colon));
        std::string value(line.substr(colon + 2));
        if (name == "Content-Type") {
            out.content_type = std::move(value);
        } else {
            out.headers.emplace_back(std::move(name), std::move(value));
        }
    }
    return out;
}

/// nullopt: this node does not stand by.
Task<std::optional<store::ErrandAnswer>> passed_on(api::UseCases& use_cases, store::Errand errand) {
    if (!api::stands_by(use_cases)) {
        co_return std::optional<store::ErrandAnswer>();
    }
    CO_TRY(auto answer, co_await api::have_done(use_cases, std::move(errand)));
    co_return std::optional(std::move(answer));
}

}  // namespace

std::string below(std::string_view target, std::size_t segments) {
    target = origin_form(target);
    std::size_t at = 0;
    for (; segments > 0; --segments) {
        at = std::min(target.find_first_not_of('/', at), target.size());
        at = std::min(target.find_first_of("/?", at), target.size());
    }
    return std::string(target.substr(at));
}

Relay::Relay(api::UseCases& use_cases, std::shared_ptr<asio::io_context> io, Handler answer)
    : use_cases_(use_cases), io_(std::move(io)), answer_(std::move(answer)), tasks_(io_->get_executor()) {}

Co<std::optional<Response>> Relay::pass_on(std::string method, std::string target, std::string user) {
    if (!use_cases_.membership().is_shared) {
        co_return std::nullopt;
    }
    store::Errand errand;
    errand.method = std::move(method);
    errand.target = std::move(target);
    errand.user = std::move(user);
    auto work = passed_on(use_cases_, std::move(errand));
    auto answer = co_await on_executor(use_cases_.control(), io_, std::move(work));
    if (!answer) {
        co_return envelope_error(answer.error());
    }
    co_return *answer ? std::optional(response_of(**std::move(answer))) : std::nullopt;
}

void Relay::start() {
    if (use_cases_.membership().is_shared) {
        tasks_.spawn(serve());
    }
}

Co<void> Relay::stop() { return tasks_.stop(); }

Co<void> Relay::serve() {
    while (!tasks_.is_stopping()) {
        auto work = api::take_errands(use_cases_);
        auto errands = co_await on_executor(use_cases_.control(), io_, std::move(work));
        // A store that cannot be asked is told by others; who waits for us finds out.
        for (auto& errand : errands.value_or(std::vector<store::Errand>())) {
            tasks_.spawn(do_one(std::move(errand)));
        }
        co_await use_cases_.seams().clock.sleep_for(look_every);
    }
}

Co<void> Relay::do_one(store::Errand errand) {
    Request request;
    request.method = std::move(errand.method);
    request.target = std::move(errand.target);
    request.user = std::move(errand.user);
    request.may_act = true;
    const Response response = co_await answer_(std::move(request));
    store::ErrandAnswer answer;
    answer.status = response.status;
    answer.headers = lines_of(response);
    answer.body = response.body;
    auto work = api::answer_errand(use_cases_, errand.id, std::move(answer));
    const auto answered = co_await on_executor(use_cases_.control(), io_, std::move(work));
    if (!answered) {
        LOG(warning, "http.errand_not_answered", {{"why", answered.error().message}});
    }
}

}  // namespace orc::http
