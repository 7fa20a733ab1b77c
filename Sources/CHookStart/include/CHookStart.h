// Nothing to call: see hook_start.c.
