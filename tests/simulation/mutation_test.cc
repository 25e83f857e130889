// Mistakes made on purpose: the simulator must notice each of them within a few stories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meddling.h"
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

template <typename Mutant>
GatewayWrap with() {
    return [](mysql::Gateway& inner) -> std::unique_ptr<mysql::Gateway> { return std::make_unique<Mutant>(inner); };
}

/// The first rule seen broken in up to `stories` stories; "" if none was.
std::string noticed(const GatewayWrap& wrap, Profile profile, std::uint64_t stories) {
    runtime::configure_log(runtime::LogLevel::error, runtime::LogFormat::text);
    std::string rules;
    for (std::uint64_t seed = 1; seed <= stories; ++seed) {
        WorldOptions options;
        options.wrap = wrap;
        const Verdict verdict = World(draw(seed, profile), options).run();
        for (const auto& violation : verdict.violations) {
            if (rules.find(violation.rule) == std::string::npos) {
                rules += violation.rule + " ";
            }
        }
        if (!rules.empty()) {
            return rules;
        }
    }
    return rules;
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

}  // namespace
}  // namespace orc::simulation
