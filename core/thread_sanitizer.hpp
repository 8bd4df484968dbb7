#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

/// Order between threads that ThreadSanitizer cannot see, because it is made inside a library of
/// Debian's, which is not instrumented. Both do nothing in other builds. Any thread.
namespace prism::tsan {

/// What this thread has done so far comes before what follows the next `acquire(what)`. To be
/// called before `what` is handed over.
inline void release([[maybe_unused]] const void* what) noexcept {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(const_cast<void*>(what));
#endif
}

/// What came before each `release(what)` so far is over. To be called after `what` was taken.
inline void acquire([[maybe_unused]] const void* what) noexcept {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(const_cast<void*>(what));
#endif
}

} // namespace prism::tsan
