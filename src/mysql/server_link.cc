#include "mysql/server_link.h"

#include <charconv>

#include "runtime/log.h"

namespace orc::mysql {
namespace {

// Longer than a recovery's pauses between steps, shorter than any server's patience with idle clients.
constexpr Micros work_session_kept = Seconds(20);
constexpr Micros kill_limit = Seconds(2);

/// The answer to Dialect::prepare_session: version, comment, session id.
bool introduce(const Answer& answer, ServerLink::Work& work) {
    if (answer.sets.empty() || answer.sets.back().rows.empty() || answer.sets.back().rows.front().size() < 3) {
        return false;
    }
    const auto& row = answer.sets.back().rows.front();
    work.dialect = Dialect(model::Version::parse(row[0].value_or(""), row[1].value_or("")));
    const auto id = row[2].value_or("");
    std::from_chars(id.data(), id.data() + id.size(), work.id);
    return true;
}

}  // namespace

bool ServerLink::has_kept() const {
    if (!kept_ || !kept_->is_open() || kept_generation_ != context_->generation) {
        return false;
    }
    const auto& options = context_->options;
    const Micros age = context_->clock.now() - kept_since_;
    if (!memory_.facts.missing_grants.empty() && age >= options.grants_awaited_for) {
        return false;
    }
    return options.session_life == Micros(0) || age < options.session_life;
}

Task<void> ServerLink::open_kept(std::shared_ptr<ServerLink> self, Deadline deadline) {
    if (self->context_->is_stopping) {
        co_return fail(ErrorCode::cancelled, "stopping");
    }
    self->drop_kept();
    self->drop_site();
    const unsigned generation = self->context_->generation;
    const std::shared_ptr<Session> session = self->context_->dialer.make(self->server_, self->context_->options.access);
    CO_TRY(co_await session->open(deadline));
    if (self->is_closed_) {  // the server was let go of meanwhile: nobody would ever close it
        session->close();
        co_return fail(ErrorCode::cancelled, self->server_.text() + " was let go of");
    }
    self->kept_ = session;
    self->kept_generation_ = generation;
    self->kept_since_ = self->context_->clock.now();
    self->memory_ = ProbeMemory{};
    if (session->needed_tls()) {
        self->memory_.facts.refuses_plain = true;
    }
    self->context_->tasks.spawn(watch(self, session));
    co_return Result<void>{};
}

void ServerLink::drop_kept() {
    if (const auto session = std::exchange(kept_, nullptr)) {
        session->close();
    }
}

void ServerLink::drop_site() {
    if (const auto work = std::exchange(site_.work, std::nullopt)) {
        work->session->close();
    }
}

Co<void> ServerLink::watch(std::shared_ptr<ServerLink> self, std::shared_ptr<Session> session) {
    co_await session->wait_for_end();
    // While somebody holds the turn, the end is the answer to what is asked, and the asker is told.
    if (self->kept_ == session && !session->is_open() && !self->turn_.is_taken()) {
        self->kept_ = nullptr;
        self->report_broken();
    }
}

void ServerLink::report_broken() {
    if (!context_->is_stopping && context_->on_broken) {
        context_->on_broken(server_);
    }
}

Task<Answer> ServerLink::ask(std::shared_ptr<ServerLink> self, std::string sql, Deadline deadline) {
    const auto session = self->kept_;
    if (!session) {
        co_return fail(ErrorCode::unreachable, self->server_.text() + ": no session");
    }
    auto answer = co_await session->query(std::move(sql), deadline);
    if (!answer && self->kept_ == session) {
        self->drop_kept();
    }
    co_return answer;
}

Task<ServerLink::Work> ServerLink::begin_work(std::shared_ptr<ServerLink> self, Deadline deadline) {
    auto& context = *self->context_;
    if (context.is_stopping) {
        co_return fail(ErrorCode::cancelled, "stopping");
    }
    Work work;
    bool is_reused = false;
    if (auto idle = std::exchange(self->idle_, std::nullopt)) {
        if (idle->session->is_open() && idle->generation == context.generation &&
            context.clock.now() - self->idle_since_ < work_session_kept) {
            work = std::move(*idle);
            is_reused = true;
        }
    }
    while (true) {
        if (!is_reused) {
            work.generation = context.generation;
            work.session = context.dialer.make(self->server_, context.options.access);
            CO_TRY(co_await work.session->open(deadline));
        }
        const auto limit = deadline.left(context.clock.now());
        auto ready = co_await work.session->query(Dialect::prepare_session(limit), deadline);
        if (!ready && is_reused && ready.error().code == ErrorCode::unreachable) {
            is_reused = false;  // it died while idle
            continue;
        }
        if (!ready) {
            co_return tl::unexpected<Error>(std::move(ready).error());
        }
        if (ready->error) {
            co_return tl::unexpected<Error>(with_context(self->server_.text(), std::move(*ready->error)));
        }
        if (!introduce(*ready, work)) {
            co_return fail(ErrorCode::invalid, self->server_.text() + ": it does not say who it is");
        }
        co_return work;
    }
}

void ServerLink::end_work(Work work) {
    if (work.session && is_closed_) {
        work.session->close();
    } else if (work.session && work.session->is_open() && !idle_ && !context_->is_stopping) {
        idle_ = std::move(work);
        idle_since_ = context_->clock.now();
    }
}

void ServerLink::abandon(Work work) {
    if (work.session) {
        work.session->close();
    }
    if (work.id != 0 && !context_->is_stopping) {
        context_->tasks.spawn(kill(shared_from_this(), work.id));
    }
}

Co<void> ServerLink::kill(std::shared_ptr<ServerLink> self, std::uint64_t id) {
    auto& context = *self->context_;
    const auto deadline = context.clock.deadline_in(kill_limit);
    const std::shared_ptr<Session> session = context.dialer.make(self->server_, context.options.access);
    const auto opened = co_await session->open(deadline);
    if (!opened) {
        LOG(warning, "statement.left_running", {{"server", self->server_}, {"why", opened.error().message}});
        co_return;
    }
    const auto killed = co_await session->query(Dialect::kill(id), deadline);
    if (!killed) {
        LOG(warning, "statement.left_running", {{"server", self->server_}, {"why", killed.error().message}});
    }
}

void ServerLink::close() {
    is_closed_ = true;
    drop_kept();
    drop_site();
    if (auto idle = std::exchange(idle_, std::nullopt)) {
        idle->session->close();
    }
}

}  // namespace orc::mysql
