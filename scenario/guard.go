package scenario

import (
	"context"
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

// sparingly is how often a second connections are handed out at most on a server
// that is somebody else's, where nobody says otherwise.
const sparingly arrival.Rate = 10_000

// checkGuard refuses limits on the harm a run may do that mean nothing.
func (s *Spec) checkGuard() error {
	_, err := ParseAbort(s.Abort)
	return err
}

// MaxRateOn is how often a second connections to a server are handed out at most;
// 0: as often as they come free.
func (s *Spec) MaxRateOn(srv *server.Server) arrival.Rate {
	if s.MaxRate == 0 && !s.OwnServer && !srv.Ours() {
		return sparingly
	}
	return s.MaxRate
}

// sets reports whether the spec gives a private server a setting.
func (s *Spec) sets(name string) bool {
	lines, _ := s.Settings()
	for _, line := range lines {
		if is, _, _ := strings.Cut(line, "="); strings.EqualFold(is, name) {
			return true
		}
	}
	return false
}

// LookAt asks a server that is not ours what is there, before anything is sent to
// it; it is asked once. Of a server that is ours there is no Look.
func LookAt(ctx context.Context, srv *server.Server) history.Server {
	v := history.Server{Kind: srv.Kind, Address: srv.Address}
	if srv.Ours() {
		return v
	}
	l := srv.Look(ctx)
	v.Product, v.Version = l.Product, l.Version
	v.Look = &history.Look{Role: l.Role, Clients: l.Clients, Keys: l.Keys, Memory: l.Memory, Loopback: l.Loopback}
	return v
}

// Outstanding is how many attempts have begun and are not over, but for those that
// the limit keeps waiting. It may be asked at any time, by any goroutine.
func (s *Sale) Outstanding() int64 {
	d := s.driven.Load()
	if d == nil {
		return 0
	}
	return max(d.inside.Load()-int64(d.links.Load().Waiting), 0)
}

// buyersRate is what the limit leaves for the buyers' connections: the background
// reads have theirs of it. 0: no limit.
func (s *Spec) buyersRate() arrival.Rate {
	if s.MaxRate == 0 {
		return 0
	}
	return s.MaxRate - s.backgroundRate()
}

func (s *Spec) backgroundRate() (sum arrival.Rate) {
	for _, b := range s.Background {
		sum += b.Rate
	}
	return sum
}

// limitSuits refuses what would get round the limit, or be mistaken for it. A gateway
// that is no faster keeps it by itself.
func (s *Spec) limitSuits() error {
	switch g := s.Gateway; {
	case s.MaxRate == 0:
	case s.ClientRetries > 0:
		return fmt.Errorf("--client-retries does not go with --max-rate %s: the library sends again without being counted; --i-own-this-server lifts the limit of a server by URL", s.MaxRate)
	case g != nil && float64(s.buyersRate())*g.Time.Seconds() < float64(g.Workers):
		return fmt.Errorf("--gateway %s carries more than --max-rate %s allows: nobody could tell which of them is the bound", g, s.MaxRate)
	}
	return nil
}

// linkRate is how often a second the buyers' connections are handed out at most. The
// workers of a gateway take them one after the other as it is.
func (s *Spec) linkRate() arrival.Rate {
	if s.Gateway != nil {
		return 0
	}
	return s.buyersRate()
}
