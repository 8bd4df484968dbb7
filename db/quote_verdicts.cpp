#include "db/quote_verdicts.hpp"

namespace prism::db {

namespace {

constexpr statement judge_quotes{
    "judge_quotes", "UPDATE posts p SET violates_embedding_rules = true FROM post_gates g "
                    "WHERE p.id = ANY($1) AND g.id = p.quoted_id AND g.embedding_disabled AND "
                    "g.creator_id <> p.creator_id "
                    "AND g.commit_time <= p.commit_time RETURNING p.id"};

} // namespace

void add_judge_quotes(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  params p;
  p.int8_array(post_ids);
  out.add(judge_quotes, std::move(p));
}

} // namespace prism::db
