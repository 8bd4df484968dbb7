"""Which comparisons decide. A name moves up when what it compares is promised to be right."""

REQUIRED = (
    "post",
    "like",
    "like_waiting",
    "repost",
    "repost_waiting",
    "follow",
    "actor_block",
    "profile",
    "feed_item",
    "post_counts",
    "user_counts",
    "list",
    "list_item",
    "list_item_waiting",
    "list_block",
    "reference_list_opt_out",
    "feed_generator",
    "starter_pack",
    "labeler",
    "thread_gate",
    "post_gate",
    "verification",
    "actor",
    "actor_sync",
    "record",
    "notification",
    "refused",
    "duplicate_record",
    "quote",
    "post_embed_image",
    "post_embed_gallery_image",
    "post_embed_external",
    "post_embed_video",
    "post_embed_record",
    "op_thread_reply",
    "other_counts",
    "list_counts",
)

INFORMATIONAL = (
    "post_agg_as_stored",
    "profile_agg_as_stored",
)

# Tables of the reference that are compared under another name.
ELSEWHERE = ("post_agg", "profile_agg")
