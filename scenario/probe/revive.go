package probe

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/server"
)

const (
	// maxBroken is how many cases may be broken off: each takes as long as the
	// server is waited for.
	maxBroken = 3
	// revival is how long a server is left alone before it is asked once more
	// whether it answers again.
	revival = 100 * time.Millisecond
)

var (
	errWritten = errors.New("the script has written something, and then Redis does not end it")
	errSilent  = errors.New("it does not answer any more")
)

// playAll plays every scene. When the server is lost those that are left are
// skipped.
func (by *prober) playAll() (cases []Case, err error) {
	broken := 0
	for _, s := range by.scenes() {
		if err != nil {
			s.skip = "the probe was broken off before it"
		}
		c, failed := by.play(&s)
		if failed != nil {
			return cases, failed
		}
		cases = append(cases, c)
		if c.Broken == "" {
			continue
		}
		if broken++; broken == maxBroken {
			err = fmt.Errorf("after %d cases without an end no further one is played", broken)
		} else if revived := by.revive(); revived != nil {
			err = fmt.Errorf("the server was lost in case %s: %w", c.Name, revived)
		}
		if by.ctx.Err() != nil {
			return cases, by.ctx.Err()
		}
	}
	return cases, err
}

// revive ends the script that keeps the server busy, over a new connection, and
// prepares the server again. A script that has written cannot be ended.
func (by *prober) revive() error {
	if by.srv.Kind == server.Embedded {
		return errSilent // it cannot end a script
	}
	door, err := openDoor(by.ctx, by.srv, by.now)
	if err != nil {
		return err
	}
	kill := "SCRIPT"
	if by.strat.CallBy == contract.FCall {
		kill = "FUNCTION"
	}
	err = errSilent
	for end := time.Now().Add(timeout); time.Now().Before(end); time.Sleep(revival) {
		if x := door.link.RoundTrip(by.ctx, []any{kill, "KILL"}); x.Err != nil && strings.HasPrefix(x.Err.Error(), "UNKILLABLE") {
			err = errWritten
			break
		} // any other error says that none runs any more, or yet
		if x := door.link.RoundTrip(by.ctx, []any{"PING"}); x.Err == nil {
			by.door.close()
			by.door = door
			return by.strat.Load(by.ctx, &wire{route: door.to})
		}
	}
	door.close()
	return err
}
