// The configuration of a running process: read again, compared, put in force.
#include "api/use_cases.h"
#include "base/text.h"
#include "runtime/log.h"

namespace orc::api {
namespace {

void tell(const std::vector<config::Note>& notes) {
    for (const auto& note : notes) {
        if (note.level == config::Note::Level::warning) {
            runtime::advise(
                "configuration.questioned", {{"file", note.file}, {"key", note.key}, {"why", note.message}}
            );
        }
    }
}

/// Names only: values may be secret.
std::string in_words(const config::Changes& changes) {
    std::string out = changes.live.empty() ? "nothing changed" : "changed: " + join(changes.live, ", ");
    if (!changes.needs_restart.empty()) {
        out += "; needs a restart: " + join(changes.needs_restart, ", ");
    }
    return out;
}

}  // namespace

Task<void> UseCases::note(std::string type, std::string message) {
    std::vector<model::Change> changes;
    changes.push_back(audited(std::move(type), std::nullopt, std::move(message)));
    co_return co_await commit(std::move(changes));
}

Task<config::Changes> UseCases::reload_configuration(std::string trigger, std::optional<std::string> extra) {
    if (!reloading_.load) {
        co_return fail(ErrorCode::refused, "this process cannot read its configuration again");
    }
    const std::string triggered = "Triggered via " + trigger;
    auto loaded = co_await reloading_.load(std::move(extra));
    if (!loaded) {
        const std::string why = "the running configuration stays: " + loaded.error().message;
        LOG(error, "configuration.rejected", {{"trigger", trigger}, {"why", loaded.error().message}});
        const auto noted = co_await note("reload-configuration", triggered + ": " + why);
        if (!noted) {
            LOG(warning, "audit.not_written", {{"why", noted.error().message}});
        }
        co_return fail(ErrorCode::invalid, why);
    }
    const auto running = settings();
    const config::Changes changes = config::keep_start_values(*running, loaded->settings);
    tell(loaded->notes);
    if (reloading_.adopt) {
        reloading_.adopt(loaded->settings);
    }
    auto fresh = std::make_shared<const Standing>(std::move(loaded->settings));
    {
        const std::scoped_lock lock(standing_mutex_);
        standing_ = std::move(fresh);
    }
    const std::string outcome = in_words(changes);
    LOG(info, "configuration.reloaded", {{"trigger", trigger}, {"outcome", outcome}});
    if (!changes.needs_restart.empty()) {
        runtime::advise("configuration.waits_for_restart", {{"keys", join(changes.needs_restart, ", ")}});
    }
    const auto noted = co_await note("reload-configuration", triggered);
    if (!noted) {
        LOG(warning, "audit.not_written", {{"why", noted.error().message}});
    }
    co_return changes;
}

}  // namespace orc::api
