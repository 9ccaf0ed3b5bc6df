package fault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

func (r *Rig) clientPause(ctx context.Context, d *deed) (effect, error) {
	all, err := r.tellers(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	if d.lasts > longestPause {
		return effect{}, fmt.Errorf("for=%s: nobody can end it but the server itself; want %s or less", d.lasts, longestPause)
	}
	return effect{heal: func(ctx context.Context) (string, error) { return "", awake(ctx, all) }},
		tell(ctx, all, "CLIENT", "PAUSE", d.lasts.Milliseconds())
}

// longestPause is the most that a sale may be kept waiting: the server does not
// hear CLIENT UNPAUSE either.
const longestPause = 20 * time.Second

// awake returns when all of some servers answer.
func awake(ctx context.Context, all []teller) error {
	for {
		err := tell(ctx, all, "PING")
		if err == nil || ctx.Err() != nil {
			return err
		}
		rest(ctx, poll)
	}
}

// poll is how long it takes until a server is asked again that did not answer as
// it should.
const poll = time.Millisecond

func (r *Rig) clientKill(ctx context.Context, d *deed) (effect, error) {
	all, err := r.tellers(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	return effect{}, tell(ctx, all, "CLIENT", "KILL", "TYPE", "normal")
}

func (r *Rig) scriptFlush(ctx context.Context, d *deed) (effect, error) {
	all, err := r.tellers(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	return effect{}, tell(ctx, all, "SCRIPT", "FLUSH")
}

func (r *Rig) functionFlush(ctx context.Context, d *deed) (effect, error) {
	all, err := r.tellers(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	return effect{}, tell(ctx, all, "FUNCTION", "FLUSH")
}

// configSet changes settings, and changes them back.
func (r *Rig) configSet(ctx context.Context, d *deed) (effect, error) {
	all, err := r.tellers(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	return r.setAll(ctx, all, strings.Split(d.Set, ","))
}

// setAll sets NAME=VALUE pairs on some servers. Its effect remembers what was
// there before.
func (r *Rig) setAll(ctx context.Context, all []teller, pairs []string) (effect, error) {
	var undo []func(context.Context) error
	e := effect{strings.Join(pairs, " "), func(ctx context.Context) (string, error) {
		var errs []error
		for _, back := range undo {
			errs = append(errs, back(ctx))
		}
		return "", errors.Join(errs...)
	}}
	for _, t := range all {
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			before, err := setting(ctx, t, name)
			if err != nil {
				return e, err
			}
			if _, err := t.Do(ctx, "CONFIG", "SET", name, value); err != nil {
				return e, err
			}
			undo = append(undo, func(ctx context.Context) error {
				_, err := t.Do(ctx, "CONFIG", "SET", name, before)
				return err
			})
			if err := isSet(ctx, t, name, before, value); err != nil {
				return e, err
			}
		}
	}
	return e, nil
}

// acl takes rights from the user whom the sale runs as.
func (r *Rig) acl(ctx context.Context, d *deed) (effect, error) {
	all, err := r.tellers(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	undo := make([]string, len(all))
	for i, t := range all {
		if undo[i], err = rightsOf(ctx, t, defaultUser); err != nil {
			return effect{}, err
		}
	}
	e := effect{d.Set, func(ctx context.Context) (string, error) {
		var errs []error
		for i, t := range all {
			errs = append(errs, tell(ctx, []teller{t}, fields("ACL SETUSER "+defaultUser+" reset "+undo[i])...))
		}
		return "", errors.Join(errs...)
	}}
	return e, tell(ctx, all, fields("ACL SETUSER "+defaultUser+" "+d.Set+" +acl")...) // without it nobody could heal
}

// onlyRights refuses what lets nobody in any more: the fault could not be healed.
func onlyRights(rules string) error {
	for _, rule := range strings.Fields(rules) {
		switch {
		case strings.ContainsRune("+-~&%", rune(rule[0])):
		case slices.Contains([]string{"allcommands", "nocommands", "allkeys", "resetkeys", "allchannels", "resetchannels"}, rule):
		default:
			return fmt.Errorf("set=%s: want rights like -sadd or resetkeys: nobody could take %s back", rules, rule)
		}
	}
	return nil
}

// defaultUser is whom connections are that say no name.
const defaultUser = "default"

// rightsOf are the rules of a user as ACL LIST has them.
func rightsOf(ctx context.Context, t teller, user string) (string, error) {
	reply, err := t.Do(ctx, "ACL", "LIST")
	if err != nil {
		return "", err
	}
	lines, _ := reply.([]any)
	for _, line := range lines {
		if rules, is := strings.CutPrefix(fmt.Sprint(line), "user "+user+" "); is {
			return rules, nil
		}
	}
	return "", fmt.Errorf("ACL LIST names no user %q", user)
}

func fields(text string) (args []any) {
	for _, word := range strings.Fields(text) {
		args = append(args, word)
	}
	return args
}

// rounds is how often a script goes round in a second, at least ten times as
// often as on the fastest machine: it is stopped, and this is if it is not.
const rounds = 5e9

// busyScript keeps servers busy by a script that writes nothing. Meanwhile the
// server refuses others with BUSY, as it does after five seconds if nobody
// changes that.
func (r *Rig) busyScript(ctx context.Context, d *deed) (effect, error) {
	all, err := r.tellers(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	e, err := r.setAll(ctx, all, []string{"lua-time-limit=20"})
	if err != nil {
		return e, err
	}
	running, stop := context.WithCancel(ctx)
	var busy sync.WaitGroup
	for _, t := range all {
		busy.Go(func() {
			t.Do(running, "EVAL", "for i = 1, tonumber(ARGV[1]) do end return 1", 0, int64(d.lasts.Seconds()*rounds))
		})
		untilBusy(ctx, t)
	}
	undo := e.heal
	return effect{heal: func(ctx context.Context) (string, error) {
		defer busy.Wait()
		defer stop()
		for _, t := range all {
			if err := quiet(ctx, t); err != nil {
				return "", err
			}
		}
		return undo(ctx)
	}}, nil
}

// untilBusy returns when a server runs the script: it must not be healed before
// it has begun.
func untilBusy(ctx context.Context, t teller) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if _, err := t.Do(ctx, "PING"); err != nil {
			return
		}
	}
}

// quiet stops the script that keeps a server busy. It has to be asked again
// until the server has noticed how long the script runs.
func quiet(ctx context.Context, t teller) error {
	for ctx.Err() == nil {
		_, err := t.Do(ctx, "PING")
		if err == nil {
			return nil
		}
		t.Do(ctx, "SCRIPT", "KILL")
		rest(ctx, poll)
	}
	return ctx.Err()
}

// soon is how long a key lives that is to expire at once.
const soon = time.Millisecond

func (r *Rig) expireKey(ctx context.Context, d *deed) (effect, error) {
	within := cmp.Or(d.Delay, soon)
	return r.eachKey(ctx, d, func(t teller, key string) error {
		_, err := t.Do(ctx, "PEXPIRE", key, within.Milliseconds())
		return err
	})
}

func (r *Rig) deleteKey(ctx context.Context, d *deed) (effect, error) {
	return r.eachKey(ctx, d, func(t teller, key string) error {
		_, err := t.Do(ctx, "DEL", key)
		return err
	})
}

func (r *Rig) wrongType(ctx context.Context, d *deed) (effect, error) {
	return r.eachKey(ctx, d, func(t teller, key string) error {
		is, err := t.Do(ctx, "TYPE", key)
		if err != nil {
			return err
		}
		if _, err := t.Do(ctx, "DEL", key); err != nil {
			return err
		}
		wrong := []any{"LPUSH", key, "wrong type"}
		if is == "list" {
			wrong[0] = "SADD"
		}
		_, err = t.Do(ctx, wrong...)
		return err
	})
}

// eachKey does something to each key of a name.
func (r *Rig) eachKey(ctx context.Context, d *deed, do func(teller, string) error) (effect, error) {
	keys, err := r.Keys(d.Target)
	if err != nil {
		return effect{}, err
	}
	for _, key := range keys {
		t, err := r.owner(ctx, key)
		if err != nil {
			return effect{}, err
		}
		if err := do(t, key); err != nil {
			return effect{}, err
		}
	}
	return effect{text: fmt.Sprintf("%s (%s)", d.Target, plural(int64(len(keys)), "key"))}, nil
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
