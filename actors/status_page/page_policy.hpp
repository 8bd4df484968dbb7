#pragma once

#include <string>
#include <string_view>

namespace prism {

/// The Content-Security-Policy of a page with one `<script>` and one `<style>`: it may run and show
/// exactly these, by their hashes, and load and send nothing but to where it came from.
[[nodiscard]] std::string page_policy(std::string_view html);

} // namespace prism
