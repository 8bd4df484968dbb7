// Memory of a batch is taken in one thread and given back in another, for months. The C library's
// allocator keeps what it got in up to eight arenas per core and gives little of it back: RSS grew
// to several times of what was in use, and went on. jemalloc gives back what was not used for ten
// seconds. Operators may set more by its MALLOC_CONF.

extern "C" {
/// Read by jemalloc before main(): a thread of its own gives memory back, also that of idle
/// threads.
const char* malloc_conf = "background_thread:true,max_background_threads:1";
}
