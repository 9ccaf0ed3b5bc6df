package server

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
)

// Counters are what the processes of a server have counted since each was
// started, by the name of the node; of a server without nodes there is one.
type Counters map[string]counted

type counted struct {
	run              string // an id that is drawn when a process starts
	evicted, expired int64
	errors           map[string]int64
}

// Signs are counts of a server's own over some time. A process that was started
// meanwhile has counted from zero.
type Signs struct {
	// Evicted and Expired are keys.
	Evicted, Expired int64
	// Restarted reports whether some process is not the one it was.
	Restarted bool
	// Errors counts the error replies by their first word; nil: none.
	Errors map[string]int64
}

// Counters asks every process that answers: replicas too, for one of them may
// be the primary next time.
func (s *Server) Counters(ctx context.Context) (Counters, error) {
	all, failed := Counters{}, error(nil)
	err := s.each(ctx, func(name string, ask asker) {
		reply, err := ask(ctx, "INFO")
		text, _ := reply.(string)
		if err == nil {
			err = all.read(name, fields(text))
		}
		failed = cmp.Or(failed, err)
	})
	return all, cmp.Or(err, failed)
}

func (c Counters) read(name string, info map[string]string) error {
	now := counted{run: info["run_id"], errors: map[string]int64{}}
	if now.run == "" {
		return errors.New("the server does not tell what it counts")
	}
	now.evicted, _ = strconv.ParseInt(info["evicted_keys"], 10, 64)
	now.expired, _ = strconv.ParseInt(info["expired_keys"], 10, 64)
	for key, value := range info {
		if word, isError := strings.CutPrefix(key, "errorstat_"); isError {
			now.errors[word], _ = strconv.ParseInt(strings.TrimPrefix(value, "count="), 10, 64)
		}
	}
	c[name] = now
	return nil
}

// Since returns what was counted since earlier counters of the same server. The
// counts of a process that has ended are lost with it.
func (c Counters) Since(before Counters) Signs {
	var signs Signs
	sum := map[string]int64{}
	for name, now := range c {
		then, known := before[name]
		if then.run != now.run {
			signs.Restarted = signs.Restarted || known
			then = counted{}
		}
		signs.Evicted += now.evicted - then.evicted
		signs.Expired += now.expired - then.expired
		for word, n := range now.errors {
			sum[word] += n - then.errors[word]
		}
	}
	maps.DeleteFunc(sum, func(_ string, n int64) bool { return n <= 0 })
	if len(sum) > 0 {
		signs.Errors = sum
	}
	return signs
}
