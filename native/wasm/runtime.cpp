// The one thread of an instance never ends, so what it should destroy then may be forgotten.
extern "C" int __cxa_thread_atexit(void (*)(void*), void*, void*) noexcept { return 0; }
