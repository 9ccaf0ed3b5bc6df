package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// The most keys that are looked at, and the most members of each: a keyspace is
// for servers that nobody else uses.
const (
	maxLooked  = 30_000
	lookedStep = 500
)

// ErrManyKeys is for a server with more keys than are looked at.
var ErrManyKeys = fmt.Errorf("there are more than %d keys", maxLooked)

// A Keyspace is every key of a server with what it holds, as redis-cli would
// show it on one line.
type Keyspace map[string]Value

// A Value is what a key holds.
type Value struct {
	// Type is what TYPE answers.
	Type string
	// Text is all of it: equal values have equal texts.
	Text string
	// Expires reports whether the key has a time to live.
	Expires bool
}

// A Change is a key that is not as it was. A zero Value is a key that was not
// there.
type Change struct {
	Key           string
	Before, After Value
}

// Changes lists the keys in which two keyspaces differ, sorted.
func (k Keyspace) Changes(after Keyspace) []Change {
	var changes []Change
	for _, key := range slices.Sorted(maps.Keys(k)) {
		if k[key] != after[key] {
			changes = append(changes, Change{key, k[key], after[key]})
		}
	}
	for key, value := range after {
		if _, before := k[key]; !before {
			changes = append(changes, Change{key, Value{}, value})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Key, b.Key) })
	return changes
}

// Keyspace reads every key of a server, in all its databases: in front of those
// of the others than 0 stands which. Where there are more than 30,000 it returns
// so many, with ErrManyKeys. Of several nodes it reads the primary, or the
// masters of a cluster; when one of these is down it returns an error.
func (s *Server) Keyspace(ctx context.Context) (Keyspace, error) {
	keys := Keyspace{}
	if s.private == nil {
		return keys, keys.readAll(ctx, s.ClientOptions)
	}
	nodes := []*Node{s.Primary()}
	if s.private.topology.Clustered() {
		l, err := s.private.layout(ctx)
		if err != nil {
			return keys, err
		}
		nodes = l.owners(s.private)
	}
	for _, n := range nodes {
		if err := keys.readAll(ctx, n.options); err != nil {
			return keys, err
		}
	}
	return keys, nil
}

// readAll adds the keys of all databases of one process.
func (k Keyspace) readAll(ctx context.Context, options func() *redis.Options) error {
	client := redis.NewClient(options())
	defer client.Close()
	others := databases(client.Info(ctx, "keyspace").Val()) // none where it is not told
	if err := k.read(ctx, client, ""); err != nil {
		return err
	}
	for _, db := range others {
		o := options()
		o.DB = db
		client := redis.NewClient(o)
		defer client.Close()
		if err := k.read(ctx, client, fmt.Sprintf("db%d:", db)); err != nil {
			return err
		}
	}
	return nil
}

// databases lists those but 0 that INFO keyspace names.
func databases(info string) (all []int) {
	for line := range strings.Lines(info) {
		name, _, isDB := strings.Cut(strings.TrimPrefix(line, "db"), ":")
		if n, err := strconv.Atoi(name); isDB && err == nil && n != 0 {
			all = append(all, n)
		}
	}
	return all
}

// read adds the keys of one database.
func (k Keyspace) read(ctx context.Context, client *redis.Client, prefix string) error {
	for all := client.Scan(ctx, 0, "", lookedStep).Iterator(); ; {
		if !all.Next(ctx) {
			return all.Err()
		}
		if len(k) >= maxLooked {
			return ErrManyKeys
		}
		value, err := look(ctx, client, all.Val())
		if err != nil {
			return fmt.Errorf("key %q: %w", all.Val(), err)
		}
		if value.Type != "none" { // it expired meanwhile
			k[prefix+all.Val()] = value
		}
	}
}

// gone is what the client makes of a PTTL of -2: there is no such key.
const gone = -2

// look reads one key. One that expires meanwhile has the type none.
func look(ctx context.Context, client *redis.Client, key string) (v Value, err error) {
	if v.Type, err = client.Type(ctx, key).Result(); err != nil {
		return v, err
	}
	lives, err := client.PTTL(ctx, key).Result()
	if err != nil {
		return v, err
	}
	if lives == gone {
		return Value{Type: "none"}, nil
	}
	v.Expires = lives >= 0
	switch v.Type {
	case "string":
		text, err := client.Get(ctx, key).Result()
		if errors.Is(err, redis.Nil) {
			return Value{Type: "none"}, nil
		}
		v.Text = fmt.Sprintf("%q", text)
		return v, err
	case "set":
		members, err := client.SMembers(ctx, key).Result()
		sort.Strings(members)
		v.Text = fmt.Sprintf("%q", members)
		return v, err
	case "hash":
		fields, err := client.HGetAll(ctx, key).Result()
		v.Text = fmt.Sprintf("%q", fields) // fmt sorts a map
		return v, err
	case "list":
		members, err := client.LRange(ctx, key, 0, -1).Result()
		v.Text = fmt.Sprintf("%q", members)
		return v, err
	case "zset":
		members, err := client.ZRangeWithScores(ctx, key, 0, -1).Result()
		v.Text = fmt.Sprintf("%v", members)
		return v, err
	case "stream":
		entries, err := client.XRange(ctx, key, "-", "+").Result()
		v.Text = fmt.Sprintf("%v", entries)
		return v, err
	}
	return v, nil
}
