// The process's own threads, started on first use. In WebAssembly everything runs at once on the caller.
#pragma once
#include <cstdint>

namespace sextant {

using Task = void (*)(void* context);

// Runs `task(context)` on a pool thread later, in order of submission. False = it was not taken (no memory, no threads,
// or the pool is stopping): the caller runs it or fails. `background` work (link, repair, sync) waits for everything else
// and never takes the last thread, so that a search finds one.
bool submit(Task task, void* context, bool background = false) noexcept;

// Runs `task(context)` on the caller and on up to `threads - 1` pool threads beside it; returns when all that
// started are done. The tasks share their work through `context`. Pool threads that are busy are not waited for.
void runBeside(uint32_t threads, Task task, void* context) noexcept;

// Ends the pool's threads after what they run now; queued tasks are run first. The pool starts again on use.
void stopThreads() noexcept;

// Threads the pool has or would start.
uint32_t threadCount() noexcept;

}  // namespace sextant
