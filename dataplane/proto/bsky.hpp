#pragma once

/// The messages of bsky.proto, without the compiler's warnings about generated code.

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <bsky.pb.h>
#pragma GCC diagnostic pop
