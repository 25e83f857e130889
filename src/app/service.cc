#include "app/service.h"

#include <utility>

#include "api/snapshots.h"
#include "app/audit_log.h"
#include "runtime/log.h"

#ifndef ORC_VERSION
#error "ORC_VERSION comes from CMake"
#endif

namespace orc::app {

std::string version() { return ORC_VERSION; }
std::string commit() { return ORC_COMMIT; }

namespace {

discovery::Seams discovery_seams(const Outside& outside, ledger::SingleNode& ledger) {
    return {
        outside.gateway,
        outside.store,
        ledger,
        outside.clock,
        outside.rng,
        outside.executor,
        &ledger,
        outside.host_names
    };
}

recovery::Seams recovery_seams(
    const Outside& outside, ledger::SingleNode& ledger, discovery::DiscoveryLoop& discovery
) {
    return {
        outside.gateway,
        outside.store,
        ledger,
        ledger,
        outside.hooks,
        outside.clock,
        outside.rng,
        discovery,
        outside.executor
    };
}

api::Seams api_seams(
    const Outside& outside,
    ledger::SingleNode& ledger,
    discovery::DiscoveryLoop& discovery,
    recovery::RecoveryLoop& recovery
) {
    return {
        discovery,
        recovery,
        ledger,
        ledger,
        outside.store,
        outside.gateway,
        outside.clock,
        outside.rng,
        outside.executor
    };
}

}  // namespace

Service::Service(Outside outside, ServiceOptions options)
    : outside_(outside),
      options_(std::move(options)),
      ledger_(outside_.store, outside_.clock, options_.node.token, options_.node.host, outside_.executor),
      discovery_(discovery_seams(outside_, ledger_), options_.settings),
      recovery_(recovery_seams(outside_, ledger_, discovery_), options_.settings, options_.node, options_.noop),
      caretaker_(
          CaretakerSeams{outside_.store, ledger_, discovery_, outside_.clock, outside_.executor},
          options_.settings,
          options_.node,
          options_.command == "http" ? std::string() : options_.command,
          options_.has_shared_backend,
          options_.part
      ),
      use_cases_(
          api_seams(outside_, ledger_, discovery_, recovery_),
          options_.settings,
          options_.node,
          version(),
          options_.command
      ) {
    outside_.store.keep_audit(options_.settings.audit_to_backend_db);
    api::Reloading reloading;
    reloading.load = options_.load_configuration;
    reloading.adopt = [this](const config::Settings& fresh) {
        options_.settings = fresh;
        outside_.store.keep_audit(fresh.audit_to_backend_db);
        discovery_.adopt(fresh);
        recovery_.adopt(fresh);
        if (options_.adopt_outside) {
            options_.adopt_outside(fresh);
        }
    };
    use_cases_.set_reloading(std::move(reloading));
    caretaker_.on_snapshot_due([this] { return take_snapshot(); });
    if (options_.watch || options_.has_shared_backend) {
        api::Membership membership;
        membership.pulse = [this] { return caretaker_.pulse(); };
        membership.grab = [this] { return caretaker_.grab(); };
        membership.reelect = [this] { return caretaker_.reelect(); };
        membership.catch_up = [this] { return caretaker_.catch_up(); };
        membership.is_shared = options_.has_shared_backend;
        membership.is_guest = options_.part == Part::guest;
        use_cases_.set_membership(std::move(membership));
    }
    ledger_.on_change([this](const std::vector<model::Change>& changes) { tell_audit(changes, *use_cases_.settings()); }
    );
}

Service::~Service() = default;

Task<void> Service::take_snapshot() {
    CO_TRY([[maybe_unused]] const Micros took, co_await api::take_snapshot(use_cases_));
    co_return Result<void>{};
}

Task<void> Service::start() {
    CO_TRY(co_await caretaker_.start());
    if (options_.wants_lead && options_.has_shared_backend) {
        CO_TRY(co_await caretaker_.grab());
    }
    if (options_.watch || options_.has_shared_backend) {
        caretaker_.live_on();
    }
    CO_TRY(co_await discovery_.start());
    if (options_.watch) {
        CO_TRY(co_await recovery_.start());
    }
    LOG(info, "service.started", {{"version", version()}, {"store", outside_.store.describe()}});
    co_return Result<void>{};
}

Co<void> Service::stop() {
    co_await recovery_.stop();
    co_await discovery_.stop();
    co_await outside_.gateway.stop();
    co_await caretaker_.stop();
    co_await ledger_.stop();
    co_await outside_.store.close();
    LOG(info, "service.stopped", {});
}

}  // namespace orc::app
