#include "net/certificates/authority.hpp"

#include "core/errno_text.hpp"
#include "net/certificates/certificate_file.hpp"
#include "net/certificates/identity.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <unistd.h>

namespace prism::net {

namespace {

/// Holds the lock of a directory.
class directory_lock {
public:
  [[nodiscard]] static expected<directory_lock> take(const std::string& directory) {
    directory_lock out(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (out.descriptor_ < 0 || ::flock(out.descriptor_, LOCK_EX) != 0)
      return fail(errno == ENOENT ? errc::not_found : errc::io, "directory '{}': {}", directory,
                  errno_text());
    return out;
  }
  directory_lock(directory_lock&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  directory_lock& operator=(directory_lock&&) = delete;
  ~directory_lock() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
  }

private:
  explicit directory_lock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

std::string path_of(const std::string& directory, std::string_view name) {
  return (std::filesystem::path(directory) / name).string();
}

expected<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), {}};
  if (!in)
    return fail(errc::io, "cannot read '{}': {}", path, errno_text());
  return out;
}

expected<std::chrono::sys_seconds> end_of(const std::string& path) {
  const auto certificate = read_certificate(path);
  if (!certificate)
    return tl::unexpected(certificate.error());
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate->get()), &parts) != 1)
    return fail(errc::invalid, "certificate '{}': its time cannot be read", path);
  return std::chrono::sys_seconds{std::chrono::seconds{::timegm(&parts)}};
}

// Both, the key first: a certificate that is there has its key.
expected<void> save(const made_certificate& made, const std::string& stem, existing_file existing) {
  const auto key = to_pem(made.key.get());
  if (!key)
    return tl::unexpected(key.error());
  const auto certificate = to_pem(made.certificate.get());
  if (!certificate)
    return tl::unexpected(certificate.error());
  if (auto saved = write_whole_file(stem + ".key", *key, file_readers::owner, existing); !saved)
    return saved;
  return write_whole_file(stem + ".crt", *certificate, file_readers::everyone, existing);
}

expected<void> refuse_existing(const std::string& stem) {
  for (const auto* const end : {".key", ".crt"})
    if (std::error_code ignored; std::filesystem::exists(stem + end, ignored))
      return fail(errc::invalid, "'{}{}' exists", stem, end);
  return {};
}

} // namespace

expected<authority> authority::create(const std::string& directory, const std::string& cluster,
                                      std::chrono::sys_seconds now, existing_file existing) {
  std::error_code problem;
  std::filesystem::create_directories(directory, problem);
  if (problem)
    return fail(errc::io, "cannot make directory '{}': {}", directory, problem.message());
  const auto lock = directory_lock::take(directory);
  if (!lock)
    return tl::unexpected(lock.error());
  const auto stem = path_of(directory, "ca");
  if (existing == existing_file::keep)
    if (auto absent = refuse_existing(stem); !absent)
      return tl::unexpected(absent.error());
  auto made = make_authority(cluster, {.from = now - clock_skew, .until = now + lifetime});
  if (!made)
    return tl::unexpected(made.error());
  if (auto saved = save(*made, stem, existing); !saved)
    return tl::unexpected(saved.error());
  authority out(directory, cluster, std::move(*made));
  if (auto saved = out.save_index({}); !saved)
    return tl::unexpected(saved.error());
  if (auto saved = out.save_crl({}, now); !saved)
    return tl::unexpected(saved.error());
  return out;
}

expected<authority> authority::open(const std::string& directory) {
  const auto file = path_of(directory, "ca.crt");
  auto certificate = read_certificate(file);
  if (!certificate)
    return tl::unexpected(certificate.error());
  auto key = read_key(path_of(directory, "ca.key"));
  if (!key)
    return tl::unexpected(key.error());
  auto cluster = cluster_of(file);
  if (!cluster)
    return tl::unexpected(cluster.error());
  return authority(directory, std::move(*cluster), {std::move(*certificate), std::move(*key)});
}

