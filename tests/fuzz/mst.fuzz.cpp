#include "atproto/repo/mst.hpp"
#include "atproto/repo/car.hpp"
#include "check.hpp"
#include "tests/unit/atproto/repo/car_maker.hpp"
#include "tests/unit/atproto/repo/mst_maker.hpp"

#include <array>
#include <fuzzer/FuzzedDataProvider.h>
#include <string>

using namespace prism;
using namespace prism::atproto;
using fuzz::check;

namespace {

void examine_node(std::span<const std::byte> block) {
  const auto node = mst_node::decode(block);
  if (!node)
    return;
  std::vector<test::raw_mst_entry> entries;
  std::string_view previous;
  for (const auto& entry : node->entries()) {
    check(is_mst_key(entry.key), "keys are paths");
    check(entry.key > previous, "keys ascend");
    check(mst_key_height(entry.key) == node->layer(), "keys have the height of their node");
    const auto shared = common_prefix(previous, entry.key);
    entries.push_back({static_cast<std::int64_t>(shared), std::string{entry.key.substr(shared)},
                       entry.value, entry.right});
    previous = entry.key;
  }
  const auto again = test::encode_mst_node(node->left(), entries);
  check(std::ranges::equal(again, block), "what decodes is canonical");
}

// Nodes that refer to earlier ones, as the input chooses: most trees are wrong in some way.
class tree_maker {
public:
  explicit tree_maker(std::span<const std::byte> input)
      : choices_(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()) {}

  void run() {
    while (choices_.remaining_bytes() > 0 && blocks_.size() < 24) {
      blocks_.push_back(node());
      ids_.push_back(cid::of_dag_cbor(blocks_.back()));
    }
    if (ids_.empty())
      return;
    const auto file = test::make_car({ids_.back()}, blocks_);
    const auto car = car_view::parse(file).value();
    std::string previous;
    const auto walked = walk_mst(car, ids_.back(), [&](std::string_view path, const cid&) {
      check(path > previous, "paths ascend over the whole walk");
      previous = path;
    });
    if (walked)
      check(walked->nodes <= blocks_.size(), "no node is visited twice");
  }

private:
  std::vector<std::byte> node() {
    const auto left = link();
    std::vector<test::raw_mst_entry> entries;
    const auto count = choices_.ConsumeIntegralInRange<int>(0, 4);
    std::string previous;
    for (int i = 0; i < count; ++i) {
      const auto key = path();
      const auto shared = common_prefix(previous, key);
      entries.push_back({static_cast<std::int64_t>(shared), key.substr(shared), cid{}, link()});
      previous = key;
    }
    return test::encode_mst_node(left, entries);
  }

  // One of the example keys, whose heights are 0 to 5.
  std::string path() {
    static constexpr std::array<std::string_view, 18> known{
        "A0/374913", "A1/076595", "A2/827942", "A3/578971", "A4/055903", "A5/518415",
        "B0/601692", "B1/986427", "B2/827649", "B3/095483", "B4/774183", "B5/116729",
        "C0/451630", "C1/438573", "C2/014073", "C3/564755", "C4/134079", "C5/141153"};
    return std::string{known.at(choices_.ConsumeIntegralInRange<std::size_t>(0, 17))};
  }

  std::optional<cid> link() {
    const auto choice = choices_.ConsumeIntegralInRange<std::size_t>(0, ids_.size() + 1);
    if (choice == 0)
      return std::nullopt;
    return choice <= ids_.size() ? ids_[choice - 1] : cid{}; // the latter is missing
  }

  FuzzedDataProvider choices_;
  std::vector<std::vector<std::byte>> blocks_;
  std::vector<cid> ids_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::bytes(data, size);
  examine_node(input);
  tree_maker{input}.run();
  return 0;
}
