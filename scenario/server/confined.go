package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// confinedUser may run everything, and touch only the keys he was given.
const confinedUser = "seckill-confined"

// Confined returns the same private server as a user sees it who may touch
// these keys and no others. Closing it does nothing. A later call gives the
// user other keys.
func (s *Server) Confined(ctx context.Context, keys []string) (*Server, error) {
	if s.private == nil {
		return nil, errors.New("a confined user needs a server binary")
	}
	rules := []any{"ACL", "SETUSER", confinedUser, "reset", "on", ">" + confinedUser, "+@all"}
	for _, key := range keys {
		rules = append(rules, "~"+keyPattern.Replace(key))
	}
	if _, err := s.ask(ctx, rules...); err != nil {
		return nil, fmt.Errorf("a user confined to %q: %w", keys, err)
	}
	as := &Server{Kind: s.Kind, Address: s.Address, options: s.options}
	as.options.Username, as.options.Password = confinedUser, confinedUser
	return as, nil
}

// keyPattern makes of a key the pattern that only it matches.
var keyPattern = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)
