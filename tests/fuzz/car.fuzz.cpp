#include "atproto/repo/car.hpp"
#include "atproto/cbor/varint.hpp"
#include "atproto/repo/repo_commit.hpp"
#include "check.hpp"

#include <algorithm>
#include <vector>

using namespace prism;
using namespace prism::atproto;
using fuzz::check;

namespace {

void examine(std::span<const std::byte> input) {
  const auto car = car_view::parse(input);
  if (!car)
    return;
  check(car->roots().size() <= car->root_count(), "each root is one of the header's");
  for (const auto& block : car->blocks()) {
    const auto found = car->find(block.id);
    check(found && std::ranges::equal(*found, block.data), "every block is found");
    check(block.id.matches(block.data), "every block matches its CID");
    (void)decode_repo_commit(block.data);
    (void)unsigned_repo_commit(block.data);
  }
}

// No fuzzer can guess a hash, so each is put right, and the code behind the check is reached.
void put_hashes_right(std::vector<std::byte>& car) {
  std::size_t offset = 0;
  for (bool header = true; offset < car.size(); header = false) {
    const auto said = read_long_varint(car, offset);
    if (!said)
      return;
    const auto length = std::min<std::uint64_t>(*said, car.size() - offset);
    if (!header && length >= cid::size) {
      const auto section = std::span{car}.subspan(offset, length);
      const auto id = cid::of_dag_cbor(section.subspan(cid::size));
      std::ranges::copy(id.digest(), section.begin() + 4);
    }
    offset += length;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::bytes(data, size);
  examine(input);
  std::vector<std::byte> mended{input.begin(), input.end()};
  put_hashes_right(mended);
  examine(mended);
  return 0;
}
