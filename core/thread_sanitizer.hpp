#pragma once

#if defined(PRISM_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

/// Announces synchronization between threads that ThreadSanitizer cannot see, because it happens in
/// a library of Debian, which is not instrumented. Both functions do nothing in other builds. Any
/// thread.
namespace prism::tsan {

/// Everything this thread has done happens before what follows the next `acquire(object)`. To be
/// called before `object` is passed to another thread.
inline void release([[maybe_unused]] const void* object) noexcept {
#if defined(PRISM_THREAD_SANITIZER)
  __tsan_release(const_cast<void*>(object));
#endif
}

/// Everything before each earlier `release(object)` has happened. To be called after `object` has
/// been received.
inline void acquire([[maybe_unused]] const void* object) noexcept {
#if defined(PRISM_THREAD_SANITIZER)
  __tsan_acquire(const_cast<void*>(object));
#endif
}

} // namespace prism::tsan
