// The same for tests that include CAF.
#include "cmake/precompiled/tests.hpp"
#include "messages/caf.hpp"
