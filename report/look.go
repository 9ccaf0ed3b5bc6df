package report

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
)

// LookLines say what is on a server that is not ours, before anything is sent to
// it, and how often connections to it are handed out at most, per second (0: there
// is no limit). They are safe to print, and there are none for a server that is ours.
func LookLines(v *history.Server, maxRate float64) []string {
	if v.Look == nil {
		return nil
	}
	limit := "nothing limits how often connections are handed out: --max-rate does"
	if maxRate > 0 {
		limit = fmt.Sprintf("connections are handed out at most at %s (--max-rate sets it; without one --i-own-this-server lifts it)", rate(maxRate))
	}
	return []string{
		Plain(fmt.Sprintf("%s is not ours: %s", v.Address, strings.Join(append([]string{product(v)}, lookParts(v.Look)...), ", "))),
		"  " + limit,
	}
}

// product is what a server says it is.
func product(v *history.Server) string {
	if v.Product == nil {
		return "version not told"
	}
	if v.Version == nil {
		return *v.Product + ", version not told"
	}
	return *v.Product + " " + *v.Version
}

// lookParts are what was told, and what was not.
func lookParts(l *history.Look) []string {
	role := "role not told"
	if l.Role != nil {
		role = *l.Role
	}
	told := func(n *int64, one, many string) string {
		switch {
		case n == nil:
			return many + " not told"
		case *n == 1:
			return "1 " + one
		}
		return thousands(*n) + " " + many
	}
	memory := "memory not told"
	if l.Memory != nil {
		memory = size(*l.Memory) + " in use"
	}
	where := "whether over loopback not told"
	if l.Loopback != nil {
		where = map[bool]string{true: "over loopback", false: "not over loopback"}[*l.Loopback]
	}
	return []string{role, told(l.Clients, "client connected", "clients connected"), told(l.Keys, "key", "keys"), memory, where}
}

// lookLine is what was there before anything was sent; empty for a server that is
// ours.
func (s *Summary) lookLine() string {
	l := s.Head.Server.Look
	if l == nil {
		return ""
	}
	return "before anything was sent: " + strings.Join(lookParts(l), ", ")
}
