#pragma once

#include "atproto/cbor/json_codec.hpp"

#include <boost/json.hpp>
#include <string_view>
#include <vector>

namespace prism::test {

inline constexpr std::string_view some_link =
    "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";
inline constexpr std::string_view other_link =
    "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454";

/// A frame of two items in the data model's JSON form.
inline std::vector<std::byte> make_frame(const boost::json::value& header,
                                         const boost::json::value& payload) {
  auto frame = atproto::from_json(header).value();
  const auto body = atproto::from_json(payload).value();
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

inline std::vector<std::byte> make_message(std::string_view type,
                                           const boost::json::value& payload) {
  return make_frame({{"op", 1}, {"t", type}}, payload);
}

/// The payload of a commit with one operation of each kind.
inline boost::json::object commit_payload() {
  const boost::json::object link{{"$link", some_link}};
  const boost::json::object other{{"$link", other_link}};
  return {{"seq", 77},
          {"repo", "did:plc:abc"},
          {"rev", "3kdgeujwlq32y"},
          {"since", "3kdgeujwlq22y"},
          {"time", "2026-11-23T10:49:07.112Z"},
          {"commit", link},
          {"prevData", other},
          {"tooBig", false},
          {"rebase", false},
          {"blobs", boost::json::array{}},
          {"blocks", {{"$bytes", "AAEC"}}},
          {"ops",
           {{{"action", "create"}, {"path", "a.b.c/1"}, {"cid", link}},
            {{"action", "update"}, {"path", "a.b.c/2"}, {"cid", link}, {"prev", other}},
            {{"action", "delete"}, {"path", "a.b.c/3"}, {"cid", nullptr}, {"prev", other}}}}};
}

} // namespace prism::test
