#include "recovery/eyes.h"

namespace orc::recovery {
namespace {

class DiscoveryEyes final : public Eyes {
public:
    explicit DiscoveryEyes(discovery::DiscoveryLoop& discovery) : discovery_(discovery) {}
    model::TopologyPtr topology() const override { return discovery_.topology(); }
    model::ClusterPtr cluster_now(const Endpoint& server) const override { return discovery_.cluster_now(server); }
    Co<void> refresh(std::vector<Endpoint> servers, Deadline deadline) override {
        return discovery_.refresh(std::move(servers), deadline);
    }
    void suspect(const Endpoint& server, std::string why) override { discovery_.suspect(server, std::move(why)); }
    void on_cluster_changed(std::function<void(model::ClusterPtr)> listener) override {
        discovery_.on_cluster_changed(std::move(listener));
    }

private:
    discovery::DiscoveryLoop& discovery_;
};

}  // namespace

std::unique_ptr<Eyes> make_eyes(discovery::DiscoveryLoop& discovery) {
    return std::make_unique<DiscoveryEyes>(discovery);
}

}  // namespace orc::recovery
