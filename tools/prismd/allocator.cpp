// The memory of a batch is allocated on one thread and freed on another, for months. The allocator
// of the C library keeps up to eight arenas per core and returns little to the system: RSS grew to
// several times the memory in use, without end. jemalloc returns pages that were unused for ten
// seconds. Operators can set more in the environment variable MALLOC_CONF.

extern "C" {
/// Read by jemalloc before main(): a background thread returns memory, that of idle threads too.
const char* malloc_conf = "background_thread:true,max_background_threads:1";
}
