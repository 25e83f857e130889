// The configuration of a process that works, read again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/flags.h"
#include "config/load.h"
#include "runtime/side_thread.h"

namespace orc::app {

/// What flags say over the configuration, at start and again after each reload.
void apply_flags(const cli::Flags& flags, config::Settings& settings);

class Reloader {
public:
    /// Reads the files, as config::Files::reload does; only one thread calls it, never this one.
    using Load = std::function<Result<config::Loaded>(const std::optional<std::string>& extra)>;

    /// For use on `executor`, whose loop outlives this object. Nobody waits for the files longer than `limit`.
    Reloader(Load load, cli::Flags flags, Executor executor, Micros limit = Seconds(5));

    /// What `load` gives for `extra`, on a thread of its own: a file system that hangs must not keep the control thread
    /// from its servers. Errors: those of `load`; timed_out.
    Task<config::Loaded> reload(std::optional<std::string> extra);

private:
    std::shared_ptr<const Load> load_;  ///< shared with the side thread, which may outlive this object
    cli::Flags flags_;
    Micros limit_;
    runtime::SideThread side_;
};

}  // namespace orc::app
