// Strong text ids: ClusterName and RecoveryUid cannot be swapped by mistake.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace orc {

template <typename Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string text) : text_(std::move(text)) {}
    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    friend auto operator<=>(const Id&, const Id&) = default;

private:
    std::string text_;
};

using ClusterName = Id<struct ClusterNameTag>;
using RecoveryUid = Id<struct RecoveryUidTag>;
using NodeToken = Id<struct NodeTokenTag>;

}  // namespace orc

template <typename Tag>
struct std::hash<orc::Id<Tag>> {
    std::size_t operator()(const orc::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.text()); }
};