expected<issued_certificate> authority::issue(const wanted& what, std::chrono::sys_seconds now,
                                              existing_file existing) {
  if (what.name == "ca")
    return fail(errc::invalid, "the name 'ca' is that of the authority's own files");
  if (what.days < std::chrono::days{1})
    return fail(errc::invalid, "a certificate must be valid for at least one day");
  const auto until = now + what.days;
  const auto end = end_of(file("ca.crt"));
  if (!end)
    return tl::unexpected(end.error());
  if (until > *end)
    return fail(errc::invalid, "{} days are too long: the authority itself ends before",
                what.days.count());
  const auto made = make_certificate(own_, {.name = what.name,
                                            .role = what.role,
                                            .hosts = what.hosts,
                                            .time = {.from = now - clock_skew, .until = until}});
  if (!made)
    return tl::unexpected(made.error());
  const auto lock = directory_lock::take(directory_);
  if (!lock)
    return tl::unexpected(lock.error());
  const auto stem = file(what.name);
  if (existing == existing_file::keep)
    if (auto absent = refuse_existing(stem); !absent)
      return tl::unexpected(absent.error());
  auto all = list();
  if (!all)
    return tl::unexpected(all.error());
  all->push_back({.name = what.name,
                  .role = what.role,
                  .serial = serial_text(X509_get0_serialNumber(made->certificate.get())),
                  .valid_until = until,
                  .revoked_at = {},
                  .hosts = what.hosts});
  // The index first: what exists can be revoked.
  if (auto saved = save_index(*all); !saved)
    return tl::unexpected(saved.error());
  if (auto saved = save(*made, stem, existing); !saved)
    return tl::unexpected(saved.error());
  return all->back();
}

expected<std::vector<issued_certificate>> authority::revoke(std::string_view name_or_serial,
                                                            std::chrono::sys_seconds now) {
  const auto lock = directory_lock::take(directory_);
  if (!lock)
    return tl::unexpected(lock.error());
  auto all = list();
  if (!all)
    return tl::unexpected(all.error());
  std::vector<issued_certificate> out;
  for (auto& each : *all)
    if (each.name == name_or_serial || each.serial == name_or_serial) {
      if (!each.revoked_at)
        each.revoked_at = now;
      out.push_back(each);
    }
  if (out.empty())
    return fail(errc::not_found, "no certificate with the name or serial number '{}' was issued",
                name_or_serial);
  // The index first, since the list is made from it: after a crash the repetition completes it.
  if (auto saved = save_index(*all); !saved)
    return tl::unexpected(saved.error());
  if (auto saved = save_crl(*all, now); !saved)
    return tl::unexpected(saved.error());
  return out;
}

expected<std::vector<issued_certificate>> authority::list() const {
  const auto text = read_text(file("index"));
  if (!text)
    return tl::unexpected(text.error());
  auto all = parse_index(*text);
  if (!all)
    return fail(all.error().code, "'{}': {}", file("index"), all.error().message);
  return all;
}

std::string authority::file(std::string_view name) const {
  return path_of(directory_, name);
}

expected<void> authority::save_index(const std::vector<issued_certificate>& all) const {
  return write_whole_file(file("index"), write_index(all), file_readers::owner,
                          existing_file::replace);
}

expected<void> authority::save_crl(const std::vector<issued_certificate>& all,
                                   std::chrono::sys_seconds now) const {
  std::vector<revocation> revoked;
  for (const auto& each : all)
    if (each.revoked_at)
      revoked.push_back({.serial = each.serial, .at = *each.revoked_at});
  const auto crl = make_crl(own_, revoked, now - clock_skew, now + lifetime);
  if (!crl)
    return tl::unexpected(crl.error());
  const auto text = to_pem(crl->get());
  if (!text)
    return tl::unexpected(text.error());
  return write_whole_file(file("crl.pem"), *text, file_readers::everyone, existing_file::replace);
}

} // namespace prism::net
