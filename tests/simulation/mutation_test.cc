// Mistakes made on purpose: the simulator must notice each of them within a few stories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meddling.h"
#include "plan_watch.h"
#include "runtime/log.h"
#include "world.h"

namespace orc::simulation {
namespace {

/// Says that all is applied as soon as it is asked, and resets with whatever is left.
class ImpatientGateway final : public MeddlingGateway {
public:
    using MeddlingGateway::MeddlingGateway;
    Task<void> wait_until_applied(Endpoint, gtid::Progress, Deadline) override { co_return Result<void>{}; }
    Task<mysql::Positions> positions(Endpoint server, Deadline deadline) override {
        auto positions = co_await inner_.positions(server, deadline);
        if (positions && positions->channel) {
            positions->executed = gtid::union_of(positions->executed, positions->received);
            positions->channel->executed = positions->channel->read;
        }
        co_return positions;
    }
    Task<void> reset_replication(Endpoint server, std::string channel, bool, Deadline deadline) override {
        return inner_.reset_replication(server, std::move(channel), true, deadline);
    }
};

/// Closes nobody, and says that it did.
class UnfencedGateway final : public MeddlingGateway {
public:
    using MeddlingGateway::MeddlingGateway;
    Task<void> set_read_only(Endpoint server, mysql::ReadOnlyChange change, Deadline deadline) override {
        if (change.read_only) {
            return nothing();
        }
        return inner_.set_read_only(server, change, deadline);
    }

private:
    static Task<void> nothing() { co_return Result<void>{}; }
};

/// Takes everybody's word that no replica receives anything.
class BlindGateway final : public MeddlingGateway {
public:
    using MeddlingGateway::MeddlingGateway;
    Task<model::Facts> probe(Endpoint server, Deadline deadline) override {
        auto facts = co_await inner_.probe(server, deadline);
        if (facts) {
            for (auto& channel : facts->channels) {
                channel.receiver = model::ThreadState::other;
                channel.receiver_errno = 2003;
            }
        }
        co_return facts;
    }
};

/// Starts receivers of MariaDB before their relay logs are applied.
class RestlessGateway final : public MeddlingGateway {
public:
    using MeddlingGateway::MeddlingGateway;
    Task<void> start_applier(Endpoint server, std::string channel, Deadline deadline) override {
        return restart(server, std::move(channel), deadline);
    }

private:
    Task<void> restart(Endpoint server, std::string channel, Deadline deadline) {
        CO_TRY(co_await inner_.stop_replication(server, channel, deadline));
        co_return co_await inner_.start_replication(server, channel, deadline);
    }
};

/// Starts the receiver anew before the applier of a replica that has stood still.
class AnxiousGateway final : public MeddlingGateway {
public:
    using MeddlingGateway::MeddlingGateway;
    Task<void> start_applier(Endpoint server, std::string channel, Deadline deadline) override {
        return with_restart(server, std::move(channel), deadline);
    }

private:
    Task<void> with_restart(Endpoint server, std::string channel, Deadline deadline) {
        CO_TRY(co_await inner_.restart_receiver(server, channel, deadline));
        co_return co_await inner_.start_applier(server, channel, deadline);
    }
};

/// Points each replica at the one moved before it: all end below the new primary, but not where the plan says.
class ChainingGateway final : public MeddlingGateway {
public:
    using MeddlingGateway::MeddlingGateway;
    Task<void> change_source(Endpoint server, mysql::SourceChange change, Deadline deadline) override {
        const auto intended = change.source;
        if (last_ && last_->first != server && last_->second == intended) {
            change.source = last_->first;
        }
        last_ = std::pair(server, intended);
        return inner_.change_source(server, std::move(change), deadline);
    }

private:
    std::optional<std::pair<Endpoint, Endpoint>> last_;
};

/// Pauses acknowledging while a receiver is stopped: whoever dies in between leaves it off.
class PausingGateway final : public MeddlingGateway {
public:
    using MeddlingGateway::MeddlingGateway;
    Task<void> stop_receiver(Endpoint server, std::string channel, Deadline deadline) override {
        return with_pause(server, std::move(channel), deadline);
    }

private:
    Task<void> with_pause(Endpoint server, std::string channel, Deadline deadline) {
        CO_TRY(const auto facts, co_await inner_.probe(server, deadline));
        const bool pauses = facts.semi_sync.replica_enabled;
        if (pauses) {
            CO_TRY(co_await inner_.set_semi_sync_replica(server, false, deadline));
        }
        const auto stopped = co_await inner_.stop_receiver(server, std::move(channel), deadline);
        if (pauses) {
            CO_TRY(co_await inner_.set_semi_sync_replica(server, true, deadline));
        }
        co_return stopped;
    }
};

template <typename Mutant>
GatewayWrap with() {
    return [](mysql::Gateway& inner) -> std::unique_ptr<mysql::Gateway> { return std::make_unique<Mutant>(inner); };
}

/// What the first of up to `stories` stories that went wrong broke: rules and how; "" if none did.
std::string noticed(const GatewayWrap& wrap, Profile profile, std::uint64_t stories) {
    runtime::configure_log(runtime::LogLevel::error, runtime::LogFormat::text);
    std::string wrong;
    for (std::uint64_t seed = 1; seed <= stories; ++seed) {
        WorldOptions options;
        options.wrap = wrap;
        const Verdict verdict = World(draw(seed, profile), options).run();
        for (const auto& violation : verdict.violations) {
            wrong += violation.rule + ": " + violation.what + "\n";
        }
        if (!wrong.empty()) {
            return wrong;
        }
    }
    return wrong;
}

TEST(SimulatorNotices, a_promotion_before_everything_is_applied) {
    EXPECT_THAT(
        noticed(with<ImpatientGateway>(), Profile::lag, 60),
        testing::AnyOf(testing::HasSubstr("I-2"), testing::HasSubstr("loss"))
    );
}

TEST(SimulatorNotices, a_primary_that_nobody_closed) {
    EXPECT_THAT(
        noticed(with<UnfencedGateway>(), Profile::switchover, 30),
        testing::AnyOf(testing::HasSubstr("I-5"), testing::HasSubstr("writers"))
    );
}

TEST(SimulatorNotices, a_failover_from_a_living_primary) {
    EXPECT_THAT(noticed(with<BlindGateway>(), Profile::noise, 30), testing::HasSubstr("false failover"));
}

TEST(SimulatorNotices, relay_logs_that_are_thrown_away) {
    EXPECT_THAT(
        noticed(with<RestlessGateway>(), Profile::lag, 60),
        testing::AnyOf(testing::HasSubstr("I-2"), testing::HasSubstr("loss"))
    );
}

TEST(SimulatorNotices, a_receiver_that_is_started_anew_while_its_applier_stands_still) {
    EXPECT_THAT(
        noticed(with<AnxiousGateway>(), Profile::lag, 200), testing::HasSubstr("throws away what it received: restart")
    );
}

TEST(SimulatorNotices, acknowledging_that_stays_off_because_the_manager_died_in_between) {
    EXPECT_THAT(noticed(with<PausingGateway>(), Profile::service_death, 120), testing::HasSubstr("acks: "));
}

TEST(SimulatorNotices, replicas_that_are_moved_elsewhere_than_the_plan_says) {
    EXPECT_THAT(noticed(with<ChainingGateway>(), Profile::kill, 30), testing::HasSubstr("I-10"));
}

/// Two steps, the second after the first, as they are reported.
recovery::Running two_steps(planning::StepState first, planning::StepState second) {
    recovery::Running out;
    out.record.uid = RecoveryUid("u1");
    for (int id = 1; id <= 2; ++id) {
        planning::Step step;
        step.id = id;
        step.action = planning::OpenForWrites{Endpoint{"db" + std::to_string(id), 3306}};
        if (id == 2) {
            step.after = {1};
        }
        planning::StepReport report;
        report.step = id;
        report.what = planning::describe(step.action);
        report.state = id == 1 ? first : second;
        out.plan.steps.push_back(std::move(step));
        out.steps.push_back(std::move(report));
    }
    return out;
}

TEST(SimulatorNotices, steps_in_an_order_or_of_a_kind_that_no_plan_has_shown) {
    using planning::StepState;
    const auto wrong = [](const recovery::Running& running) { return PlanWatch().look(running); };
    EXPECT_THAT(wrong(two_steps(StepState::done, StepState::running)), testing::IsEmpty());
    EXPECT_THAT(
        wrong(two_steps(StepState::running, StepState::running)), testing::ElementsAre(testing::HasSubstr("before"))
    );
    EXPECT_THAT(
        wrong(two_steps(StepState::failed, StepState::done)), testing::ElementsAre(testing::HasSubstr("before"))
    );
    auto other = two_steps(StepState::done, StepState::pending);
    other.steps[1].what = "make db3:3306 writable";
    EXPECT_THAT(wrong(other), testing::ElementsAre(testing::HasSubstr("no plan has shown")));
    PlanWatch watch;
    EXPECT_THAT(watch.look(two_steps(StepState::done, StepState::pending)), testing::IsEmpty());
    auto renumbered = two_steps(StepState::done, StepState::pending);
    renumbered.plan.steps[1].action = planning::OpenForWrites{Endpoint{"db4", 3306}};
    EXPECT_THAT(watch.look(renumbered), testing::Not(testing::IsEmpty()));
}

}  // namespace
}  // namespace orc::simulation
