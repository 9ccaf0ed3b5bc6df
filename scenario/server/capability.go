package server

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A Want is what a sale asks a server for.
type Want struct {
	// Key is one of the sale's own that does not exist; empty: there is none, and
	// nothing is asked that needs one.
	Key string
	// Scripts: it is called by EVAL or EVALSHA.
	Scripts bool
	// Commands are further ones that its audits send if the server lets them, of
	// SSCAN, HSCAN and MULTI.
	Commands []string
}

// A question finds out whether a server answers something.
type question struct {
	capability string
	// command is the first word, by which it is declined; empty: nothing depends
	// on it.
	command string
	// shown is what it is called in reports, and lost what is lost without it;
	// empty: nothing, and nobody is told.
	shown, lost string
	ask         func(context.Context, *Info) error
}

// noop is a script that does nothing, with a digest that no script has.
const noop = "return 0"

var noDigest = strings.Repeat("0", 40)

// Describe asks the server about itself, as DescribeFor does for a script
// whose keys nobody knows.
func (s *Server) Describe(ctx context.Context) Info { return s.DescribeFor(ctx, Want{Scripts: true}) }

// DescribeFor asks the server about itself, and what it lets a sale do: each
// question over a connection of its own, because some servers close one on a
// command that they refuse. Of several nodes it asks the one that clients reach.
// It changes nothing there but that it may keep a script that does nothing.
func (s *Server) DescribeFor(ctx context.Context, want Want) Info {
	info := Info{Capabilities: map[string]bool{}, Config: map[string]*string{}, SameHost: s.sameHost()}
	for _, name := range settings {
		info.Config[name] = nil
	}
	for _, q := range s.questions(want) {
		limited, cancel := context.WithTimeout(ctx, describeTimeout)
		err := q.ask(limited, &info)
		cancel()
		info.Capabilities[q.capability] = err == nil
		if err != nil && q.lost != "" {
			err = errors.New(s.redact(err.Error()))
			info.Refused = append(info.Refused, refusal(q.shown, err, q.lost))
		}
		if q.command != "" {
			s.declined.note(q.command, err)
		}
	}
	if s.Kind == Embedded {
		info.Product, info.Version = new("miniredis"), libraryVersion("github.com/alicebob/miniredis/v2")
	}
	return info
}

// questions are those about what a sale wants.
func (s *Server) questions(want Want) []question {
	say := func(args ...any) func(context.Context, *Info) error {
		return func(ctx context.Context, _ *Info) error {
			_, err := s.ask(ctx, args...)
			return err
		}
	}
	all := []question{
		{"hello", "HELLO", "HELLO", "", s.askHello},
		{"ping", "", "PING", "a new connection is not tried before it is used, and an idle one's round trip is not measured",
			func(context.Context, *Info) error { return errors.Unwrap(s.Declines("PING")) }},
		{"info", "", "INFO", "no version, no CPU; what bounds the run is unknown", s.askInfo},
		{"config_get", "", "CONFIG GET", "the settings are unknown", s.askConfig},
	}
	if s.Kind != Embedded {
		all = append(all, question{"slowlog", "SLOWLOG", "SLOWLOG", "slow commands are not known", say("SLOWLOG", "GET", 1)})
	}
	if s.Clustered() {
		all = append(all, question{"cluster_slots", "", "CLUSTER SLOTS", "which node has which keys is unknown", say("CLUSTER", "SLOTS")})
	}
	if want.Scripts {
		all = append(all, question{"script_load", "SCRIPT", "SCRIPT LOAD",
			"a script that the server forgets is sent whole (EVAL), by each buyer who meets that", say("SCRIPT", "LOAD", noop)})
	}
	if want.Key == "" {
		return all
	}
	if want.Scripts {
		all = append(all,
			question{"eval", "EVAL", "EVAL", "no script can be taught to the server", s.askAbout(want.Key, "EVAL", noop, 1, want.Key)},
			question{"evalsha", "EVALSHA", "EVALSHA", "a script can be called by call: eval alone", s.askDigest(want.Key)})
	}
	all = append(all,
		question{"exists", "", "EXISTS", "keys that are there cannot be looked for", s.askAbout(want.Key, "EXISTS", want.Key)},
		question{"del", "", "DEL", "the keys of the sale cannot be removed", s.askDel(want.Key)})
	for _, command := range want.Commands {
		switch command {
		case "SSCAN", "HSCAN":
			all = append(all, question{strings.ToLower(command), command, command,
				"who bought is read at once, and not in steps: a large ledger keeps the server busy for as long", s.askStep(command, want.Key)})
		case "MULTI":
			all = append(all, question{"multi", command, "MULTI", "the parts of the stock are read one after the other, and not while it is on sale", s.askMulti})
		}
	}
	return all
}

// askHello asks for the protocol that connections speak anyway. Where that is
// an error, no connection says it again.
func (s *Server) askHello(ctx context.Context, _ *Info) error {
	if s.noHello {
		return errors.New("--no-hello")
	}
	_, err := s.ask(ctx, "HELLO", strconv.Itoa(max(s.protocol, RESP2)))
	return err
}

// about asks the server, or the node of a cluster that has a key.
func (s *Server) about(ctx context.Context, key string, args ...any) (any, error) {
	if !s.Clustered() {
		return s.ask(ctx, args...)
	}
	masters, err := s.MastersOf(ctx, []string{key})
	if err != nil {
		return nil, err
	}
	return s.at(masters[0])(ctx, args...)
}

func (s *Server) askAbout(key string, args ...any) func(context.Context, *Info) error {
	return func(ctx context.Context, _ *Info) error {
		_, err := s.about(ctx, key, args...)
		return err
	}
}

// askDel deletes a key that is not there.
func (s *Server) askDel(key string) func(context.Context, *Info) error {
	return func(ctx context.Context, _ *Info) error {
		there, err := s.about(ctx, key, "EXISTS", key)
		if err == nil && there == int64(0) {
			_, err = s.about(ctx, key, "DEL", key)
		}
		return err
	}
}

// askDigest asks for a script that the server cannot know.
func (s *Server) askDigest(key string) func(context.Context, *Info) error {
	return func(ctx context.Context, _ *Info) error {
		_, err := s.about(ctx, key, "EVALSHA", noDigest, 1, key)
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			return nil
		}
		return err
	}
}

// askStep reads one step of a key that is not there, or is of any type.
func (s *Server) askStep(command, key string) func(context.Context, *Info) error {
	return func(ctx context.Context, _ *Info) error {
		_, err := s.about(ctx, key, command, key, 0, "COUNT", 1)
		if redis.HasErrorPrefix(err, "WRONGTYPE") {
			return nil
		}
		return err
	}
}

// askMulti begins a transaction that is lost with its connection.
func (s *Server) askMulti(ctx context.Context, _ *Info) error {
	_, err := s.ask(ctx, "MULTI")
	return err
}
