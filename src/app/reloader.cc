#include "app/reloader.h"

#include <chrono>
#include <utility>

namespace orc::app {

void apply_flags(const cli::Flags& flags, config::Settings& settings) {
    if (flags.on("enable-database-update")) {
        settings.skip_orchestrator_database_update = false;
    }
}

Reloader::Reloader(Load load, cli::Flags flags, Executor executor, Micros limit)
    : load_(std::make_shared<const Load>(std::move(load))), flags_(std::move(flags)), limit_(limit), side_(executor) {}

Task<config::Loaded> Reloader::reload(std::optional<std::string> extra) {
    const auto answer = std::make_shared<std::optional<Result<config::Loaded>>>();
    std::function<void()> work = [answer, load = load_, extra = std::move(extra)] { *answer = (*load)(extra); };
    if (!co_await side_.run(std::move(work), limit_)) {
        const auto limit = std::chrono::duration_cast<Millis>(limit_);
        co_return fail(
            ErrorCode::timed_out,
            "the configuration files could not be read within " + std::to_string(limit.count()) + " ms"
        );
    }
    CO_TRY(auto loaded, **answer);
    apply_flags(flags_, loaded.settings);
    co_return loaded;
}

}  // namespace orc::app
