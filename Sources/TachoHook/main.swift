import TachoCapture

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// The program that Claude Code starts for every hook event. It prints nothing and exits 0,
// whatever happens: the agent must not notice it. What could not be appended waits in the spool.

_ = HookRecorder().record(input: STDIN_FILENO)
// Nothing is buffered that an orderly end would have to write.
_exit(0)
