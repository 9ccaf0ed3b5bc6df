//go:build !linux

package server

import "syscall"

// attributes puts a child in its own process group. Where the system cannot tie
// a child's life to its parent's, only Close ends the child.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
