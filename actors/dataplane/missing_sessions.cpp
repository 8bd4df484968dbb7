#include "actors/dataplane/missing_sessions.hpp"

namespace prism {

missing_sessions::news missing_sessions::lost(std::size_t reader) {
  if (!missing_.insert(reader).second)
    return news::nothing;
  if (missing_.size() == readers_ && !all_said_) {
    all_said_ = true;
    return news::all;
  }
  return missing_.size() == 1 ? news::first : news::nothing;
}

missing_sessions::news missing_sessions::found(std::size_t reader) {
  if (missing_.erase(reader) == 0 || !missing_.empty())
    return news::nothing;
  all_said_ = false;
  return news::over;
}

} // namespace prism
