// The program itself: its processes, its configuration, its commands.
#include "api/access_tokens.h"
#include "api/snapshots.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "config/dump.h"

namespace orc::cli::commands {

Task<Lines> active_nodes(Call call) {
    const api::Health health = co_await call.use_cases.health();
    if (!health.error.empty()) {
        co_return fail(ErrorCode::unreachable, health.error);
    }
    Lines out;
    for (const auto& node : health.nodes) {
        out += line(
            "&{" + node.host + " " + node.token.text() + " " + node.version + " " + db_timestamp(node.first_seen) +
            " " + db_timestamp(node.last_seen) + "  " + node.command + " " + node.backend + "}"
        );
    }
    co_return out;
}

Task<Lines> access_token(Call call) {
    CO_TRY(const std::string token, co_await api::make_access_token(call.use_cases, owner_argument(call)));
    co_return line(token);
}

Task<Lines> snapshot_topologies(Call call) {
    CO_TRY(co_await api::take_snapshot(call.use_cases));
    co_return Lines{};
}

/// The program becomes the service without coming here; who comes here asks a service that runs already.
Task<Lines> continuous(Call call) {
    co_return fail(ErrorCode::conflict, call.use_cases.node().host + " runs the service already");
}

Task<Lines> redeploy_tables(Call call) {
    CO_TRY(co_await call.use_cases.seams().store.redeploy());
    co_return line("Redeployed internal db");
}

Task<Lines> dump_config(Call call) { co_return line(config::dump(*call.use_cases.settings(), false)); }

/// The listing belongs on standard error; the program prints it without coming here.
Task<Lines> help(Call /*call*/) { co_return Lines{}; }

}  // namespace orc::cli::commands
