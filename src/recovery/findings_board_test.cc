#include "recovery/findings_board.h"

#include <gmock/gmock.h>

namespace orc::recovery {
namespace {

analysis::Finding finding(const std::string& host) {
    analysis::Finding one;
    one.subject = Endpoint{host, 3306};
    return one;
}

std::vector<std::string> hosts(const FindingsBoard& board) {
    std::vector<std::string> hosts;
    const auto all = board.all();
    for (const auto& one : *all) {
        hosts.push_back(one.subject.host);
    }
    return hosts;
}

TEST(FindingsBoard, shows_the_newest_of_each_cluster) {
    FindingsBoard board;
    EXPECT_THAT(hosts(board), testing::IsEmpty());
    board.put(ClusterName("b"), {finding("b1"), finding("b2")});
    board.put(ClusterName("a"), {finding("a1")});
    EXPECT_THAT(hosts(board), testing::ElementsAre("a1", "b1", "b2"));
    EXPECT_THAT(board.subjects(), testing::ElementsAre(Endpoint{"a1", 3306}, Endpoint{"b1", 3306}));
    board.put(ClusterName("b"), {finding("b3")});
    EXPECT_THAT(hosts(board), testing::ElementsAre("a1", "b3"));
    EXPECT_EQ(board.of(ClusterName("b")).size(), 1U);
    board.put(ClusterName("b"), {});
    EXPECT_THAT(hosts(board), testing::ElementsAre("a1"));
    EXPECT_TRUE(board.of(ClusterName("b")).empty());
}

TEST(FindingsBoard, a_reader_keeps_what_it_was_given_and_nothing_is_copied_while_nothing_changes) {
    FindingsBoard board;
    board.put(ClusterName("a"), {finding("a1")});
    const auto before = board.all();
    board.put(ClusterName("b"), {});
    EXPECT_EQ(board.all(), before);
    board.put(ClusterName("a"), {});
    EXPECT_EQ(before->size(), 1U);
    EXPECT_TRUE(board.all()->empty());
}

TEST(FindingsBoard, clusters_that_are_gone_leave_it) {
    FindingsBoard board;
    board.put(ClusterName("a"), {finding("a1")});
    board.put(ClusterName("b"), {finding("b1")});
    model::Topology topology;
    topology.clusters[ClusterName("b")] = nullptr;
    board.keep_only_those_of(topology);
    EXPECT_THAT(hosts(board), testing::ElementsAre("b1"));
}

}  // namespace
}  // namespace orc::recovery
