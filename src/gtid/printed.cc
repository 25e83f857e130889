#include "gtid/printed.h"

namespace orc::gtid {

std::string printed(const GtidSet& set) {
    std::string out;
    for (const char c : set.text()) {
        out += c;
        if (c == ',') {
            out += '\n';
        }
    }
    return out;
}

}  // namespace orc::gtid
