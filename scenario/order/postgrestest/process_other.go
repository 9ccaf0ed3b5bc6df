//go:build !linux

package postgrestest

import "syscall"

// tie puts a child in its own process group.
func tie(a *syscall.SysProcAttr) { a.Setpgid = true }
