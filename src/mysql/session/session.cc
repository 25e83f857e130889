#include "mysql/session/session.h"

#include <strings.h>

namespace orc::mysql {

std::size_t ResultSet::column(std::string_view name) const {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].size() == name.size() && strncasecmp(columns[i].data(), name.data(), name.size()) == 0) {
            return i;
        }
    }
    return std::string_view::npos;
}

}  // namespace orc::mysql
