# Writes a C++ source with the text of every lexicon. Called at build time:
#   cmake -DFOLDER=… -DOUTPUT=… -P embed_lexicons.cmake
file(GLOB_RECURSE files RELATIVE "${FOLDER}" "${FOLDER}/*.json")
list(SORT files)
set(source "// Made by embed_lexicons.cmake from the folder lexicons/.\n#include \"atproto/lexicon/lexicon.hpp\"\n\n#include <array>\n\n")
string(APPEND source "namespace prism::atproto {\nnamespace {\n\nconstexpr auto lexicons = std::to_array<lexicon_text>({\n")
foreach(file IN LISTS files)
  file(READ "${FOLDER}/${file}" text)
  string(APPEND source "    {\"${file}\", R\"lexicon(${text})lexicon\"},\n")
endforeach()
string(APPEND source "});\n\n} // namespace\n\nstd::span<const lexicon_text> embedded_lexicons() noexcept {\n  return lexicons;\n}\n\n} // namespace prism::atproto\n")
file(WRITE "${OUTPUT}" "${source}")
