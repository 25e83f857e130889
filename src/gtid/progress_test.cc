#include "gtid/progress.h"

#include <gmock/gmock.h>

#include "gtid/errant.h"

namespace orc::gtid {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

GtidSet gtids(std::string_view text) { return GtidSet::parse(text).value(); }
MariadbPosition position(std::string_view text) { return MariadbPosition::parse(text).value(); }

/// "?" is unknown, "a:..." a set, "0-..." a position, "{}" the empty set, "()" the empty position.
Progress progress(std::string_view text) {
    if (text == "?") {
        return {};
    }
    if (text == "{}") {
        return GtidSet();
    }
    if (text == "()") {
        return MariadbPosition();
    }
    return text.find(':') != std::string_view::npos ? Progress(gtids(text)) : Progress(position(text));
}

TEST(Progress, relates_without_knowing_the_flavour) {
    struct Case {
        std::string_view name;
        std::string_view mine, reference;
        std::string_view relation;
        std::uint64_t missing;  // what mine lacks of reference
    };
    const Case cases[] = {
        {"equal sets", "a:1-5", "a:1-5", "equal", 0},
        {"a set behind", "a:1-5", "a:1-9,b:1", "behind", 5},
        {"a set ahead", "a:1-9,b:1", "a:1-5", "ahead", 0},
        {"diverged sets", "a:1-9", "a:1-5,b:1-3", "diverged", 3},
        {"two empty sets", "{}", "{}", "equal", 0},
        {"an empty set is behind", "{}", "a:1", "behind", 1},
        {"equal positions", "0-1-5", "0-1-5", "equal", 0},
        {"a position behind", "0-1-5", "0-1-9,1-1-2", "behind", 6},
        {"a position behind, written on by another server", "0-1-5", "0-2-9", "behind", 4},
        {"a position ahead", "0-1-9", "0-1-5", "ahead", 0},
        {"diverged positions", "0-1-9,1-1-1", "0-1-5,1-1-4", "diverged", 3},
        {"the same sequence by different servers", "0-1-5", "0-2-5", "diverged", 1},
        {"two empty positions", "()", "()", "equal", 0},
        {"a domain never seen", "()", "3-1-8", "behind", 8},
        {"unknown against known", "?", "a:1-5", "unknown", 5},
        {"unknown against a position", "?", "0-1-7", "unknown", 7},
        {"known against unknown", "a:1-5", "?", "unknown", 0},
        {"unknown against unknown", "?", "?", "unknown", 0},
        {"two flavours", "a:1-5", "0-1-5", "unknown", 5},
        {"two flavours, the other way", "0-1-5", "a:1-4", "unknown", 4},
        {"beyond counting", "()", "0-1-18446744073709551615,1-1-2", "behind", 18446744073709551615u},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto mine = progress(c.mine);
        const auto reference = progress(c.reference);
        EXPECT_EQ(name(relate(mine, reference)), c.relation);
        EXPECT_EQ(missing_count(mine, reference), c.missing);
        EXPECT_EQ(covers(mine, reference), c.relation == "equal" || c.relation == "ahead");
    }
}

TEST(Progress, unites_what_can_be_united) {
    EXPECT_EQ(union_of(progress("a:1-3"), progress("a:5,b:1")), progress("a:1-3:5,b:1"));
    EXPECT_EQ(union_of(progress("0-1-3,1-1-9"), progress("0-2-5")), progress("0-2-5,1-1-9"));
    EXPECT_EQ(union_of(progress("?"), progress("a:1")), progress("a:1"));
    EXPECT_EQ(union_of(progress("0-1-3"), progress("?")), progress("0-1-3"));
    EXPECT_EQ(union_of(progress("?"), progress("?")), progress("?"));
    EXPECT_EQ(union_of(progress("a:1"), progress("0-1-3")), progress("?"));
}

TEST(Progress, prints_and_knows_emptiness) {
    EXPECT_EQ(text(progress("A:1-3")), "a:1-3");
    EXPECT_EQ(text(progress("0-1-3")), "0-1-3");
    EXPECT_EQ(text(progress("?")), "");
    EXPECT_TRUE(empty(progress("?")));
    EXPECT_TRUE(empty(progress("{}")));
    EXPECT_TRUE(empty(progress("()")));
    EXPECT_FALSE(empty(progress("a:1")));
    EXPECT_FALSE(empty(progress("0-1-3")));
}

TEST(Errant, is_the_exact_difference_when_the_source_was_read_last) {
    EXPECT_EQ(errant(gtids("p:1-10,r:1-2:t:7"), gtids("p:1-12,r:1")).text(), "r:2:t:7");
    EXPECT_EQ(errant(gtids("old:1-9"), gtids("old:1-7")).text(), "old:8-9") << "an ancestor's tail is errant too";
    EXPECT_TRUE(errant(gtids("p:1-10"), gtids("p:1-12")).empty());
}

TEST(Errant, what_is_beyond_the_sources_last_number_may_still_be_on_its_way_there) {
    struct Case {
        std::string_view name;
        std::string_view errant, source;
        Lineage lineage;
        std::string_view beyond;
    };
    const Case cases[] = {
        {"an ancestor's newest", "p:11-12", "p:1-10", {"r", {"p"}, false}, "p:11-12"},
        {"an ancestor's that the source has nothing of", "P:1-2", "q:1", {"r", {"p"}, false}, "p:1-2"},
        {"in a hole: never to come", "p:5:11", "p:1-4:6-10", {"r", {"p"}, false}, "p:11"},
        {"across the end", "p:5-12", "p:6-10", {"r", {"p"}, false}, "p:11-12"},
        {"of a former primary, some of it known", "old:8-9", "old:1-7", {"r", {"p"}, false}, "old:8-9"},
        {"a stranger's", "x:1", "p:1-10", {"r", {"p"}, false}, ""},
        {"its own", "r:3", "p:1-10,r:1-2", {"R", {"p", "r"}, false}, ""},
        {"tags count apart", "p:11:t:3:u:1", "p:1-12:t:1-2", {"r", {"p"}, false}, "p:t:3:u:1"},
        {"nothing", "", "p:1", {"r", {"p"}, false}, ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(beyond_source(gtids(c.errant), gtids(c.source), c.lineage).text(), c.beyond);
    }
}

TEST(Errant, finds_mariadb_writes_the_source_never_had) {
    const std::vector<std::uint32_t> private_domains = {9};
    const auto found = [&](std::string_view replica, std::string_view source) {
        std::vector<std::string> out;
        for (const auto& gtid : errant(position(replica), 2, position(source), private_domains)) {
            out.push_back(gtid.text());
        }
        return out;
    };
    EXPECT_THAT(found("0-1-5", "0-1-7"), IsEmpty());
    EXPECT_THAT(found("0-1-9", "0-1-7"), IsEmpty())
        << "not written by the replica: it only ran ahead of a stale reading";
    EXPECT_THAT(found("0-2-8", "0-1-7"), ElementsAre("0-2-8"));
    EXPECT_THAT(found("0-2-7", "0-1-7"), ElementsAre("0-2-7")) << "same sequence, other server";
    EXPECT_THAT(found("0-2-7", "0-2-7"), IsEmpty()) << "its own write came round";
    EXPECT_THAT(found("0-2-6", "0-1-7"), IsEmpty());
    EXPECT_THAT(found("0-1-5,3-1-1", "0-1-7"), ElementsAre("3-1-1")) << "a domain the source does not know";
    EXPECT_THAT(found("0-1-5,9-2-1", "0-1-7"), IsEmpty()) << "a private domain";
}

}  // namespace
}  // namespace orc::gtid
