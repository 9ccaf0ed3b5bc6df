package server

import "syscall"

// attributes puts a child in its own process group and ends it with its parent,
// even when the parent is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
