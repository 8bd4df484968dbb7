#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The numbers of enums in SQL. They stand there with their names: `collection = 7 /* follow */`,
/// `reason IN (4 /* mention */, 6 /* quote */)`.
namespace prism::test {

/// The enumerators of an enum class, read from its header.
struct numbered_names {
  std::string column; ///< that stores the numbers
  std::map<std::string, std::string> name_of_number;
};

/// `collection` of atproto/records/collection.hpp and `reason` of db/batch/notification.hpp.
[[nodiscard]] std::vector<numbered_names> columns_with_numbers();

/// What is wrong with the numbers of a text, one line each: a number that a column is compared with
/// and that has no comment, or a comment with another name than the enum's. Other comments after
/// numbers are wrong as well.
[[nodiscard]] std::vector<std::string> wrong_numbers(std::string_view sql,
                                                     const std::vector<numbered_names>& columns);

/// The lists of numbers that a column is compared with, without comments and spaces: {"7", "4,6"}.
[[nodiscard]] std::vector<std::string> compared_numbers(std::string_view sql,
                                                        const std::string& column);

} // namespace prism::test
