package server

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// A Look is what a server says of itself before anything is changed on it. What it
// does not tell is nil.
type Look struct {
	// Product is as in Info, Role what the server calls itself: master or slave.
	Product, Version, Role *string
	// Clients are connected, ours not among them; Keys are in the database that the
	// URL names; Memory is bytes in use. Of several nodes these are of the one asked.
	Clients, Keys, Memory *int64
	// Loopback is whether only this machine reaches the address.
	Loopback *bool
}

// looked is a look that has been taken.
type looked struct {
	once sync.Once
	Look
}

// Look asks what is there, the first time that it is called. It changes nothing.
// Each question has a connection of its own, because some servers close one on a
// command that they refuse.
func (s *Server) Look(ctx context.Context) Look {
	s.looked.once.Do(func() { s.looked.Look = s.look(ctx) })
	return s.looked.Look
}

func (s *Server) look(ctx context.Context) Look {
	reply, _ := askWithin(ctx, s.ask, "INFO")
	text, _ := reply.(string)
	told := account{info: fields(text)}
	l := Look{Clients: told.number("connected_clients"), Memory: told.number("used_memory"), Loopback: s.loopback(ctx)}
	l.Product, l.Version = product(text)
	if role, is := told.info["role"]; is {
		l.Role = &role
	} else {
		l.Role = s.role(ctx)
	}
	if l.Clients != nil { // who asks is one of them
		l.Clients = new(max(*l.Clients-1, 0))
	}
	if keys, is := ask1[int64](ctx, s, "DBSIZE"); is {
		l.Keys = &keys
	} else if text != "" {
		l.Keys = keyCount(told.info["db"+strconv.Itoa(s.options.DB)])
	}
	return l
}

// role asks a server that does not tell it in INFO.
func (s *Server) role(ctx context.Context) *string {
	reply, _ := ask1[[]any](ctx, s, "ROLE")
	if len(reply) == 0 {
		return nil
	}
	role, is := reply[0].(string)
	if !is {
		return nil
	}
	return &role
}

// ask1 asks one question whose answer is of a type.
func ask1[T any](ctx context.Context, s *Server, args ...any) (answer T, is bool) {
	reply, err := askWithin(ctx, s.ask, args...)
	if err != nil {
		return answer, false
	}
	answer, is = reply.(T)
	return answer, is
}

// keyCount reads a line of INFO keyspace: keys=2,expires=0,avg_ttl=0. A database
// without keys has none.
func keyCount(line string) *int64 {
	if line == "" {
		return nil
	}
	first, _, _ := strings.Cut(line, ",")
	n, err := strconv.ParseInt(strings.TrimPrefix(first, "keys="), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// loopback reports whether every address that the server's name stands for is
// one of this machine that no other reaches.
func (s *Server) loopback(ctx context.Context) *bool {
	if s.options.Network == "unix" {
		return new(true)
	}
	host, _, err := net.SplitHostPort(s.options.Addr)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", cmp.Or(host, "localhost"))
	if err != nil || len(all) == 0 {
		return nil
	}
	return new(onlyLoopback(all))
}

func onlyLoopback(all []netip.Addr) bool {
	for _, ip := range all {
		if !ip.Unmap().IsLoopback() {
			return false
		}
	}
	return true
}
