#pragma once

#include "db/reads/record_list.hpp"

/// Likes, reposts and quotes, newest first, without duplicates: those of a subject, and those by an
/// account. Errors are those of the database. Blocks; the executor's thread.
///
/// Likes and reposts of a post that is not known yet are listed as well, `max_parked_listed` of
/// them.
namespace prism::reads {

/// Likes of a record. Indexes: likes_subject_time, pending_ops_referent.
/// @param uri of the record, as in the likes
[[nodiscard]] outcome<record_page> likes_of(executor& on, std::string_view uri,
                                            const page_request& page);

/// Reposts of a record. Indexes: reposts_subject_time, pending_ops_referent.
[[nodiscard]] outcome<record_page> reposts_of(executor& on, std::string_view uri,
                                              const page_request& page);

/// Posts that embed a post, also those whose embed is not shown. Index: posts_quoted_time.
[[nodiscard]] outcome<record_page> quotes_of(executor& on, std::string_view uri,
                                             const page_request& page);

/// Likes by an account; `other` of each is the uri of what it likes. Indexes: likes_creator_time,
/// pending_ops_pkey.
[[nodiscard]] outcome<record_page> likes_by(executor& on, std::string_view did,
                                            const page_request& page);

/// Reposts by an account; `other` as above. Of an account with more than `max_read_whole` those
/// with the smallest rkeys are not shown. Indexes: reposts_pkey, pending_ops_pkey.
[[nodiscard]] outcome<record_page> reposts_by(executor& on, std::string_view did,
                                              const page_request& page);

} // namespace prism::reads
