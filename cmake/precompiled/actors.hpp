// The same for sources that include CAF.
#include "cmake/precompiled/base.hpp"
#include "messages/caf.hpp"
