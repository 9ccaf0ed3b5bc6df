package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

const (
	// commandTime is how long a command may take, and commandEnd how long after it
	// has ended others may hold its output.
	commandTime = 30 * time.Second
	commandEnd  = time.Second
	// maxStderr is what is kept of a command's complaints, in bytes.
	maxStderr = 400
)

// runCommand returns what a command prints, if that is at most room bytes. There is no shell, no input, and no
// terminal on which it could ask for a password. Errors name the program and never
// its other words, which may hold one.
func runCommand(ctx context.Context, folder string, words []string, room int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	out, complaints := &spool{room: room}, &spool{room: maxStderr}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, out, complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // and what it has started
	cmd.WaitDelay = commandEnd
	out.full = cancel
	err := cmd.Run()
	switch {
	case out.cut:
		err = errOutside
	case ctx.Err() == context.DeadlineExceeded:
		err = fmt.Errorf("did not end in time; it has %s, and less where the audit has", commandTime)
	case ctx.Err() != nil:
		err = ctx.Err()
	case err == nil:
		return out.text.Bytes(), nil
	case errors.Is(err, exec.ErrWaitDelay):
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		err = errors.New("has ended, and something that it started holds its output")
	}
	if wrong := (*exec.Error)(nil); errors.As(err, &wrong) {
		err = wrong.Err
	}
	if complaints.text.Len() > 0 {
		err = fmt.Errorf("%w: %s", err, quoted(complaints.text.String()))
	}
	return nil, fmt.Errorf("command %s: %w", quoted(words[0]), plainReason(err))
}

// A spool keeps the beginning of a text.
type spool struct {
	text bytes.Buffer
	room int
	// cut: there was more.
	cut bool
	// full is called when there is no more room; nil: the rest is thrown away.
	full func()
}

// Write keeps what there is room for.
func (s *spool) Write(p []byte) (int, error) {
	kept := min(len(p), s.room-s.text.Len())
	s.text.Write(p[:kept])
	if kept < len(p) {
		s.cut = true
		if s.full != nil {
			s.full()
		}
	}
	return len(p), nil
}
