#include "mysql/session/errors.h"

#include <string>

namespace orc::mysql {

ErrorCode code_of(int number) {
    switch (number) {
        // Log-in, privileges, read-only modes.
        case 1044:  // database access denied
        case 1045:  // wrong user or password
        case 1142:  // command denied on a table
        case 1095:  // not the owner of a session
        case 1143:
        case 1227:  // a privilege is missing
        case 1251:  // client does not support the authentication protocol
        case 1290:  // running with --read-only or --skip-grant-tables
        case 1370:
        case 1410:
        case 1698:  // authentication by socket only
        case 1792:  // read-only transaction
        case 1836:  // innodb read-only
        case 1862:  // password has expired
        case 1820:
        case 3118:  // account is locked
        case 3159:  // insecure transport refused
        case 4151:  // MariaDB: account is locked
            return ErrorCode::denied;
        // The server will not serve anybody, or not us, at this moment.
        case 1040:  // too many connections
        case 1041:
        case 1042:
        case 1043:
        case 1053:  // shutdown in progress
        case 1077:
        case 1078:
        case 1079:
        case 1080:
        case 1129:  // host is blocked
        case 1130:  // host is not allowed
        case 1152:
        case 1153:
        case 1158:
        case 1159:
        case 1160:
        case 1161:
        case 1184:
        case 1203:  // user has too many connections
        case 1226:  // user has exceeded a resource limit
        case 1927:  // MariaDB: connection was killed
        case 3168:  // server is not available to clients (being recovered)
        case 4031:  // idle session was disconnected
            return ErrorCode::unreachable;
        case 1205:  // lock wait
        case 1907:
        case 1969:  // MariaDB: max_statement_time
        case 3024:  // max_execution_time
            return ErrorCode::timed_out;
        case 1317:  // query was interrupted
        case 1198:  // replication must be stopped first
        case 1213:  // deadlock
        case 1192:  // locked tables or an active transaction
        case 1223:
        case 1614:
        case 1947:  // MariaDB: position conflicts with the binary log
        case 1948:
        case 3081:  // MySQL: channel must be stopped first
        case 3017:
        case 3821:
            return ErrorCode::conflict;
        case 1617:  // no such replication connection (MariaDB)
        case 3074:  // no such channel (MySQL)
            return ErrorCode::not_found;
        default:
            return ErrorCode::invalid;
    }
}

Error server_error(int number, std::string_view text) {
    // Errors before the greeting come without the marker that log-in code expects, and some clients cut such texts.
    switch (number) {
        case 1040:
            text = "Too many connections";
            break;
        case 1129:
            text = "Host is blocked because of many connection errors";
            break;
        case 1130:
            text = "Host is not allowed to connect to this server";
            break;
        default:
            break;
    }
    return Error{code_of(number), std::to_string(number) + ": " + std::string(text), number};
}

}  // namespace orc::mysql
