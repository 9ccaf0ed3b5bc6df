package server

import (
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
)

// A process is a child in a process group of its own, so that a Ctrl-C in the
// terminal reaches the harness and not the server it still has to audit.
type process struct {
	cmd    *exec.Cmd
	ended  chan struct{} // closed when it has; cmd.ProcessState then says how
	wanted atomic.Bool   // its end was asked for
}

// start starts a command whose output goes to files.
//
// Linux ends a child with its parent's thread, not with its parent's process:
// the thread that starts the child therefore waits for it too, and is given to
// nothing else.
func start(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = attributes()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(p.ended)
		}
	}()
	return p, <-started
}

// lives reports whether the process has not ended, stopped or not.
func (p *process) lives() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// kill ends the process with all its group, and waits.
func (p *process) kill() {
	p.wanted.Store(true)
	if p.lives() {
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}
