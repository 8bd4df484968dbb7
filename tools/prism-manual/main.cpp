#include "config/manual.hpp"

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

// prism-manual: writes what the package has for people, made from the table of options.
//   prism-manual page                          the manual page prismd(8)
//   prism-manual completion                    completion for bash
//   prism-manual page-of NAME SECTION SUMMARY  a manual page around the help text on standard input

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  std::string text;
  if (argc == 2 && what == "page") {
    text = prism::config::manual_page();
  } else if (argc == 2 && what == "completion") {
    text = prism::config::bash_completion();
  } else if (argc == 5 && what == "page-of") {
    const std::string help{std::istreambuf_iterator<char>(std::cin), {}};
    text = prism::config::manual_page_of_help(argv[2], argv[3], argv[4], help);
  } else {
    std::fputs("usage: prism-manual page | completion | page-of NAME SECTION SUMMARY\n", stderr);
    return 64;
  }
  return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}
