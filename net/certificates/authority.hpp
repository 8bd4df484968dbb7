#pragma once

#include "core/error.hpp"
#include "net/certificates/certificate_index.hpp"
#include "net/certificates/certificate_maker.hpp"
#include "net/certificates/whole_file.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// The directory of a certificate authority:
///
///     ca.crt              its certificate: every node and client needs a copy
///     ca.key              its private key: stays here
///     crl.pem             the revoked certificates: every node needs a copy
///     index               what it issued (certificate_index.hpp)
///     NAME.crt NAME.key   what it issued, to be handed to their holders
///
/// Files with private keys have mode 0600. Changes are made under a lock of the directory, so
/// several processes may use it. Blocks on the disk; one thread.
class authority {
public:
  /// Ten years, in days.
  static constexpr std::chrono::days lifetime{3653};
  /// By how much a clock elsewhere may be behind ours.
  static constexpr std::chrono::hours clock_skew{1};

  /// Makes directory and authority. With `replace` an authority that is there already is replaced
  /// and forgotten: what it issued is worth nothing from then on. Errors: `errc::invalid` if there
  /// is one, or for a bad name; `errc::io` naming the file.
  [[nodiscard]] static expected<authority> create(const std::string& directory,
                                                  const std::string& cluster,
                                                  std::chrono::sys_seconds now,
                                                  existing_file existing);

  /// Errors: `errc::not_found` or `errc::io` naming the file.
  [[nodiscard]] static expected<authority> open(const std::string& directory);

  /// The name of the cluster.
  [[nodiscard]] const std::string& cluster() const noexcept { return cluster_; }
  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

  struct wanted {
    std::string name;
    certificate_role role{certificate_role::viewing};
    std::vector<std::string> hosts{};
    std::chrono::days days{365};
  };

  /// Writes NAME.crt and NAME.key. A certificate that `replace` overwrites stays valid until it is
  /// revoked or expires. Errors: `errc::invalid` for a bad name or host, days that are not positive
  /// or outlast the authority, or a name that exists; `errc::io` naming the file.
  [[nodiscard]] expected<issued_certificate> issue(const wanted& what, std::chrono::sys_seconds now,
                                                   existing_file existing);

  /// Revokes one certificate by its serial number, or all of a name. Repeating it does no harm.
  /// @returns those revoked, also those that were revoked before. Errors: `errc::not_found` if no
  /// certificate has that name or number, `errc::io` naming the file.
  [[nodiscard]] expected<std::vector<issued_certificate>> revoke(std::string_view name_or_serial,
                                                                 std::chrono::sys_seconds now);

  /// Everything issued, in that order. Errors: `errc::io`, `errc::invalid` naming the file.
  [[nodiscard]] expected<std::vector<issued_certificate>> list() const;

private:
  authority(std::string directory, std::string cluster, made_certificate own)
      : directory_(std::move(directory)), cluster_(std::move(cluster)), own_(std::move(own)) {}

  [[nodiscard]] std::string file(std::string_view name) const;
  [[nodiscard]] expected<void> save_index(const std::vector<issued_certificate>& all) const;
  [[nodiscard]] expected<void> save_crl(const std::vector<issued_certificate>& all,
                                        std::chrono::sys_seconds now) const;

  std::string directory_;
  std::string cluster_;
  made_certificate own_;
};

} // namespace prism::net
