#include "corpus_writer.hpp"

#include "json_row.hpp"
#include "network.hpp"
#include "packed_file.hpp"

#include <array>
#include <bit>
#include <boost/endian/conversion.hpp>
#include <cstdint>
#include <cstdio>

namespace prism::synth {

namespace {

/// A frame's length in front of it, as u32 big-endian.
[[nodiscard]] std::array<std::byte, 4> length_of(const frame& of) {
  const auto size = boost::endian::native_to_big(static_cast<std::uint32_t>(of.size()));
  return std::bit_cast<std::array<std::byte, sizeof size>>(size);
}

[[nodiscard]] expected<void> write_text(const std::string& path, const std::string& text) {
  auto* file = std::fopen(path.c_str(), "wb");
  const bool whole =
      file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file == nullptr || std::fclose(file) != 0 || !whole)
    return fail(errc::io, "{}: cannot write", path);
  return {};
}

[[nodiscard]] expected<void> write_documents(const options& how, const network& made,
                                             const written_corpus& sums) {
  json_row dids;
  json_row handles;
  for (const auto& each : made.accounts()) {
    dids.object(each.did, did_document(each));
    handles.text(each.handle, each.did);
  }
  json_row meta;
  const auto number = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  meta.number("frames", number(sums.frames)).number("bytes", number(sums.bytes));
  meta.number("ops", number(sums.operations)).number("firstSeq", 1);
  meta.number("lastSeq", made.last_seq()).number("dids", number(made.accounts().size()));
  meta.number("seed", static_cast<std::int64_t>(how.seed));
  if (auto done = write_text(how.base + ".dids.json", dids.done()); !done)
    return done;
  if (auto done = write_text(how.base + ".handles.json", handles.done()); !done)
    return done;
  return write_text(how.base + ".meta.json", meta.done());
}

[[nodiscard]] expected<void> write_rows(const options& how, const model& expected_rows) {
  auto file = packed_file::create(how.base + ".oracle.rows.jsonl.zst");
  if (!file)
    return tl::unexpected(file.error());
  expected_rows.rows([&](std::string_view table, const std::string& row) {
    json_row line;
    file->write(line.text("t", table).object("r", row).done() + '\n');
  });
  if (auto done = file->finish(); !done)
    return done;
  // No record violates its lexicon.
  return write_text(how.base + ".oracle.errors.json", "[]");
}

} // namespace

expected<written_corpus> write_corpus(const options& how) {
  auto file = packed_file::create(how.base + ".frames.zst");
  if (!file)
    return tl::unexpected(file.error());
  written_corpus sums;
  model expected_rows;
  network made(
      how,
      [&](const frame& each) {
        file->write(length_of(each));
        file->write(each);
        sums.bytes += each.size();
        ++sums.frames;
      },
      how.oracle ? &expected_rows : nullptr);
  made.run();
  sums.operations = made.operations();
  if (auto done = file->finish(); !done)
    return tl::unexpected(done.error());
  if (how.oracle)
    if (auto done = write_rows(how, expected_rows); !done)
      return tl::unexpected(done.error());
  if (auto done = write_documents(how, made, sums); !done)
    return tl::unexpected(done.error());
  return sums;
}

} // namespace prism::synth
