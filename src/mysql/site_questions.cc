// Nobody knows what a site asks, nor whose lock that meets: a table that somebody locked must not make its server look
// dead. So these questions come after the probe, never on its session, and are ended on the server when they hang.
#include "mysql/site_questions.h"

#include <algorithm>
#include <charconv>

#include "mysql/probe_items.h"
#include "runtime/log.h"

namespace orc::mysql {
namespace {

using model::Facts;

/// How long a question that hung is left alone.
constexpr Micros silence_kept = Seconds(30);

std::optional<std::int64_t> whole_number(const std::string& text) {
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

void put_lag(Facts& facts, const SiteAnswer& said) {
    facts.queried_lag.reset();
    facts.is_lag_unknown = said.is_null && !said.silent_until;
    const auto lag = whole_number(said.text.value_or(""));
    if (lag && !said.silent_until) {
        facts.queried_lag = Seconds(std::max<std::int64_t>(0, *lag));
    }
}

struct SiteQuestion {
    std::string_view key;
    std::string Questions::* text;
    void (*put)(Facts& facts, const SiteAnswer& said);
};

constexpr SiteQuestion lag_question = {"ReplicationLagQuery", &Questions::lag, put_lag};
constexpr SiteQuestion rare_questions[] = {
    {"DetectClusterAliasQuery",
     &Questions::cluster_alias,
     [](Facts& facts, const SiteAnswer& said) { facts.cluster_alias = said.text.value_or(""); }},
    {"DetectClusterDomainQuery",
     &Questions::cluster_domain,
     [](Facts& facts, const SiteAnswer& said) { facts.cluster_domain = said.text.value_or(""); }},
    {"DetectInstanceAliasQuery",
     &Questions::instance_alias,
     [](Facts& facts, const SiteAnswer& said) { facts.instance_alias = said.text.value_or(""); }},
    {"DetectDataCenterQuery",
     &Questions::data_center,
     [](Facts& facts, const SiteAnswer& said) { facts.data_center = said.text.value_or(""); }},
    {"DetectRegionQuery",
     &Questions::region,
     [](Facts& facts, const SiteAnswer& said) { facts.region = said.text.value_or(""); }},
    {"DetectPhysicalEnvironmentQuery",
     &Questions::environment,
     [](Facts& facts, const SiteAnswer& said) { facts.environment = said.text.value_or(""); }},
    {"DetectPromotionRuleQuery",
     &Questions::promotion_rule,
     [](Facts& facts, const SiteAnswer& said) { facts.promotion_rule = said.text.value_or(""); }},
    {"DetectSemiSyncEnforcedQuery",
     &Questions::semi_sync_priority,
     [](Facts& facts, const SiteAnswer& said) {
         facts.semi_sync_priority = 0;
         const auto text = said.text.value_or("");
         std::from_chars(text.data(), text.data() + text.size(), facts.semi_sync_priority);
         facts.semi_sync_priority = std::max(0, facts.semi_sync_priority);
     }},
    {"DetectPseudoGTIDQuery",
     &Questions::pseudo_gtid,
     [](Facts& facts, const SiteAnswer& said) { facts.uses_pseudo_gtid = said.text.value_or("") == "1"; }},
};

Task<void> open_site(std::shared_ptr<ServerLink> link, Deadline deadline) {
    auto& context = link->context();
    ServerLink::Work work;
    work.session = context.dialer.make(link->server(), context.options.access);
    CO_TRY(co_await work.session->open(deadline));
    std::string sql(Dialect::session_id());
    CO_TRY(const auto answer, co_await work.session->query(std::move(sql), deadline));
    const auto id = answer.sets.empty() ? std::string() : first_cell(answer.sets.front());
    std::from_chars(id.data(), id.data() + id.size(), work.id);
    if (link->is_closed() || context.is_stopping) {
        work.session->close();
        co_return fail(ErrorCode::cancelled, link->server().text() + " was let go of");
    }
    link->site().work = std::move(work);
    co_return Result<void>{};
}

Task<Answer> ask_once(std::shared_ptr<ServerLink> link, std::string sql, Deadline deadline) {
    auto& site = link->site();
    if (!site.work || !site.work->session->is_open()) {
        CO_TRY(co_await open_site(link, deadline));
    }
    const auto session = site.work->session;
    auto answer = co_await session->query(std::move(sql), deadline);
    if (!answer && site.work && site.work->session == session) {
        auto work = *std::exchange(site.work, std::nullopt);
        if (answer.error().code == ErrorCode::timed_out) {
            link->abandon(std::move(work));
        } else {
            work.session->close();
        }
    }
    co_return answer;
}

Task<Answer> ask(std::shared_ptr<ServerLink> link, std::string sql, Deadline deadline) {
    const bool was_open = link->site().work.has_value();
    auto answer = co_await ask_once(link, sql, deadline);
    if (!answer && was_open && answer.error().code == ErrorCode::unreachable) {
        answer = co_await ask_once(link, sql, deadline);  // it died while idle
    }
    co_return answer;
}

void note_silence(const ServerLink& link, std::string_view key, SiteAnswer& said, const Error& error, Instant now) {
    if (!said.silent_until) {
        LOG(warning,
            "probe.question_unanswered",
            {{"server", link.server()},
             {"question", key},
             {"why", error.message},
             {"asked_again_in_seconds", silence_kept / Seconds(1)}});
    }
    said.silent_until = now + silence_kept;
}

void note_answer(const ServerLink& link, std::string_view key, SiteAnswer& said, const Answer& answer) {
    if (answer.error) {
        LOG(debug,
            "probe.question_refused",
            {{"server", link.server()}, {"question", key}, {"why", answer.error->message}});
    }
    if (said.silent_until) {
        LOG(info, "probe.question_answered", {{"server", link.server()}, {"question", key}});
    }
    said = SiteAnswer{};
    if (!answer.error && !answer.sets.empty() && !answer.sets.front().rows.empty() &&
        !answer.sets.front().rows.front().empty()) {
        said.text = answer.sets.front().rows.front().front();
        said.is_null = !said.text.has_value();
    }
}

/// One text each: nobody knows how many answers one gives.
Co<void> ask_one(std::shared_ptr<ServerLink> link, SiteQuestion question, Deadline deadline) {
    auto& clock = link->context().clock;
    auto& said = link->site().answers[question.key];
    std::string sql = without_semicolon(link->context().options.questions.*question.text);
    if (sql.empty()) {
        said = SiteAnswer{};
        co_return;
    }
    const Instant now = clock.now();
    if (deadline.has_passed(now) || (said.silent_until && now < *said.silent_until)) {
        co_return;
    }
    const auto answer = co_await ask(link, std::move(sql), deadline);
    if (answer) {
        note_answer(*link, question.key, said, *answer);
    } else if (answer.error().code != ErrorCode::cancelled) {
        note_silence(*link, question.key, said, answer.error(), clock.now());
    }
}

}  // namespace

Co<model::Facts> ask_site(std::shared_ptr<ServerLink> link, model::Facts facts, Deadline deadline) {
    const auto& memory = link->memory();
    if (memory.is_maxscale || link->context().options.questions == Questions{}) {
        co_return facts;
    }
    auto& clock = link->context().clock;
    auto& site = link->site();
    const Instant begun = clock.now();
    const bool is_rest_due = memory.has_asked_rest;
    if (is_rest_due || !link->context().options.questions.lag.empty()) {
        // The facts are in hand and should not grow old.
        const Deadline limit = clock.deadline_in(deadline.left(begun) / 2);
        const auto turn = co_await site.turn.take(limit);
        if (turn) {
            co_await ask_one(link, lag_question, limit);
            for (std::size_t i = 0; is_rest_due && i < std::size(rare_questions); ++i) {
                co_await ask_one(link, rare_questions[i], limit);
            }
        }
    }
    lag_question.put(facts, site.answers[lag_question.key]);
    for (const auto& question : rare_questions) {
        question.put(facts, site.answers[question.key]);
    }
    facts.site_took = clock.now() - begun;
    co_return facts;
}

}  // namespace orc::mysql
