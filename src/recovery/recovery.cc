#include "recovery/recovery.h"

#include "recovery/loop_state.h"
#include "runtime/log.h"

namespace orc::recovery {

RecoveryLoop::State::State(
    Seams seams, std::unique_ptr<Eyes> owned_eyes, config::Settings settings, Node node, bool noop
)
    : eyes(std::move(owned_eyes)),
      shop{
          seams.gateway,
          seams.store,
          seams.ledger,
          seams.leadership,
          seams.hooks,
          seams.clock,
          seams.rng,
          *eyes,
          seams.executor,
          settings,
          analysis::Policy(settings),
          planning::Policy(settings),
          std::move(node),
          noop,
          {},
          {},
          {},
          {},
          {},
          {},
          nullptr
      },
      group(seams.executor) {
    shop.group = &group;
    shop.tell = [this](const Event& event) { tell(event); };
    shop.keep_fencing = [this](Endpoint server) { keep_fencing(std::move(server)); };
    shop.stop_fencing = [this](Endpoint server) { fencing.erase(server); };
    shop.running_changed = [this] { publish_running(); };
    shop.next_recovery_id = [this] { return next_id(recovery_ids, shop.ledger.intent()->last_recovery_id); };
    shop.next_detection_id = [this] { return next_id(detection_ids, shop.ledger.intent()->last_detection_id); };
}

// Several may be given out before the first of them is committed.
std::int64_t RecoveryLoop::State::next_id(std::int64_t& counter, std::int64_t last) const {
    counter = std::max(counter, last) + 1;
    return counter;
}

void RecoveryLoop::State::tell(const Event& event) {
    for (const auto& listener : listeners) {
        listener(event);
    }
}

void RecoveryLoop::State::publish_running() {
    std::vector<Running> fresh;
    fresh.reserve(attempts.size());
    for (const auto& [uid, attempt] : attempts) {
        fresh.push_back(attempt->running());
    }
    const std::scoped_lock lock(mutex);
    running = std::move(fresh);
}

RecoveryLoop::RecoveryLoop(Seams seams, config::Settings settings, Node node, bool noop)
    : RecoveryLoop(seams, make_eyes(seams.discovery), std::move(settings), std::move(node), noop) {}

RecoveryLoop::RecoveryLoop(Seams seams, std::unique_ptr<Eyes> eyes, config::Settings settings, Node node, bool noop)
    : state_(std::make_shared<State>(seams, std::move(eyes), std::move(settings), std::move(node), noop)) {}

RecoveryLoop::~RecoveryLoop() = default;

Task<void> RecoveryLoop::start() {
    const auto state = state_;
    const std::weak_ptr<State> weak = state;
    state->eyes->on_cluster_changed([weak](model::ClusterPtr cluster) {
        if (const auto alive = weak.lock(); alive && !alive->group.is_stopping()) {
            alive->react(cluster);
        }
    });
    state->resume_the_dead();
    const auto topology = state->eyes->topology();
    for (const auto& [name, cluster] : topology->clusters) {
        state->react(cluster);
    }
    state->group.spawn(state->upkeep());
    co_return Result<void>();
}

Co<void> RecoveryLoop::stop() {
    const auto state = state_;
    co_await state->group.stop();
}

void RecoveryLoop::adopt(const config::Settings& settings) {
    // Nobody holds a piece of these over a wait: each use reads what is in force then.
    state_->shop.settings = settings;
    state_->shop.analysis = analysis::Policy(settings);
    state_->shop.planning = planning::Policy(settings);
    const auto topology = state_->eyes->topology();
    for (const auto& [name, cluster] : topology->clusters) {
        state_->react(cluster);
    }
}

std::shared_ptr<const std::vector<analysis::Finding>> RecoveryLoop::findings() const { return state_->findings.all(); }

std::vector<Running> RecoveryLoop::running() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->running;
}

void RecoveryLoop::on_event(std::function<void(const Event&)> listener) {
    state_->listeners.push_back(std::move(listener));
}

Task<planning::Plan> RecoveryLoop::preview_recovery(RecoverRequest request) {
    const auto state = state_;
    CO_TRY(const auto understood, state->understand(request));
    co_return state->plan_for(understood.first);
}

Task<planning::Plan> RecoveryLoop::preview_takeover(TakeoverRequest request) {
    const auto state = state_;
    CO_TRY(const auto understood, state->understand(request));
    co_return state->plan_for(understood.first);
}

Task<Outcome> RecoveryLoop::recover(RecoverRequest request) {
    const auto state = state_;
    CO_TRY(auto understood, state->understand(request));
    CO_TRY(auto plan, state->plan_for(understood.first));
    co_return co_await state->carry_out(
        std::move(understood.first), std::move(understood.second), std::move(plan), request.actor
    );
}

Task<Outcome> RecoveryLoop::take_over(TakeoverRequest request) {
    const auto state = state_;
    CO_TRY(auto understood, state->understand(request));
    CO_TRY(auto plan, state->plan_for(understood.first));
    co_return co_await state->carry_out(
        std::move(understood.first), std::move(understood.second), std::move(plan), request.actor
    );
}

}  // namespace orc::recovery
