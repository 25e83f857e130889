// For people: runs one story, or many, and shows what happens.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "runtime/log.h"
#include "world.h"

namespace {

using namespace orc::simulation;

int usage() {
    std::fputs(
        "simulate [--seed N] [--count N] [--profile NAME] [--trace] [--log]\n"
        "Runs the whole program on simulated servers. The same seed is the same story.\n"
        "Profiles: kill noise crash freeze partition lag switchover service_death store_trouble mixed\n          "
        "second_blow hooks\n",
        stderr
    );
    return 2;
}

std::optional<Profile> profile_named(const char* text) {
    for (int i = 0; i < profile_count; ++i) {
        if (name(Profile(i)) == text) {
            return Profile(i);
        }
    }
    return std::nullopt;
}

struct Wish {
    std::uint64_t seed = 1;
    std::uint64_t count = 1;
    std::optional<Profile> profile;
    bool has_trace = false;
    bool has_log = false;
};

std::optional<Wish> parse(int argc, char** argv) {
    Wish wish;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (word == "--trace") {
            wish.has_trace = true;
        } else if (word == "--log") {
            wish.has_log = true;
        } else if (value == nullptr) {
            return std::nullopt;
        } else if (word == "--seed") {
            wish.seed = std::strtoull(argv[++i], nullptr, 10);
        } else if (word == "--count") {
            wish.count = std::strtoull(argv[++i], nullptr, 10);
        } else if (word == "--profile" && profile_named(value)) {
            wish.profile = profile_named(argv[++i]);
        } else {
            return std::nullopt;
        }
    }
    return wish;
}

}  // namespace

int main(int argc, char** argv) {
    const auto wish = parse(argc, argv);
    if (!wish) {
        return usage();
    }
    orc::runtime::configure_log(
        wish->has_log ? orc::runtime::LogLevel::debug : orc::runtime::LogLevel::error, orc::runtime::LogFormat::text
    );
    std::uint64_t failed = 0;
    Tally sum;
    for (std::uint64_t seed = wish->seed; seed < wish->seed + wish->count; ++seed) {
        const Scenario scenario = wish->profile ? draw(seed, *wish->profile) : draw(seed);
        WorldOptions options;
        options.is_traced = wish->has_trace;
        if (wish->has_trace) {
            options.reader = [](const std::string& line) { std::puts(line.c_str()); };
        }
        const Verdict verdict = World(scenario, options).run();
        if (!verdict.is_clean() || wish->count == 1) {
            std::printf("%s\n%s", scenario.text().c_str(), verdict.text().c_str());
            std::printf(
                "  %s, %llu events\n", verdict.tally.text().c_str(), static_cast<unsigned long long>(verdict.events)
            );
        }
        sum.add(verdict.tally);
        failed += !verdict.is_clean();
    }
    std::printf("%s\n", sum.text().c_str());
    std::printf("%llu of %llu stories went wrong\n", (unsigned long long)failed, (unsigned long long)wish->count);
    return failed == 0 ? 0 : 1;
}
