package postgrestest

import "syscall"

// tie puts a child in its own process group and ends it with its parent.
func tie(a *syscall.SysProcAttr) { a.Setpgid, a.Pdeathsig = true, syscall.SIGKILL }
