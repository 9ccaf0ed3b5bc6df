package server

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// accountTimeout bounds each question of an account: a server that does not
// answer must not keep a run from its end.
const accountTimeout = time.Second

// Accounts are what the processes of a server say that they have used and done
// since each was started.
type Accounts struct {
	nodes []account
	// Refused names what was asked and not told, with what is lost by it.
	Refused []string
	// slowless: the server has said before that it does not tell its slow commands.
	slowless bool
}

// An account is that of one process.
type account struct {
	node string
	at   time.Time
	info map[string]string
	// slow is the number of the newest entry of the slow log, and entries are the
	// newest, that one first. told: it was asked for and answered.
	slow    int64
	entries []SlowCommand
	told    bool
}

// A SlowCommand is an entry of the slow log. The arguments are left out: they
// may be anybody's, and secret.
type SlowCommand struct {
	Name string
	At   time.Time
	Took time.Duration
}

// slowRead is how many entries of the slow log are read.
const slowRead = 128

// Accounts asks every process that answers; of a server that is not ours and no
// cluster, the one that clients reach. Each question has a connection of its
// own, because some servers close one on a command that they refuse.
func (s *Server) Accounts(ctx context.Context) *Accounts {
	all := &Accounts{slowless: s.Declines("SLOWLOG") != nil}
	err := s.each(ctx, func(node string, ask asker) { all.add(ctx, node, ask) })
	if err != nil {
		all.refuse("CLUSTER SLOTS", err, "what the servers used is not known")
	}
	for i, refused := range all.Refused {
		all.Refused[i] = s.redact(refused)
	}
	return all
}

type asker = func(ctx context.Context, args ...any) (any, error)

func (a *Accounts) add(ctx context.Context, node string, ask asker) {
	one := account{node: node}
	text, err := askWithin(ctx, ask, "INFO", "ALL")
	if replied(err) { // sections may be refused where the whole is not
		text, err = askWithin(ctx, ask, "INFO")
	}
	one.at = time.Now()
	info, _ := text.(string)
	if err == nil && info == "" {
		err = errors.New("it tells nothing")
	}
	if err != nil {
		a.refuse("INFO", err, "what the server used is not known")
		return
	}
	one.info = fields(info)
	if a.slowless {
		a.nodes = append(a.nodes, one)
		return
	}
	if reply, err := askWithin(ctx, ask, "SLOWLOG", "GET", slowRead); err != nil {
		a.refuse("SLOWLOG", err, "slow commands are not known")
	} else {
		one.told = true
		one.readSlow(reply)
	}
	a.nodes = append(a.nodes, one)
}

func askWithin(ctx context.Context, ask asker, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	return ask(ctx, args...)
}

// replied reports whether an error is a reply of the server's.
func replied(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

func (a *Accounts) refuse(command string, err error, lost string) {
	a.Refused = append(a.Refused, refusal(command, err, lost))
}

// readSlow reads the reply to SLOWLOG GET: of each entry its number, the second
// it came, the microseconds it took, and the command.
func (a *account) readSlow(reply any) {
	a.slow = -1
	entries, _ := reply.([]any)
	for _, entry := range entries {
		parts, _ := entry.([]any)
		if len(parts) < 4 {
			continue
		}
		id, _ := parts[0].(int64)
		at, _ := parts[1].(int64)
		took, _ := parts[2].(int64)
		words, _ := parts[3].([]any)
		slow := SlowCommand{At: time.Unix(at, 0).UTC(), Took: time.Duration(took) * time.Microsecond}
		if len(words) > 0 {
			slow.Name, _ = words[0].(string)
			slow.Name = strings.ToLower(slow.Name)
		}
		a.slow = max(a.slow, id)
		a.entries = append(a.entries, slow)
	}
}

// ResetStats has the processes of a private server count their statistics anew;
// it does nothing to other servers. What cannot be reset is what is known since
// the start of a process.
func (s *Server) ResetStats(ctx context.Context) {
	if s.private == nil {
		return
	}
	for _, n := range s.private.nodes {
		if n.answers() {
			askWithin(ctx, n.Do, "CONFIG", "RESETSTAT")
		}
	}
}

// number reads a field that is a whole number; nil if it is not told.
func (a *account) number(name string) *int64 {
	n, err := strconv.ParseInt(a.info[name], 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// cpu reads the CPU time of the whole process, or of its main thread: of both,
// what the user and what the system used; nil if it is not told. By their sum a
// kernel that counts ticks and one that counts nanoseconds can be told apart: see
// resolution.
func (a *account) cpu(of string) *time.Duration {
	var sum float64
	for _, kind := range []string{"used_cpu_user", "used_cpu_sys"} {
		seconds, err := strconv.ParseFloat(a.info[kind+of], 64)
		if err != nil {
			return nil
		}
		sum += seconds
	}
	return new(time.Duration(sum*1e9 + .5))
}

// Resolutions of CPU times: where every digit below a tick is 0, the kernel
// counts ticks.
const (
	tick = 10 * time.Millisecond
	fine = time.Microsecond
)

// resolution is how finely the CPU times are counted.
func resolution(times ...*time.Duration) time.Duration {
	for _, t := range times {
		if t != nil && t.Round(time.Microsecond)%time.Millisecond != 0 {
			return fine
		}
	}
	return tick
}
