# cmake "-DFILES=…;…" -DOUTPUT=… -P embed_migrations.cmake
# Writes OUTPUT, the definition of prism::db::embedded_migrations(), from FILES, each called NNNN_name.sql.
set(files ${FILES})
list(SORT files)
set(rows "")
foreach(file ${files})
  get_filename_component(stem ${file} NAME_WE)
  if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is called NNNN_name.sql")
  endif()
  set(digits ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  string(REGEX REPLACE "^0+" "" version ${digits})
  file(READ ${file} sql)
  string(APPEND rows "    migration{${version}, \"${name}\", R\"prism_sql(${sql})prism_sql\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[// Made by embed_migrations.cmake from migrations/.
#include "db/schema/migration.hpp"

namespace prism::db {
namespace {

constexpr migration steps[] = {
@rows@};

} // namespace

std::span<const migration> embedded_migrations() { return steps; }

} // namespace prism::db
]])
