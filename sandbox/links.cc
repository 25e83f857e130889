#include "sandbox/links.h"

namespace orc::sandbox {

std::vector<Link> links_of(Layout layout, int servers) {
    std::vector<Link> out;
    const auto add = [&out](int replica, int source, const char* channel = "") {
        out.push_back({.replica = replica, .source = source, .channel = channel});
    };
    switch (layout) {
        case Layout::flat:
            for (int i = 2; i <= servers; ++i) {
                add(i, 1);
            }
            break;
        case Layout::chain:
            for (int i = 2; i <= servers; ++i) {
                add(i, i - 1);
            }
            break;
        case Layout::tree:
            for (int i = 2; i <= servers; ++i) {
                add(i, i / 2);
            }
            break;
        case Layout::co_primary:
            add(1, 2);
            for (int i = 2; i <= servers; ++i) {
                add(i, 1);
            }
            break;
        case Layout::multi_source:
            for (int i = 3; i <= servers; ++i) {
                add(i, 1);
                add(i, 2, second_channel);
            }
            break;
        case Layout::group:
            break;  // its channels are the group's own business
    }
    return out;
}

std::vector<int> writable_in(Layout layout) {
    return layout == Layout::multi_source ? std::vector<int>{1, 2} : std::vector<int>{1};
}

std::string what_is_wrong_with(Layout layout, int servers) {
    if (layout == Layout::co_primary && servers < 2) {
        return "co-primaries are two servers at least";
    }
    if (layout == Layout::multi_source && servers < 3) {
        return "two sources and a replica are three servers at least";
    }
    if (layout == Layout::group && servers > 9) {
        return "a replication group has nine members at most";
    }
    return "";
}

}  // namespace orc::sandbox
