#include "config/requests.hpp"

#include <array>

namespace prism::config {

namespace {

constexpr std::array requests{
    request_row{.spelling = "--config-file=PATH",
                .help = "file to read; default: /etc/prism/prismd.conf if it exists; environment: "
                        "PRISM_CONFIG_FILE"},
    request_row{.spelling = "--dump-config",
                .help = "print the options in effect as a configuration file, and exit"},
    request_row{.spelling = "--print-statements",
                .help = "print the SQL statements as PREPARE commands, for psql, and exit"},
    request_row{.spelling = "--begin-new-stream",
                .help = "forget where relay-url was read up to, because its sequence began anew, "
                        "and exit; what it sends from then on stands behind everything that is "
                        "indexed"},
    request_row{.spelling = "--help, -h", .help = "print all options, and exit"},
    request_row{.spelling = "--version", .help = "print the version, and exit"},
};

} // namespace

std::span<const request_row> request_rows() noexcept {
  return requests;
}

} // namespace prism::config
