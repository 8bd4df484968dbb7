// The same for tests that include CAF.
#include "cmake/precompiled/tests.hpp"

// As messages/caf.hpp includes it. No header of ours belongs here: ccache gives a precompiled
// header to other checkouts, where the same file has another path, so that it is included twice,
// and is not compiled anew when it changes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <caf/all.hpp>
#pragma GCC diagnostic pop
